import { describe, expect, it } from 'vitest';
import { inspect, load } from '../../../src/config/load.js';
import type { Command } from '../../../src/config/option.js';
import { hasCode } from '../../../src/domain/errors.js';
import { SERVER_FLAGS, sources } from './sources.js';

/** The lines of the error that `load` throws. */
function complaints(command: Command, said: Parameters<typeof sources>[0]): readonly string[] {
  try {
    load(command, sources(said));
  } catch (error) {
    if (!hasCode(error, 'CONFIG')) throw error;
    return error.message.split('\n');
  }
  return [];
}

function serverSays(said: Parameters<typeof sources>[0]): readonly string[] {
  return complaints('server', { ...said, flags: { ...SERVER_FLAGS, ...said.flags } });
}

describe('a configuration', () => {
  it('has a default for whatever is not said', () => {
    const config = load('server', sources({ flags: SERVER_FLAGS }));
    expect(config.listener).toEqual({ id: 'host-1', ttlMs: 3000, heartbeatMs: 500 });
    expect(config.apply).toEqual({ mode: 'observe', chassis: undefined, batch: 500 });
    expect(config.nova.vif_plugging_timeout).toBe(300);
  });

  it('listens where the command has its own default', () => {
    const agent = load(
      'agent',
      sources({ flags: { 'northbound.url': 'sqlite:/nb', 'switch.ready': 'tag' } }),
    );
    expect(agent.http.listen).toBe('127.0.0.1:9691');
    expect(load('server', sources({ flags: SERVER_FLAGS })).http.listen).toBe('127.0.0.1:9690');
  });

  it('takes a flag before the environment, the environment before the file', () => {
    const file = '[apply]\nbatch = 1\n[listener]\nid = "from-file"\nheartbeatMs = 100';
    const environment = { PORT_STATUS_APPLY_BATCH: '2', PORT_STATUS_LISTENER_ID: 'from-environment' };
    const config = load(
      'server',
      sources({ file, environment, flags: { ...SERVER_FLAGS, 'apply.batch': '3' } }),
    );
    expect(config.apply.batch).toBe(3);
    expect(config.listener.id).toBe('from-environment');
    expect(config.listener.heartbeatMs).toBe(100);
  });

  it('keeps the source of each value', () => {
    const { settings } = inspect(
      'server',
      sources({
        file: '[apply]\nbatch = 1',
        environment: { PORT_STATUS_LISTENER_ID: 'a' },
        flags: SERVER_FLAGS,
      }),
    );
    const sourceOf = (key: string): string | undefined => settings.find((one) => one.key === key)?.source;
    expect(sourceOf('apply.batch')).toBe('port-status.toml');
    expect(sourceOf('listener.id')).toBe('environment PORT_STATUS_LISTENER_ID');
    expect(sourceOf('northbound.url')).toBe('--northbound-url');
    expect(sourceOf('listener.ttlMs')).toBe('default');
    expect(sourceOf('nova.auth_url')).toBeUndefined();
  });

  it('reads lists from commas and from TOML arrays', () => {
    const flags = { ...SERVER_FLAGS, 'apply.chassis': 'cn1, cn2-*' };
    expect(load('server', sources({ flags })).apply.chassis).toEqual(['cn1', 'cn2-*']);
    const file = '[apply]\nchassis = ["cn1", "cn3"]';
    expect(load('server', sources({ flags: SERVER_FLAGS, file })).apply.chassis).toEqual(['cn1', 'cn3']);
  });

  it('counts an empty environment variable as absent', () => {
    const environment = { PORT_STATUS_LOG_LEVEL: '' };
    expect(load('server', sources({ flags: SERVER_FLAGS, environment })).log.level).toBe('info');
  });

  it('shares a file with the other commands of the machine', () => {
    expect(
      serverSays({ file: '[switch]\nready = "tag"', environment: { PORT_STATUS_GUARD_MAX_DOWN: '3' } }),
    ).toEqual([]);
  });
});

