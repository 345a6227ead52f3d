import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { asDialFailure } from '../../../src/agent/ovs/dial.js';
import type { Dial } from '../../../src/agent/ovs/dial.js';
import { createOvsPortSource } from '../../../src/agent/ovs/ovs-port-source.js';
import type { OvsPortSourceOptions } from '../../../src/agent/ovs/ovs-port-source.js';
import type { SwitchUpdate } from '../../../src/agent/port-source.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { FakeServer } from './fake-server.js';
import type { WireTables } from './wire-switch.js';
import {
  BRIDGE_ROW,
  CONFIRMED,
  eachRow,
  uuid,
  wireBridge,
  wireInterface,
  wirePort,
  wireRefs,
} from './wire-switch.js';

const ECHO_MS = 5000;
const LONGEST_BACKOFF_MS = 5000;
const RULES = { bridge: 'br-int', ready: { kind: 'tag' }, requireLink: false } as const;
const undo: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

/** A source that watches a fake server with one port that is ACTIVE, and its watcher. */
function watch(server = onePortServer(), more: Partial<OvsPortSourceOptions> = {}) {
  const clock = new VirtualClock();
  const metrics = createMetrics();
  const tools = { clock, metrics, random: seededRandom(1), logger: silentLogger };
  const address = 'unix:/nowhere';
  const source = createOvsPortSource({
    address,
    ...RULES,
    echoMs: ECHO_MS,
    ...tools,
    dial: server.dial,
    ...more,
  });
  const stop = new AbortController();
  const updates = source.watch(stop)[Symbol.asyncIterator]();
  const next = async (): Promise<SwitchUpdate> => (await updates.next()).value as SwitchUpdate;
  undo.push(async () => {
    stop.abort(new Error('the test is over'));
    await updates.next().catch(() => undefined);
  });
  return { server, clock, metrics, source, stop, next };
}

function onePortServer(): FakeServer {
  return new FakeServer(wireBridge('br-int', { a: { ifaceId: uuid(1), tag: 5, ofport: 1 } }));
}

/** Kind, and port, status and attachment of each port. */
function brief(update: SwitchUpdate): unknown[] {
  if (update.kind === 'lost') return [update.kind];
  return [update.kind, ...update.ports.map(({ portId, status, attachment }) => [portId, status, attachment])];
}

function modify(table: string, row: string, difference: unknown) {
  return { [table]: { [row]: { modify: difference } } };
}

/** The bridge of `onePortServer` and all that is on it. */
function deletedBridge(): WireTables {
  return {
    Bridge: { [BRIDGE_ROW]: { delete: null } },
    Port: { 'port-a': { delete: null } },
    Interface: { a: { delete: null } },
  };
}

const failure = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });
const refuse = (code: string): Error => asDialFailure({ kind: 'unix', path: '/nowhere' }, failure(code));

