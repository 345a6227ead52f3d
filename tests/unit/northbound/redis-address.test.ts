import { describe, expect, it } from 'vitest';
import { nameOf, parseRedisUrl } from '../../../src/northbound/redis/address.js';
import { decodeName, encodeName } from '../../../src/northbound/redis/layout.js';
import { originOf } from '../../../src/northbound/redis/origin.js';
import fc from 'fast-check';

const plain = { isTls: false, database: 0 };

describe('a URL of Redis', () => {
  it.each([
    ['redis://h', { ...plain, hosts: [{ host: 'h', port: 6379 }] }],
    ['redis://h/', { ...plain, hosts: [{ host: 'h', port: 6379 }] }],
    ['rediss://h:1/3', { isTls: true, database: 3, hosts: [{ host: 'h', port: 1 }] }],
    ['redis://[::1]:7', { ...plain, hosts: [{ host: '::1', port: 7 }] }],
    ['redis://:p%40%2F%3A@h', { ...plain, password: 'p@/:', hosts: [{ host: 'h', port: 6379 }] }],
    ['redis://u%3A:a:b@h', { ...plain, user: 'u:', password: 'a:b', hosts: [{ host: 'h', port: 6379 }] }],
    [
      'redis://a:1,b',
      {
        ...plain,
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 6379 },
        ],
      },
    ],
    [
      'rediss+sentinel://u:p@a,b:2/main%20one/5?sentinelUser=s&sentinelPassword=x+y%26',
      {
        isTls: true,
        hosts: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 2 },
        ],
        master: 'main one',
        user: 'u',
        password: 'p',
        sentinelUser: 's',
        sentinelPassword: 'x+y&',
        database: 5,
      },
    ],
  ])('%s says where and as whom', (url, address) => {
    const { isTls, hosts, master, user, password, sentinelUser, sentinelPassword, database, ...rest } =
      parseRedisUrl(url);
    expect(rest).toEqual({});
    expect({ isTls, hosts, master, user, password, sentinelUser, sentinelPassword, database }).toEqual(
      address,
    );
  });

  it.each([
    'redis:h',
    'redis://',
    'redis://hunter2@h',
    'redis://u:hunter2%@h',
    'redis://u:hunter2@h:70000',
    'redis://u:hunter2@h:0',
    'redis://u:hunter2@h/one',
    'redis://u:hunter2@h/0/1',
    'redis://u:hunter2@h?sentinelPassword=x',
    'redis+sentinel://u:hunter2@h',
    'redis+sentinel://u:hunter2@h/main/x',
    'redis+sentinel://u:hunter2@h/main?password=hunter2',
  ])('%s is refused without a word of it', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.not.stringContaining('hunter2') as string }),
    );
  });

  it('is called by hosts and master alone', () => {
    expect(nameOf(parseRedisUrl('redis+sentinel://u:p@a,b:2/main?sentinelPassword=x'))).toBe(
      'a:26379,b:2/main',
    );
    expect(nameOf(parseRedisUrl('redis://u:p@a'))).toBe('a:6379');
  });
});

describe('a name in a key', () => {
  it('has no character that means something to Redis, and is the name again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        expect(encodeName(name)).toMatch(/^[A-Za-z0-9._%-]+$/);
        expect(decodeName(encodeName(name))).toBe(name);
      }),
    );
  });

  it.each([
    ['cn1', 'cn1'],
    ['node 1*', 'node%201%2A'],
    ["(a)!~'", '%28a%29%21%7E%27'],
  ])('%s is written %s', (name, encoded) => {
    expect(encodeName(name)).toBe(encoded);
  });
});

describe('the origin', () => {
  const info = (fields: Readonly<Record<string, string>>): string =>
    Object.entries({
      redis_version: '7.0.15',
      run_id: 'r',
      role: 'master',
      master_replid: 'h',
      loading: '0',
      ...fields,
    })
      .map(([name, value]) => `${name}:${value}`)
      .join('\r\n');

  it('is layout, run and replication history', () => {
    expect(originOf(`# Server\r\n${info({})}`, 'here')).toBe('1/r/h');
  });

  it.each([
    ['has no limit', { maxmemory: '0', maxmemory_policy: 'allkeys-lru' }],
    ['refuses writes when it is full', { maxmemory: '1000000', maxmemory_policy: 'noeviction' }],
    ['evicts only what expires', { maxmemory: '1000000', maxmemory_policy: 'volatile-lru' }],
  ])('is taken where the memory %s', (_, fields) => {
    expect(originOf(info(fields), 'here')).toBe('1/r/h');
  });

  it.each([
    ['is too old', { redis_version: '6.2.14' }, 'CONFIG'],
    ['is a replica', { role: 'slave' }, 'UNAVAILABLE'],
    ['is still loading', { loading: '1' }, 'UNAVAILABLE'],
    ['evicts keys', { maxmemory: '1000000', maxmemory_policy: 'allkeys-lru' }, 'UNAVAILABLE'],
  ])('is refused where the server %s', (_, fields, code) => {
    expect(() => originOf(info(fields), 'here')).toThrow(expect.objectContaining({ code }));
  });
});