describe('a secret', () => {
  it('is read from the file that is named beside it, without the line end', () => {
    const config = load(
      'server',
      sources({
        flags: SERVER_FLAGS,
        file: '[nova]\npassword_file = "/run/nova"',
        files: { '/run/nova': 's3cret\n' },
      }),
    );
    expect(config.nova.password).toBe('s3cret');
  });

  it('is refused where it and its file are both given', () => {
    expect(serverSays({ file: '[nova]\npassword = "a"\npassword_file = "/run/nova"' })).toEqual([
      'nova.password and nova.password_file are both set: remove one (from port-status.toml)',
    ]);
  });

  it('whose file cannot be read is named with the reason', () => {
    expect(serverSays({ environment: { PORT_STATUS_NOVA_PASSWORD_FILE: '/gone' } })).toEqual([
      'nova.password_file cannot be read: no such file, /gone; make it readable (from environment PORT_STATUS_NOVA_PASSWORD_FILE)',
    ]);
  });

  it('that is wrong does not stand in the error', () => {
    const lines = serverSays({ flags: { 'neutron.url': 'oracle://neutron:hunter2@db/neutron' } });
    expect(lines).toEqual([
      expect.stringMatching(/^neutron\.url must be a URL such as .* \(from --neutron-url\)$/),
    ]);
    expect(lines.join()).not.toContain('hunter2');
  });
});

describe('a wrong configuration', () => {
  it('is answered with all that is wrong at once', () => {
    expect(
      complaints('agent', {
        file: '[guard]\nmaxDown = "many"',
        environment: { PORT_STATUS_AGENT_BATCH: '0' },
        flags: { 'switch.address': 'ssl:x' },
      }),
    ).toEqual([
      'agent.batch must be a whole number from 1 to 5000, got 0 (from environment PORT_STATUS_AGENT_BATCH)',
      'switch.address must be unix:/path, tcp:host:port, ssl:host:port or simulated:/path, got "ssl:x" (from --switch-address)',
      'guard.maxDown must be a whole number from 1 to 1000000, got "many" (from port-status.toml)',
      'northbound.url is missing: agent needs it; set --northbound-url, PORT_STATUS_NORTHBOUND_URL or [northbound] url in the file',
      'switch.ready is missing: agent needs it; set --switch-ready, PORT_STATUS_SWITCH_READY or [switch] ready in the file',
    ]);
  });

  it('names both sources of a lease that cannot be kept', () => {
    const said = {
      file: '[listener]\nttlMs = 2000',
      environment: { PORT_STATUS_LISTENER_HEARTBEAT_MS: '1000' },
    };
    expect(serverSays(said)).toEqual([
      'listener.ttlMs must exceed 3 × listener.heartbeatMs, got 2000 and 1000 (listener.ttlMs from port-status.toml, listener.heartbeatMs from environment PORT_STATUS_LISTENER_HEARTBEAT_MS)',
    ]);
  });

  it('may not write without chassis and Nova', () => {
    expect(serverSays({ flags: { 'apply.mode': 'write' } })).toEqual([
      expect.stringMatching(/^apply\.chassis is missing: apply\.mode is write; set --apply-chassis/),
      expect.stringMatching(/^nova\.auth_url is missing: apply\.mode is write; set --nova-auth-url/),
    ]);
  });

  it('must say who asks Keystone', () => {
    const keystone = { 'nova.auth_url': 'http://keystone:5000' };
    expect(serverSays({ flags: keystone })).toEqual([
      expect.stringMatching(/^nova\.username is missing/),
      expect.stringMatching(/^nova\.password is missing/),
    ]);
    expect(serverSays({ flags: { ...keystone, 'nova.application_credential_id': 'x' } })).toEqual([
      expect.stringMatching(/^nova\.application_credential_secret is missing/),
    ]);
  });

  it.each(['127.0.0.1', '127.0.0.1:65536', 'example.org:80', ':9690', '300.0.0.1:80', '[fe80:9690'])(
    'may not serve HTTP at %s',
    (listen) => {
      expect(serverSays({ flags: { 'http.listen': listen } })).toEqual([
        `http.listen must be off or an address and port such as 127.0.0.1:9690, got "${listen}" (from --http-listen)`,
      ]);
    },
  );

  it.each(['0.0.0.0:9690', '192.0.2.1:9690', '[::]:9690'])(
    'may serve HTTP at %s only with a token and a certificate',
    (listen) => {
      const more = { 'http.token': 'sixteen-characters', 'http.certFile': 'c.pem', 'http.keyFile': 'k.pem' };
      expect(serverSays({ flags: { 'http.listen': listen } }).map((line) => line.split(' ')[0])).toEqual(
        Object.keys(more),
      );
      expect(serverSays({ flags: { 'http.listen': listen, ...more } })).toEqual([]);
    },
  );

  it('may not have half of a certificate and its key, nor a token that is easily guessed', () => {
    expect(serverSays({ flags: { 'http.certFile': 'c.pem' } })).toEqual([
      expect.stringMatching(/^http\.keyFile is missing: a certificate and its key go together/),
    ]);
    expect(serverSays({ flags: { 'http.token': 'short' } })).toEqual([
      expect.stringMatching(/^http\.token must be at least 16 characters/),
    ]);
  });

  it.each(['off', '127.0.0.1:0', '127.0.0.53:9690', '[::1]:9690', 'localhost:9690'])(
    'may serve HTTP at %s',
    (listen) => {
      expect(serverSays({ flags: { 'http.listen': listen } })).toEqual([]);
    },
  );

  it('may not name a listener or a chassis with a slash', () => {
    expect(serverSays({ flags: { 'listener.id': 'a/b', 'apply.chassis': 'cn1,cn/2' } })).toEqual([
      expect.stringMatching(/^listener\.id: listener name "a\/b" .* \(from --listener-id\)$/),
      expect.stringMatching(/^apply\.chassis: chassis name "cn\/2" .* \(from --apply-chassis\)$/),
    ]);
  });
});