describe('the port source of Open vSwitch', () => {
  it('begins with a dump, then gives what changes', async () => {
    const { server, next } = watch();
    expect(brief(await next())).toEqual(['dump', [uuid(1), 'ACTIVE', 'a']]);
    server.update(modify('Port', 'port-a', { tag: 4095 }));
    expect(brief(await next())).toEqual(['change', [uuid(1), 'DOWN', 'a']]);
  });

  it('follows a plug through its updates: insert, ofport, tag; and the unplug', async () => {
    const { server, next } = watch(new FakeServer(wireBridge('br-int', {})));
    await next();
    server.update({
      ...modify('Bridge', BRIDGE_ROW, { ports: wireRefs(['port-b']) }),
      Port: { 'port-b': { insert: wirePort('b') } },
      Interface: { b: { insert: wireInterface('b', { ifaceId: uuid(2) }) } },
    });
    expect(brief(await next())).toEqual(['change', [uuid(2), 'DOWN', 'b']]);
    server.update(modify('Interface', 'b', { ofport: 4, ...CONFIRMED }));
    expect(brief(await next())).toEqual(['change', [uuid(2), 'DOWN', 'b']]);
    server.update(modify('Port', 'port-b', { tag: 5 }));
    expect(brief(await next())).toEqual(['change', [uuid(2), 'ACTIVE', 'b']]);
    server.update({
      ...modify('Bridge', BRIDGE_ROW, { ports: wireRefs(['port-b']) }),
      Port: { 'port-b': { delete: null } },
      Interface: { b: { delete: null } },
    });
    expect(brief(await next())).toEqual(['change', [uuid(2), 'DOWN', 'b']]);
  });

  it('says DOWN for the old port, then the new one, when iface-id changes on a row', async () => {
    const { server, next } = watch();
    await next();
    server.update(modify('Interface', 'a', { external_ids: ['map', [['iface-id', uuid(3)]]] }));
    expect(brief(await next())).toEqual(['change', [uuid(1), 'DOWN', 'a'], [uuid(3), 'ACTIVE', 'a']]);
  });

  it('merges what comes while the watcher is busy into one entry per port', async () => {
    const { server, clock, next } = watch();
    await next();
    for (const tag of [4095, 6, 4095]) server.update(modify('Port', 'port-a', { tag }));
    server.send({ id: 'done', method: 'echo', params: [] });
    await server.receives(undefined);
    await clock.turn();
    expect(brief(await next())).toEqual(['change', [uuid(1), 'DOWN', 'a']]);
  });

  it('lets a dump that was not taken yet absorb the changes after it', async () => {
    const { server, source, next } = watch();
    await next();
    source.refresh();
    await server.receives('monitor_cancel');
    server.update(modify('Port', 'port-a', { tag: 4095 }));
    server.send({ id: 'done', method: 'echo', params: [] });
    await server.receives(undefined);
    expect(brief(await next())).toEqual(['dump', [uuid(1), 'DOWN', 'a']]);
    server.update(modify('Port', 'port-a', { tag: 7 }));
    expect(brief(await next())).toEqual(['change', [uuid(1), 'ACTIVE', 'a']]);
  });

  it('gives a new full dump on request, over the same connection', async () => {
    const { server, source, next } = watch();
    await next();
    server.tables = wireBridge('br-int', { b: { ifaceId: uuid(2), tag: 5, ofport: 1 } });
    source.refresh();
    expect(brief(await next())).toEqual(['dump', [uuid(2), 'ACTIVE', 'b']]);
    expect(server.dials).toBe(1);
  });

  it('counts interfaces whose iface-id is no UUID, and rows that can not be read', async () => {
    const tables = wireBridge('br-int', { a: { ifaceId: 'lb-1' }, b: { columns: { ofport: 'three' } } });
    const { metrics, next } = watch(new FakeServer(tables));
    expect(brief(await next())).toEqual(['dump']);
    expect(
      (await metrics.agentIgnored.get()).values.map(({ labels, value }) => [labels['reason'], value]),
    ).toEqual([
      ['unreadable-row', 1],
      ['iface-id-no-uuid', 1],
    ]);
  });
});

describe('servers of different age', () => {
  it('are followed with monitor_cond where monitor_cond_since is unknown', async () => {
    const server = onePortServer();
    server.methods = ['monitor_cond', 'echo'];
    const { next } = watch(server);
    expect(brief(await next())).toEqual(['dump', [uuid(1), 'ACTIVE', 'a']]);
    server.update2(modify('Port', 'port-a', { tag: ['set', []] }));
    expect(brief(await next())).toEqual(['change', [uuid(1), 'DOWN', 'a']]);
  });

  it('are followed with the monitor of RFC 7047 where that is all they know', async () => {
    const server = onePortServer();
    server.methods = ['monitor', 'echo'];
    const { next } = watch(server);
    expect(brief(await next())).toEqual(['dump', [uuid(1), 'ACTIVE', 'a']]);
    server.oldUpdate({ Port: { 'port-a': { old: { tag: 5 }, new: wirePort('a', 4095) } } });
    expect(brief(await next())).toEqual(['change', [uuid(1), 'DOWN', 'a']]);
    const row = wireInterface('b', { ifaceId: uuid(2), ofport: 2 });
    const bridge = { name: 'br-int', datapath_id: '0000' };
    server.oldUpdate({
      Bridge: { [BRIDGE_ROW]: { old: {}, new: { ...bridge, ports: wireRefs(['port-a', 'port-b']) } } },
      Port: { 'port-b': { new: wirePort('b', 5) } },
      Interface: { b: { new: row } },
    });
    expect(brief(await next())).toEqual(['change', [uuid(2), 'ACTIVE', 'b']]);
    server.oldUpdate({
      Bridge: { [BRIDGE_ROW]: { old: {}, new: { ...bridge, ports: wireRefs(['port-a']) } } },
      Port: { 'port-b': { old: wirePort('b', 5) } },
      Interface: { b: { old: row } },
    });
    expect(brief(await next())).toEqual(['change', [uuid(2), 'DOWN', 'b']]);
  });

  it('fail the start when they know none of the ways', async () => {
    const server = onePortServer();
    server.methods = ['echo'];
    const { next } = watch(server, { startupMs: 0 });
    await expect(next()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('knows none of monitor_cond_since, monitor_cond, monitor;') as string,
    });
  });
});

