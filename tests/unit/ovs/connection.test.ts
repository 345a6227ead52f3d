import { describe, expect, it } from 'vitest';
import { OvsdbConnection } from '../../../src/agent/ovs/connection.js';
import type { Reply } from '../../../src/agent/ovs/connection.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { FakeServer } from './fake-server.js';

const ECHO_MS = 5000;
const asIs = (reply: Reply): Reply => reply;

/** A running connection to a fake server, and how it ended once it has. */
async function connect(
  server = new FakeServer(),
  notified: (method: string, params: unknown) => void = () => undefined,
) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const stream = await server.dial({ kind: 'unix', path: '/nowhere' }, stop);
  const connection = new OvsdbConnection(stream, { clock, echoMs: ECHO_MS, notified });
  const ended = connection.run(stop.signal).then(
    () => 'stopped',
    (error: unknown) => (error as Error).message,
  );
  return { server, clock, stop, stream, connection, ended };
}

describe('a connection to OVSDB', () => {
  it('gives a call its result or its error, whichever way the error is written', async () => {
    const { connection } = await connect();
    expect(await connection.call('echo', ['hello'], asIs)).toEqual({ kind: 'result', value: ['hello'] });
    expect(await connection.call('nonsense', [], asIs)).toEqual({ kind: 'error', reason: 'unknown method' });
    const { connection: silent, server } = await connect(Object.assign(new FakeServer(), { speaks: false }));
    const call = silent.call('monitor_cond', [], asIs);
    const { id } = await server.receives('monitor_cond');
    server.send({ id, result: null, error: { error: 'unknown database', details: 'x' } });
    expect(await call).toEqual({ kind: 'error', reason: '{"error":"unknown database","details":"x"}' });
  });

  it('keeps calls apart by their id, whatever the order of the replies', async () => {
    const { connection, server } = await connect(Object.assign(new FakeServer(), { speaks: false }));
    const calls = Promise.all([connection.call('one', [], asIs), connection.call('two', [], asIs)]);
    const [one, two] = [await server.receives('one'), await server.receives('two')];
    server.send({ id: two.id, result: 2, error: null });
    server.send({ id: one.id, result: 1, error: null });
    expect(await calls).toEqual([
      { kind: 'result', value: 1 },
      { kind: 'result', value: 2 },
    ]);
  });

  it('reads a reply before the notification that follows on its heels', async () => {
    const order: string[] = [];
    const { connection, server } = await connect(
      Object.assign(new FakeServer(), { speaks: false }),
      (method) => order.push(method),
    );
    const call = connection.call('monitor_cond', [], () => order.push('reply'));
    const { id } = await server.receives('monitor_cond');
    server.write(`{"id":${String(id)},"result":{},"error":null}{"id":null,"method":"update2","params":[]}`);
    await call;
    expect(order).toEqual(['reply', 'update2']);
  });

  it("answers the server's echo with its own words", async () => {
    const { server } = await connect();
    server.send({ id: 'echo', method: 'echo', params: ['probe'] });
    expect(await server.receives(undefined)).toEqual({ id: 'echo', result: ['probe'], error: null });
  });

  it('refuses any other call of the server', async () => {
    const { server } = await connect();
    server.send({ id: 7, method: 'steal', params: [] });
    expect(await server.receives(undefined)).toEqual({ id: 7, result: null, error: 'unknown method' });
  });

  it('asks for an echo whenever the line was quiet, and stays while it is answered', async () => {
    const { server, clock, stop, ended } = await connect();
    for (let second = 0; second < 60; second++) await clock.advance(1000);
    expect(server.received.length).toBeGreaterThanOrEqual(5);
    stop.abort(new Error('enough'));
    expect(await ended).toBe('stopped');
  });

  it('asks for no echo while the server talks', async () => {
    const { server, clock } = await connect();
    for (let second = 0; second < 20; second++) {
      server.send({ id: null, method: 'update3', params: [] });
      await clock.advance(1000);
    }
    expect(server.received).toEqual([]);
  });

  it('ends when an echo is not answered in time', async () => {
    const { server, clock, ended } = await connect(Object.assign(new FakeServer(), { speaks: false }));
    await clock.advance(ECHO_MS);
    await server.receives('echo');
    await clock.advance(ECHO_MS);
    await clock.turn();
    expect(await ended).toMatch(/was silent for 10000 ms; check ovsdb-server$/);
  });

  it('fails every pending call, and every later one, when the server hangs up', async () => {
    const { connection, server, ended } = await connect(Object.assign(new FakeServer(), { speaks: false }));
    const calls = [connection.call('one', [], asIs), connection.call('two', [], asIs)];
    const outcomes = Promise.allSettled(calls);
    server.hangUp();
    const reason = expect.objectContaining({ code: 'UNAVAILABLE', message: await ended }) as unknown;
    expect(await outcomes).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
    await expect(connection.call('three', [], asIs)).rejects.toEqual(reason);
  });

  it('fails pending calls when it is stopped, and closes the stream', async () => {
    const { connection, stream, stop } = await connect(Object.assign(new FakeServer(), { speaks: false }));
    const call = connection.call('one', [], asIs);
    stop.abort(new Error('enough'));
    await expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(stream.destroyed).toBe(true);
  });

  it('ends when what comes is not OVSDB', async () => {
    const { server, ended } = await connect();
    server.write('HTTP/1.1 400 Bad Request\r\n');
    expect(await ended).toMatch(/where a message should begin; check that the address/);
  });
});
