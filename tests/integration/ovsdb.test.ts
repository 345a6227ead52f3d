import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { OvsdbConnection } from '../../src/agent/ovs/connection.js';
import { DIALECTS } from '../../src/agent/ovs/dialects.js';
import type { SwitchImage } from '../../src/agent/ovs/image.js';
import { Monitor } from '../../src/agent/ovs/monitor.js';
import { systemClock } from '../../src/runtime/clock.js';
import { Doorbell } from '../../src/runtime/doorbell.js';
import { has } from '../support/needs.js';
import { OVSDB_PROGRAMS, ifaceId, startOvsdb } from '../support/ovsdb.js';
import type { OvsdbFixture, OvsdbOptions } from '../support/ovsdb.js';
import { SwitchWatcher } from '../support/switch-watcher.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { TLS_PROGRAMS, makeTlsKeys } from '../support/tls-keys.js';
import type { TlsKeys } from '../support/tls-keys.js';

const ECHO_MS = 500;
const undo: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function startServer(options: OvsdbOptions = {}): Promise<OvsdbFixture> {
  const server = await startOvsdb(options);
  undo.push(() => server.dispose());
  return server;
}

function watch(...args: ConstructorParameters<typeof SwitchWatcher>): SwitchWatcher {
  const watcher = new SwitchWatcher(...args);
  undo.push(() => watcher.leave());
  return watcher;
}

/** A server behind a proxy, and a watcher of it that has got its first dump. */
async function watchThroughProxy(
  options: OvsdbOptions,
  ports: number,
): Promise<{ server: OvsdbFixture; proxy: TcpProxy; watcher: SwitchWatcher }> {
  const server = await startServer(options);
  await server.plug(0, ports);
  const proxy = await startTcpProxy({ path: server.socket });
  undo.push(() => proxy.dispose());
  const watcher = watch(`tcp:127.0.0.1:${proxy.port}`, { echoMs: ECHO_MS });
  await watcher.nextDump();
  return { server, proxy, watcher };
}

describe.runIf(has('integration/ovsdb', OVSDB_PROGRAMS))('a connection to ovsdb-server', () => {
  it('that is reset is made again, and a dump tells what changed meanwhile', async () => {
    const { server, proxy, watcher } = await watchThroughProxy({}, 3);
    await server.unplug(1);
    proxy.reset();
    await watcher.nextLoss();
    expect([...(await watcher.nextDump()).keys()].sort()).toEqual([ifaceId(0), ifaceId(2)]);
  });

  it.each([
    ['that swallows everything', (proxy: TcpProxy) => (proxy.passage = 'black-hole')],
    ['whose other end is gone without a word', (proxy: TcpProxy) => proxy.halfOpen()],
  ])('%s is noticed by its silence', async (_which, breakIt) => {
    const { server, proxy, watcher } = await watchThroughProxy({}, 2);
    breakIt(proxy);
    expect(await watcher.nextLoss()).toContain(`was silent for ${2 * ECHO_MS} ms`);
    await server.setTag(0, 4095);
    proxy.passage = 'open';
    expect((await watcher.nextDump()).get(ifaceId(0))?.status).toBe('DOWN');
    expect(watcher.counts.lost).toBe(1);
  });

  it('that is slow is not taken for one that is dead', async () => {
    const { server, proxy, watcher } = await watchThroughProxy({}, 1);
    proxy.delayMs = ECHO_MS / 4;
    for (const tag of [4095, 5, 4095, 5]) {
      await server.setTag(0, tag);
      await watcher.until(ifaceId(0), ({ status }) => status === (tag === 5 ? 'ACTIVE' : 'DOWN'));
    }
    expect([watcher.counts.lost, proxy.connections]).toEqual([0, 1]);
  });

  it('is lost while the server is frozen, and back once it goes on', async () => {
    const { server, watcher } = await watchThroughProxy({}, 1);
    server.freeze(true);
    await watcher.nextLoss();
    server.freeze(false);
    expect((await watcher.nextDump()).get(ifaceId(0))?.status).toBe('ACTIVE');
  });
});

describe.runIf(has('integration/ovsdb', OVSDB_PROGRAMS))('after a reconnection', () => {
  /** Cuts the connection while one port changes, one goes and one comes. Returns what the server then sent. */
  async function cutWhileThingsChange({
    server,
    proxy,
    watcher,
  }: Awaited<ReturnType<typeof watchThroughProxy>>): Promise<string> {
    await server.setTag(3, 7);
    await server.setTag(4, 4095);
    await watcher.until(ifaceId(4), ({ status }) => status === 'DOWN');
    proxy.passage = 'black-hole';
    await watcher.nextLoss();
    await server.setTag(0, 4095);
    await server.unplug(1);
    await server.plug(500, 1);
    proxy.passage = 'open';
    const dump = await watcher.nextDump();
    const states = [0, 1, 2, 4, 500].map((n) => dump.get(ifaceId(n))?.status);
    expect([dump.size, states]).toEqual([500, ['DOWN', undefined, 'ACTIVE', 'DOWN', 'ACTIVE']]);
    await server.setTag(2, 4095);
    await watcher.until(ifaceId(2), ({ status }) => status === 'DOWN');
    return proxy.heard(proxy.connections - 1);
  }

  it('a cluster sends only what changed since the last transaction, and the dump is right', async () => {
    const answer = await cutWhileThingsChange(await watchThroughProxy({ isClustered: true }, 500));
    // Neither a port that stayed as it was, nor a change that had arrived before the cut.
    const sent = ['[true,', ifaceId(500), ifaceId(499), '"tag":7'].map((words) => answer.includes(words));
    expect(sent).toEqual([true, true, false, false]);
  });

  it('a server that keeps no history sends everything, and the dump is right', async () => {
    const answer = await cutWhileThingsChange(await watchThroughProxy({}, 500));
    expect(answer).toContain('[false,');
    expect(answer).toContain(ifaceId(499));
  });
});