describe('a bridge that does not exist', () => {
  const noBridge = {
    kind: 'lost',
    reason:
      'bridge br-int does not exist, so nothing is known of its ports; compare switch.bridge with "ovs-vsctl list-br"',
  };

  it('says nothing, until it is there: then all of its ports are dumped', async () => {
    const { server, next } = watch(new FakeServer(wireBridge('br-ex', { a: { ifaceId: uuid(1), tag: 5 } })));
    expect(await next()).toEqual(noBridge);
    const tables = wireBridge('br-int', { b: { ifaceId: uuid(2), tag: 5, ofport: 1 } });
    server.update(eachRow('insert', { ...tables, Bridge: { other: tables['Bridge']?.[BRIDGE_ROW] } }));
    expect(brief(await next())).toEqual(['dump', [uuid(2), 'ACTIVE', 'b']]);
  });

  it('takes its ports out of sight when it is deleted, and turns none of them DOWN', async () => {
    const { server, next } = watch();
    await next();
    server.update(deletedBridge());
    expect(await next()).toEqual(noBridge);
  });

  it('dumps its ports when it is made anew in one transaction', async () => {
    const { server, next } = watch();
    await next();
    const anew = { other: { insert: { name: 'br-int', datapath_id: '0000' } } };
    const { Bridge, ...rows } = deletedBridge();
    server.update({ ...rows, Bridge: { ...Bridge, ...anew } });
    expect(await next()).toMatchObject({ kind: 'dump', ports: [] });
  });
});

describe('a row that can not be read', () => {
  it('makes a dump partial, until it can be read: then all is dumped', async () => {
    const { server, next } = watch(new FakeServer(wireBridge('br-int', { a: { columns: { ofport: 'x' } } })));
    expect(await next()).toMatchObject({ kind: 'dump', ports: [], isPartial: true });
    const row = wireInterface('a', { ifaceId: uuid(1), ofport: 1 });
    server.update({ Interface: { a: { insert: row } } });
    const dump = await next();
    expect([dump, brief(dump)]).toMatchObject([{ isPartial: false }, ['dump', [uuid(1), 'DOWN', 'a']]]);
  });
});

describe('a row that the switch has not confirmed', () => {
  const booted = (): FakeServer => {
    const tables = wireBridge('br-int', {
      a: { ifaceId: uuid(1), tag: 5, columns: { ofport: 1 } },
      b: { ifaceId: uuid(2), tag: 5, columns: { ofport: -1, error: 'No such device' } },
    });
    const bridge = tables['Bridge']?.[BRIDGE_ROW] as Record<string, unknown>;
    return new FakeServer({ ...tables, Bridge: { [BRIDGE_ROW]: { ...bridge, datapath_id: ['set', []] } } });
  };

  it('is neither ACTIVE nor DOWN: the dump leaves its port open', async () => {
    const { next } = watch(booted());
    expect(await next()).toMatchObject({ ports: [], unconfirmed: [uuid(1), uuid(2)] });
  });

  it('speaks once the switch has confirmed the bridge and filled the columns of the device', async () => {
    const { server, next } = watch(booted());
    await next();
    server.update(modify('Bridge', BRIDGE_ROW, { datapath_id: '0000' }));
    expect(brief(await next())).toEqual(['change', [uuid(2), 'DOWN', 'b']]);
    server.update(modify('Interface', 'a', CONFIRMED));
    expect(brief(await next())).toEqual(['change', [uuid(1), 'ACTIVE', 'a']]);
  });

  it('is told of as gone when it is deleted', async () => {
    const { server, next } = watch(booted());
    await next();
    server.update({ Interface: { a: { delete: null } } });
    expect(brief(await next())).toEqual(['change', [uuid(1), 'DOWN', 'a']]);
  });
});

