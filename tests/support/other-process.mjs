// Another process of this host, for tests: opens northbound databases and carries out the verbs that its parent sends.
// Runs the compiled program, which `npm test` makes first. Protocol: see other-process.ts.
/* global AbortController */
import { SqliteNorthbound } from '../../dist/northbound/sqlite/sqlite-northbound.js';
import { systemClock } from '../../dist/runtime/clock.js';
import { systemRandom } from '../../dist/runtime/random.js';

let shiftMs = 0;
const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + shiftMs };
const connections = new Map();
const calls = new Map();

const requests = {
  open: ({ connection, path }) =>
    void connections.set(connection, new SqliteNorthbound(path, { clock, random: systemRandom })),
  shift: (request) => void (shiftMs = request.shiftMs),
  abort: ({ call }) => calls.get(call)?.abort(),
  call: ({ id, connection, verb, args, isAbortable }) => {
    const abort = new AbortController();
    calls.set(id, abort);
    const options = isAbortable ? [{ ...args.pop(), signal: abort.signal }] : [];
    return connections.get(connection)[verb](...args, ...options);
  },
};

process.on('message', async (request) => {
  const { id, kind } = request;
  try {
    process.send({ id, answer: await requests[kind](request) });
  } catch ({ code, message }) {
    process.send({ id, refusal: { code, message } });
  } finally {
    calls.delete(id);
  }
});
process.on('disconnect', () => process.exit());
process.send({ id: 0 });
