import { expect, it } from 'vitest';
import { parseOvsAddress } from '../../../src/agent/ovs/address.js';
import { parseReadyRule } from '../../../src/agent/ovs/ready-rule.js';

it.each([
  ['unix:/var/run/openvswitch/db.sock', { kind: 'unix', path: '/var/run/openvswitch/db.sock' }],
  ['tcp:127.0.0.1:6640', { kind: 'tcp', host: '127.0.0.1', port: 6640 }],
  ['ssl:switch.example:6640', { kind: 'ssl', host: 'switch.example', port: 6640 }],
  ['tcp:[::1]:6640', { kind: 'tcp', host: '::1', port: 6640 }],
])('reads the address %s', (text, address) => {
  expect(parseOvsAddress(text)).toEqual(address);
});

it.each([
  '',
  'unix:',
  'tcp:host',
  'tcp:host:0',
  'tcp:host:65536',
  'punix:/a',
  'pssl:6640',
  '/var/run/db.sock',
])('refuses %j as an address and names the forms', (text) => {
  expect(() => parseOvsAddress(text)).toThrow(
    expect.objectContaining({
      code: 'CONFIG',
      message: expect.stringMatching(
        /write unix:\/path\/to\/db.sock, tcp:host:port or ssl:host:port$/,
      ) as string,
    }),
  );
});

it.each([
  ['tag', { kind: 'tag' }],
  ['ofport', { kind: 'ofport' }],
  ['external-id:wired=a=b', { kind: 'external-id', key: 'wired', value: 'a=b' }],
])('reads the ready rule %s', (text, rule) => {
  expect(parseReadyRule(text)).toEqual(rule);
});

it.each(['', 'Tag', 'external-id:', 'external-id:wired', 'external-id:=yes', 'external-id:wired='])(
  'refuses %j as a ready rule and lists the three forms',
  (text) => {
    expect(() => parseReadyRule(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: expect.stringContaining('write "tag", "external-id:<key>=<value>" or "ofport"') as string,
      }),
    );
  },
);
