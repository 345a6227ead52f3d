import { describe, expect, it } from 'vitest';
import { environmentNameOf, flagOf, tomlNameOf } from '../../../src/config/option.js';
import type { Option } from '../../../src/config/option.js';
import { keysOf, OPTION_ROWS } from '../../../src/config/options.js';
import { printable, redactUrl } from '../../../src/config/redact.js';
import { formatValue, fromText, toValue } from '../../../src/config/shape.js';
import type { Value } from '../../../src/config/shape.js';

function defaultsOf(option: Option): readonly Value[] {
  const own = Object.values(option.defaultFor ?? {});
  return option.default === undefined ? own : [option.default, ...own];
}

describe('the table of options', () => {
  it.each([
    ['listener.ttlMs', '--listener-ttl-ms', 'PORT_STATUS_LISTENER_TTL_MS', '[listener] ttlMs'],
    ['nova.auth_url', '--nova-auth-url', 'PORT_STATUS_NOVA_AUTH_URL', '[nova] auth_url'],
    ['lookAgain.everyMs', '--look-again-every-ms', 'PORT_STATUS_LOOK_AGAIN_EVERY_MS', '[lookAgain] everyMs'],
  ])('spells %s as %s, %s and %s', (key, flag, environment, toml) => {
    expect([flagOf(key), environmentNameOf(key), tomlNameOf(key)]).toEqual([flag, environment, toml]);
  });

  it('gives no two keys the same flag', () => {
    const flags = OPTION_ROWS.flatMap(keysOf).map(flagOf);
    expect(new Set(flags).size).toBe(flags.length);
  });

  it.each(OPTION_ROWS)('has a default of %s that it would accept as text', (_key, option) => {
    for (const value of defaultsOf(option)) {
      expect(toValue(option, fromText(option, formatValue(option, value)))).toEqual(value);
    }
  });

  it.each(OPTION_ROWS)('says of %s either one kind of default or none', (_key, option) => {
    const kinds = [option.default, option.defaultFor, option.defaultFrom, option.requiredBy];
    expect(kinds.filter((kind) => kind !== undefined).length).toBeLessThanOrEqual(1);
    expect(option.commands).toEqual(expect.arrayContaining([...(option.requiredBy ?? [])]));
  });

  it('gives each command its own default where defaults differ', () => {
    for (const [, { defaultFor, commands }] of OPTION_ROWS) {
      if (defaultFor !== undefined) expect(Object.keys(defaultFor)).toEqual(commands);
    }
  });
});

describe('a duration', () => {
  const shape = { kind: 'duration', leastMs: 0, mostMs: 3_600_000 } as const;

  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['0s', 0],
  ])('of %s is %d milliseconds', (text, ms) => {
    expect(toValue(shape, text)).toBe(ms);
  });

  it.each(['10', '1.5s', '-1s', '2h', 's', ''])('is not written as %j', (text) => {
    expect(toValue(shape, text)).toBeUndefined();
  });
});

describe('a printed value', () => {
  it.each([
    ['mysql://neutron:s3cret@db:3306/neutron', 'mysql://neutron:***@db:3306/neutron'],
    ['mysql://neutron:p@ss/w:rd@db/neutron', 'mysql://neutron:***@db/neutron'],
    ['mysql://neutron@db/neutron', 'mysql://neutron@db/neutron'],
    ['sqlite:/var/lib/neutron.db', 'sqlite:/var/lib/neutron.db'],
    ['redis://:s3cret@redis:6379/1', 'redis://:***@redis:6379/1'],
    [
      'redis+sentinel://u:s3cret@a:26379,b:26379/main?sentinelUser=s&sentinelPassword=t0p',
      'redis+sentinel://u:***@a:26379,b:26379/main?sentinelUser=s&sentinelPassword=***',
    ],
  ])('shows the URL %s as %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });

  it('never shows a secret', () => {
    const secrets = OPTION_ROWS.filter(([, option]) => option.secret !== undefined);
    for (const [, option] of secrets) {
      expect(printable(option, 'mysql://u:hunter2@h/d')).not.toContain('hunter2');
    }
    expect(secrets.map(([key]) => key)).toEqual([
      'northbound.url',
      'http.token',
      'tracing.otlpEndpoint',
      'neutron.url',
      'nova.password',
      'nova.application_credential_secret',
    ]);
  });
});