describe('what nobody knows', () => {
  it('is refused in the file, with what may have been meant', () => {
    expect(serverSays({ file: 'top = 1\n[listener]\nttlms = 2000\n[wholly]\nstrange = 1' })).toEqual([
      'unknown key "top": remove it (from port-status.toml)',
      'unknown key "listener.ttlms": did you mean listener.ttlMs? (from port-status.toml)',
      'unknown key "wholly.strange": remove it (from port-status.toml)',
    ]);
  });

  it('is refused in the environment, with what may have been meant', () => {
    expect(
      serverSays({ environment: { PORT_STATUS_LISTENER_TTL: '2000', PORT_STATUS_CONFIG: 'x' } }),
    ).toEqual([
      'unknown environment name "PORT_STATUS_LISTENER_TTL": did you mean PORT_STATUS_LISTENER_TTL_MS?',
    ]);
  });

  it('is refused among the flags of a command that does not have it', () => {
    expect(serverSays({ flags: { 'switch.ready': 'tag' } })).toEqual([
      expect.stringMatching(/^unknown flag of server "--switch-ready": /),
    ]);
  });

  it('is refused with line and column where the file is no TOML', () => {
    expect(serverSays({ file: '[listener]\nttlMs = = 3' })).toEqual([
      expect.stringMatching(/^port-status\.toml:2:9: .+; correct the file$/),
    ]);
  });

  it('has nothing called missing that may stand in a file that is no TOML', () => {
    const broken = sources({ file: '[neutron\nurl = "sqlite:/neutron.db"' });
    expect(inspect('server', broken).problems).toEqual([expect.stringContaining('; correct the file')]);
  });
});

describe("TLS to Neutron's database", () => {
  it('is off unless it is said, and files for it are refused while it is', () => {
    expect(load('server', sources({ flags: SERVER_FLAGS })).neutron.tls).toBe('off');
    expect(serverSays({ flags: { 'neutron.caCert': '/ca.pem' } })).toEqual([
      expect.stringContaining(
        'neutron.caCert is set, but neutron.tls is off; set neutron.tls to verify-full',
      ),
    ]);
  });

  it('takes a certificate and its key together', () => {
    const tls = { 'neutron.tls': 'verify-full', 'neutron.privateKey': '/key.pem' };
    expect(serverSays({ flags: tls })).toEqual([
      expect.stringMatching(/neutron\.certificate is missing: a certificate and its key go together; set /),
    ]);
    expect(serverSays({ flags: { ...tls, 'neutron.certificate': '/cert.pem' } })).toEqual([]);
  });
});