describe.runIf(has('integration/ovsdb', OVSDB_PROGRAMS))('10,000 interfaces', () => {
  const MANY = 10_000;

  it('that are there already come as one dump', async () => {
    const server = await startServer();
    await server.plug(0, MANY);
    const watcher = watch(`unix:${server.socket}`);
    expect((await watcher.nextDump()).size).toBe(MANY);
    expect(watcher.counts).toEqual({ dump: 1, change: 0, lost: 0 });
  });

  it('that are plugged while one watches come in as many updates as there were transactions, at most', async () => {
    const server = await startServer();
    const watcher = watch(`unix:${server.socket}`);
    await watcher.nextDump();
    const plugging = server.plug(0, MANY);
    await watcher.untilActive(MANY);
    await plugging;
    expect(watcher.told.size).toBe(MANY);
    expect(watcher.counts).toMatchObject({ dump: 1, lost: 0 });
    expect(watcher.counts.change).toBeLessThanOrEqual(5);
  });
});

describe.runIf(has('integration/ovsdb', OVSDB_PROGRAMS))('the monitor of RFC 7047', () => {
  it('keeps the image that the newest monitor keeps', async () => {
    const server = await startServer();
    await server.plug(0, 3);
    const [newest, oldest] = [await follow(server, DIALECTS), await follow(server, DIALECTS.slice(-1))];
    await server.setTag(0, 4095);
    await server.plug(3, 2);
    await server.unplug(1);
    for (const each of [newest, oldest]) await each.until((image) => image.Interface.size === 4);
    expect(oldest.image()).toEqual(newest.image());
    expect([oldest.image().Interface.size, oldest.said]).toEqual([4, ['update', 'update', 'update']]);
  });

  /** Follows the server in one of these dialects. */
  async function follow(server: OvsdbFixture, dialects: typeof DIALECTS) {
    const bell = new Doorbell();
    const said: string[] = [];
    let latest: SwitchImage | undefined;
    const listener = {
      synchronized: (image: SwitchImage) => void (latest = image),
      changed: () => bell.ring(),
      unreadable: () => undefined,
    };
    const monitor = new Monitor(listener, dialects);
    const connection = new OvsdbConnection(connect(server.socket), {
      clock: systemClock,
      echoMs: 5000,
      notified: (method, params) => {
        said.push(method);
        monitor.hear(method, params);
      },
    });
    const stop = new AbortController();
    const running = connection.run(stop.signal);
    undo.push(async () => {
      stop.abort(new Error('the test is over'));
      await running;
    });
    await monitor.start(connection);
    const image = (): SwitchImage => {
      if (latest === undefined) throw new Error('nothing was synchronized');
      return latest;
    };
    const until = async (isMeant: (image: SwitchImage) => boolean): Promise<void> => {
      while (!isMeant(image())) await bell.wait({ signal: stop.signal });
    };
    return { image, until, said };
  }
});

describe.runIf(has('integration/ovsdb', { ...OVSDB_PROGRAMS, ...TLS_PROGRAMS }))('a switch over ssl', () => {
  async function startWithTls(): Promise<{ server: OvsdbFixture; keys: TlsKeys; address: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'port-status-tls-'));
    undo.push(() => rm(folder, { recursive: true }));
    const keys = await makeTlsKeys(folder);
    const server = await startServer({ tls: keys });
    await server.plug(0, 2);
    return { server, keys, address: `ssl:127.0.0.1:${server.tlsPort}` };
  }

  it('is followed with key and certificate', async () => {
    const { server, keys, address } = await startWithTls();
    const watcher = watch(address, { tls: keys.client });
    expect((await watcher.nextDump()).size).toBe(2);
    await server.setTag(0, 4095);
    await watcher.until(ifaceId(0), ({ status }) => status === 'DOWN');
  });

  it('that another authority has signed is refused, and the message says which option to check', async () => {
    const { keys, address } = await startWithTls();
    const tls = { ...keys.client, caCert: keys.stranger.caCert };
    await expect(watch(address, { tls }).nextDump()).rejects.toMatchObject({
      code: 'RIGHTS',
      message: expect.stringMatching(
        /^the certificate of Open vSwitch's database is refused \(\w+\); check that switch.caCert/,
      ) as string,
    });
  });

  it('that does not know our authority refuses us, and the message says which option to check', async () => {
    const { keys, address } = await startWithTls();
    const tls = { ...keys.stranger, caCert: keys.client.caCert };
    await expect(watch(address, { tls }).nextDump()).rejects.toMatchObject({
      code: 'RIGHTS',
      message: expect.stringMatching(
        /^Open vSwitch's database refuses the TLS connection \(\w+\); check .* switch.certificate/,
      ) as string,
    });
  });

  it('is not dialled with a file that is not there', async () => {
    const { keys, address } = await startWithTls();
    const tls = { ...keys.client, privateKey: '/nowhere/key.pem' };
    await expect(watch(address, { tls }).nextDump()).rejects.toMatchObject({
      code: 'CONFIG',
      message:
        'switch.privateKey: /nowhere/key.pem cannot be read (ENOENT); check the path and who may read it',
    });
  });
});
