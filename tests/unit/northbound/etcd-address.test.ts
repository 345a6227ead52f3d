import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/northbound/etcd/address.js';

describe("etcd's URL", () => {
  it('names members, each at 2379 where it says nothing else', () => {
    expect(parseAddress('etcd://h1,h2:12379,[::1]:2379,[::1]')).toEqual({
      endpoints: ['http://h1:2379', 'http://h2:12379', 'http://[::1]:2379', 'http://[::1]:2379'],
      isTls: false,
      credentials: undefined,
    });
  });

  it('with etcds is reached over TLS', () => {
    expect(parseAddress('etcds://h1')).toMatchObject({ endpoints: ['https://h1:2379'], isTls: true });
  });

  it('bears a user and a password, percent-encoded', () => {
    const { credentials } = parseAddress('etcd://port%40status:p%2F%3A%40s@h1:2379');
    expect(credentials).toEqual({ user: 'port@status', password: 'p/:@s' });
  });

  it.each([
    'etcd:',
    'etcd://',
    'etcd://h1,',
    'etcd://h1:port',
    'etcd://h1:2379/namespace',
    'etcd://h1?x=1',
    'etcd://user@h1',
    'etcd://:secret@h1',
    'etcd://user:secret%@h1',
    'etcd://user:sec/ret@h1',
  ])('is refused when it is %s, without saying a password', (url) => {
    let message = '';
    try {
      parseAddress(url);
    } catch (error) {
      message = String(error);
      expect(error).toMatchObject({ code: 'CONFIG' });
    }
    expect(message).toContain('northbound.url');
    expect(message).not.toContain('sec');
  });
});
