import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../../src/runtime/check.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { startFakeCloud } from '../../../src/simulator/cloud/cloud.js';
import type { FakeCloud } from '../../../src/simulator/cloud/cloud.js';
import { eventually } from '../../support/eventually.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { startOnMariadb } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { OVSDB_PROGRAMS, startOvsdb } from '../../support/ovsdb.js';
import type { OvsdbFixture } from '../../support/ovsdb.js';
import { runProgram, startProgram } from '../../support/process.js';
import type { Program } from '../../support/process.js';
import { REDIS, startRedis } from '../../support/redis.js';
import type { RedisServer } from '../../support/redis.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import type { TcpProxy } from '../../support/tcp-proxy.js';

/** The answer is there within 2 s; the rest is for a busy machine. */
const WITHIN_MS = 10_000;

interface Ready {
  readonly status: number;
  /** Names of the checks that do not hold. */
  readonly failing: readonly string[];
  readonly checks: readonly Check[];
}

/** Questions that were not answered in time: none may be, whatever is cut. */
let hangs = 0;

async function ask(address: string): Promise<Ready> {
  const signal = AbortSignal.timeout(WITHIN_MS);
  const response = await fetch(`http://${address}/readyz`, { signal }).catch((error: unknown) => {
    if (signal.aborted) hangs += 1;
    throw error;
  });
  const { ok, checks } = (await response.json()) as {
    readonly ok: boolean;
    readonly checks: readonly Check[];
  };
  expect(response.status).toBe(ok ? 200 : 503);
  const failing = checks.filter((check) => !check.ok);
  for (const { nextStep } of failing) expect(nextStep).toMatch(/\w/);
  return { status: response.status, failing: failing.map(({ name }) => name), checks };
}

/** Waits until it answers so. A probe is asked as often as somebody wants. */
async function untilReady(address: string, status: number, failing: readonly string[]): Promise<void> {
  await eventually(async () => {
    const ready = await ask(address);
    expect([ready.status, ready.failing]).toEqual([status, failing]);
  }, 30_000);
}