describe('an interface that the switch can not open', () => {
  const FAIL_AFTER_MS = 60_000;
  const failed = { ofport: -1, error: 'No such device' };
  const broken = (): FakeServer =>
    new FakeServer(wireBridge('br-int', { a: { ifaceId: uuid(1), tag: 5, columns: failed } }));

  it('stays DOWN for ever without the option', async () => {
    const { server, clock, next } = watch(broken());
    expect(brief(await next())).toEqual(['dump', [uuid(1), 'DOWN', 'a']]);
    for (let echo = 0; echo < 30; echo++) await clock.advance(ECHO_MS);
    server.update(modify('Interface', 'a', { error: 'still no device' }));
    expect(brief(await next())).toEqual(['change', [uuid(1), 'DOWN', 'a']]);
  });

  it('is ERROR, with the words of the switch, when it fails for longer than the option says', async () => {
    const { clock, next } = watch(broken(), { failAfterMs: FAIL_AFTER_MS });
    await next();
    await pass(clock, FAIL_AFTER_MS);
    expect(await next()).toMatchObject({
      kind: 'change',
      ports: [{ portId: uuid(1), status: 'ERROR', seen: { detail: 'No such device' } }],
    });
  });

  it('is not ERROR when it opens in time, nor when it fails again for less than that', async () => {
    const { server, clock, next } = watch(broken(), { failAfterMs: FAIL_AFTER_MS });
    await next();
    await pass(clock, FAIL_AFTER_MS - ECHO_MS);
    server.update(modify('Interface', 'a', { ofport: 1, error: ['set', []], ...CONFIRMED }));
    expect(brief(await next())).toEqual(['change', [uuid(1), 'ACTIVE', 'a']]);
    server.update(modify('Interface', 'a', failed));
    expect(brief(await next())).toEqual(['change', [uuid(1), 'DOWN', 'a']]);
    await pass(clock, FAIL_AFTER_MS - ECHO_MS);
    server.update(modify('Interface', 'a', { error: 'again' }));
    expect(brief(await next())).toEqual(['change', [uuid(1), 'DOWN', 'a']]);
  });

  it('stays ERROR over a dump, until it gets an ofport', async () => {
    const { server, source, clock, next } = watch(broken(), { failAfterMs: FAIL_AFTER_MS });
    await next();
    await pass(clock, FAIL_AFTER_MS);
    await next();
    source.refresh();
    expect(brief(await next())).toEqual(['dump', [uuid(1), 'ERROR', 'a']]);
    server.update(modify('Interface', 'a', { ofport: 1, error: ['set', []], ...CONFIRMED }));
    expect(brief(await next())).toEqual(['change', [uuid(1), 'ACTIVE', 'a']]);
  });

  /** Moves the clock in steps that let the server answer each echo. */
  async function pass(clock: VirtualClock, ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += ECHO_MS / 5) await clock.advance(ECHO_MS / 5);
  }
});

describe('a lost connection', () => {
  const cutAndReturn = async ({ server, clock, next }: ReturnType<typeof watch>): Promise<SwitchUpdate[]> => {
    server.hangUp();
    const lost = await next();
    await clock.advance(LONGEST_BACKOFF_MS);
    return [lost, await next()];
  };

  it('is told, and followed by a dump when the server is back', async () => {
    const watching = watch();
    await watching.next();
    watching.server.tables = wireBridge('br-int', {});
    expect((await cutAndReturn(watching)).map(brief)).toEqual([['lost'], ['dump']]);
  });

  it('is not told again while dialling fails', async () => {
    const watching = watch();
    await watching.next();
    watching.server.refusals.push(refuse('ECONNREFUSED'), refuse('EACCES'), refuse('ENOENT'));
    watching.server.hangUp();
    expect(brief(await watching.next())).toEqual(['lost']);
    await watching.clock.advance(4 * LONGEST_BACKOFF_MS);
    expect(brief(await watching.next())).toEqual(['dump', [uuid(1), 'ACTIVE', 'a']]);
    expect(watching.server.dials).toBe(5);
  });

  it('is noticed when the server falls silent', async () => {
    const { server, clock, next } = watch();
    await next();
    server.speaks = false;
    await clock.advance(ECHO_MS);
    await server.receives('echo');
    await clock.advance(ECHO_MS);
    expect(await next()).toEqual({
      kind: 'lost',
      reason: "the connection to Open vSwitch's database was silent for 10000 ms; check ovsdb-server",
    });
  });

  it('shows in the metric "connected"', async () => {
    const { server, metrics, next } = watch();
    const connected = async () => (await metrics.connected.get()).values.map(({ value }) => value);
    await next();
    expect(await connected()).toEqual([1]);
    server.hangUp();
    await next();
    expect(await connected()).toEqual([0]);
  });

  it('is mended by the differences alone where the server keeps a history', async () => {
    const watching = watch();
    await watching.next();
    watching.server.update(modify('Port', 'port-a', { tag: 6 }), 'transaction-1');
    watching.server.since = (transaction) => [
      transaction === 'transaction-1',
      'transaction-2',
      modify('Port', 'port-a', { tag: 4095 }),
    ];
    expect((await cutAndReturn(watching)).map(brief)).toEqual([['lost'], ['dump', [uuid(1), 'DOWN', 'a']]]);
  });
});

