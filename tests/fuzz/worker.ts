import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { corpusOf, editedSample } from './inputs.js';
import type { Order, Outcome } from './run.js';
import { TARGETS } from './targets.js';

const { target, inputs, seed, fed } = workerData as Order;
const samples = corpusOf(target);
const read = TARGETS[target];
if (read === undefined) throw new Error(`no target ${target}; there are ${Object.keys(TARGETS).join(', ')}`);

let heapMb = 0;
const details = fc.check(
  fc.property(editedSample(samples), (input) => {
    if (Atomics.add(fed, 0, 1) % 1000 === 0)
      heapMb = Math.max(heapMb, process.memoryUsage().heapUsed / 2 ** 20);
    read(input);
  }),
  { numRuns: inputs, seed },
);
const fault = details.failed ? describeFault(details) : undefined;
parentPort?.postMessage({ fault, heapMb } satisfies Omit<Outcome, 'fed'>);

function describeFault({
  counterexample,
  errorInstance,
  counterexamplePath,
}: fc.RunDetails<[Buffer]>): string {
  const input = counterexample?.[0].toString('base64') ?? '';
  return `${String(errorInstance)}; path ${String(counterexamplePath)}; the input in base64: ${input}`;
}