describe.skipIf(!has('http/readyz', { ...MARIADB, ...REDIS, ...OVSDB_PROGRAMS }))('/readyz', () => {
  let database: NeutronServer;
  let redis: RedisServer;
  let cloud: FakeCloud;
  let ovsdb: OvsdbFixture;
  const proxies: TcpProxy[] = [];
  const programs: Program[] = [];
  beforeAll(async () => {
    [database, redis, cloud, ovsdb] = await Promise.all([
      startOnMariadb(),
      startRedis(),
      startFakeCloud({ clock: systemClock, random: seededRandom(1) }),
      startOvsdb(),
    ]);
    await ovsdb.plug(0, 3);
  });
  afterAll(async () => {
    for (const program of programs) await program.stop();
    for (const proxy of proxies) await proxy.dispose();
    await Promise.all([redis.dispose(), database.dispose(), cloud.dispose(), ovsdb.dispose()]);
  });

  afterEach(() => {
    expect(hangs).toBe(0);
  });

  async function proxyTo(target: Parameters<typeof startTcpProxy>[0]): Promise<TcpProxy> {
    const proxy = await startTcpProxy(target);
    proxies.push(proxy);
    return proxy;
  }

  /** Starts a program that serves HTTP. @returns where. */
  async function start(words: readonly string[], own: Readonly<Record<string, string>>): Promise<string> {
    const environment = { PORT_STATUS_HTTP_LISTEN: '127.0.0.1:0', ...own };
    const program = startProgram(words, { environment });
    programs.push(program);
    return String((await program.logged('http.listening'))['address']);
  }

  describe('of a server', () => {
    let toRedis: TcpProxy;
    let toDatabase: TcpProxy;
    let address: string;
    let environment: Readonly<Record<string, string>>;
    beforeAll(async () => {
      toRedis = await proxyTo({ host: '127.0.0.1', port: redis.port });
      toDatabase = await proxyTo({ host: '127.0.0.1', port: Number(new URL(database.url).port) });
      const url = new URL(database.url);
      url.port = String(toDatabase.port);
      environment = {
        PORT_STATUS_NEUTRON_URL: url.href,
        PORT_STATUS_NORTHBOUND_URL: `redis://127.0.0.1:${toRedis.port}`,
        PORT_STATUS_NEUTRON_DRIVERS: 'openvswitch',
        PORT_STATUS_APPLY_MODE: 'write',
        PORT_STATUS_APPLY_CHASSIS: '*',
        PORT_STATUS_NOVA_AUTH_URL: cloud.options.auth_url,
        PORT_STATUS_NOVA_USERNAME: cloud.options.username ?? '',
        PORT_STATUS_NOVA_PASSWORD: cloud.options.password ?? '',
      };
      address = await start(['server'], environment);
      await untilReady(address, 200, []);
    });

    it.each([
      ['stands still', () => redis.signal('SIGSTOP'), () => redis.signal('SIGCONT')],
      ['is cut off by a firewall', () => (toRedis.passage = 'black-hole'), () => (toRedis.passage = 'open')],
    ])('is 503 by its deadline where Redis %s, and 200 when it is back', async (_, cut, mend) => {
      cut();
      await eventually(async () => expect((await ask(address)).failing).toContain('northbound'));
      mend();
      await untilReady(address, 200, []);
    });

    it.each([
      ['is cut off by a firewall', (proxy: TcpProxy) => (proxy.passage = 'black-hole')],
      ['leaves its connections half-open', halfOpen],
    ])('is 503 by its deadline where Neutron’s database %s, and 200 when it is back', async (_, cut) => {
      cut(toDatabase);
      await eventually(async () => expect((await ask(address)).failing).toContain('neutron'));
      toDatabase.passage = 'open';
      await untilReady(address, 200, []);
    });

    it('is 503 where nobody listens there, and says why', async () => {
      toDatabase.passage = 'shut';
      toDatabase.reset();
      await eventually(async () => {
        const { checks } = await ask(address);
        expect(checks.find(({ name }) => name === 'neutron')?.detail).toMatch(/ECONN|reach|closed/i);
      });
      toDatabase.passage = 'open';
      await untilReady(address, 200, []);
    });

    it('is 200 while an operator has paused all writing, and shows it', async () => {
      const { PORT_STATUS_NEUTRON_URL = '' } = environment;
      const pause = (word: string): ReturnType<typeof runProgram> =>
        runProgram([word], { environment: { PORT_STATUS_NEUTRON_URL } });
      expect((await pause('pause')).exitCode).toBe(0);
      await untilReady(address, 200, ['writing']);
      expect((await pause('resume')).exitCode).toBe(0);
      await untilReady(address, 200, []);
    });

    it('is 503 where Keystone refuses it, and 200 where Nova does not answer, and shows it', async () => {
      const second = await start(['server'], { ...environment, PORT_STATUS_LISTENER_ID: 'second' });
      const { password } = cloud.keystone;
      cloud.keystone.password = 'another';
      cloud.keystone.revokeTokens();
      await untilReady(second, 503, ['nova']);
      cloud.keystone.password = password;
      cloud.nova.trouble.start({ kind: 'silence' });
      await untilReady(second, 200, ['nova']);
      cloud.nova.trouble.stop();
    });
  });

  describe('of an agent', () => {
    let toSwitch: TcpProxy;
    let address: string;
    beforeAll(async () => {
      toSwitch = await proxyTo({ path: ovsdb.socket });
      address = await start(['agent'], {
        PORT_STATUS_NORTHBOUND_URL: `redis://127.0.0.1:${redis.port}`,
        PORT_STATUS_AGENT_CHASSIS: 'cn1',
        PORT_STATUS_SWITCH_ADDRESS: `tcp:127.0.0.1:${toSwitch.port}`,
        PORT_STATUS_SWITCH_READY: 'ofport',
      });
      await untilReady(address, 200, []);
    });

    it.each([
      ['the switch’s database stands still', () => ovsdb.freeze(true), () => ovsdb.freeze(false), 'switch'],
      [
        'its connection to it is half-open',
        () => halfOpen(toSwitch),
        () => (toSwitch.passage = 'open'),
        'switch',
      ],
      ['Redis stands still', () => redis.signal('SIGSTOP'), () => redis.signal('SIGCONT'), 'northbound'],
    ])('is 503 by its deadline where %s, and 200 when it is back', async (_, cut, mend, name) => {
      cut();
      await eventually(async () => expect((await ask(address)).failing).toContain(name));
      mend();
      await untilReady(address, 200, []);
    });
  });
});

/** The server's side of each connection is gone, and new ones lead nowhere. */
function halfOpen(proxy: TcpProxy): void {
  proxy.passage = 'black-hole';
  proxy.halfOpen();
}