describe('the start', () => {
  it('waits for a server that comes later', async () => {
    const server = onePortServer();
    server.refusals.push(refuse('ENOENT'), refuse('ECONNREFUSED'));
    const { clock, next } = watch(server);
    const first = next();
    await clock.advance(2 * LONGEST_BACKOFF_MS);
    expect(brief(await first)).toEqual(['dump', [uuid(1), 'ACTIVE', 'a']]);
  });

  it('fails when no server comes in time, and asks the two questions', async () => {
    const path = join(await temporaryFolder(), 'db.sock');
    const address = `unix:${path}`;
    const { next } = watchRealSocket(address);
    await expect(next()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `Open vSwitch's database at ${address} did not answer within 0 ms: ${path} cannot be opened (ENOENT); check the address; is ovsdb-server running, and is the address right?`,
    });
  });

  it('does not wait longer than it may', async () => {
    const server = onePortServer();
    server.refusals.push(...Array.from({ length: 50 }, () => refuse('ECONNREFUSED')));
    const { clock, next } = watch(server, { startupMs: 30_000 });
    const begunAtMs = clock.monotonicMs();
    const failed = next().catch(() => clock.monotonicMs() - begunAtMs);
    await clock.advance(60_000);
    expect(await failed).toBe(30_000);
  });

  it('fails at once when the socket may not be opened, and says what to do', async () => {
    const server = onePortServer();
    server.refusals.push(refuse('EACCES'));
    await expect(watch(server).next()).rejects.toMatchObject({
      code: 'RIGHTS',
      message:
        "Open vSwitch's database /nowhere cannot be opened: permission denied; add the user to the group of Open vSwitch's socket, or run as root",
    });
  });

  it('gives up a dial that hangs', async () => {
    const hanging: Dial = async (_address, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    const { clock, next } = watch(onePortServer(), { dial: hanging, startupMs: ECHO_MS });
    const failed = next().catch((error: unknown) => (error as Error).message);
    await clock.advance(ECHO_MS);
    expect(await failed).toContain('/nowhere could not be opened within 5000 ms');
  });

  it('refuses an address that it does not know before anything is dialled', () => {
    expect(() => watch(onePortServer(), { address: 'ptcp:6640' })).toThrow(/write unix:/);
  });

  it('refuses an ssl address without key and certificates, and names the options', () => {
    const tls = { privateKey: '/key.pem', certificate: '/certificate.pem' };
    expect(() => watch(onePortServer(), { address: 'ssl:10.0.0.1:6640', tls })).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: expect.stringMatching(
          /set switch.privateKey, switch.certificate and switch.caCert$/,
        ) as string,
      }),
    );
  });
});

describe('the end of a watch', () => {
  it('comes with the reason of the signal, and hangs up', async () => {
    const { stop, next } = watch();
    await next();
    stop.abort(new Error('shutting down'));
    await expect(next()).rejects.toThrow('shutting down');
  });
});

function watchRealSocket(address: string) {
  const clock = new VirtualClock();
  const tools = { clock, metrics: createMetrics(), random: seededRandom(1), logger: silentLogger };
  const source = createOvsPortSource({ address, ...RULES, startupMs: 0, ...tools });
  const updates = source.watch(new AbortController())[Symbol.asyncIterator]();
  return { next: () => updates.next() };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'port-status-ovs-'));
  undo.push(() => rm(folder, { recursive: true }));
  return folder;
}
