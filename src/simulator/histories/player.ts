import { parentPort, workerData } from 'node:worker_threads';
import { playAll } from './players.js';
import type { Seeds } from './players.js';

// The thread that players.ts starts. Nobody reads the stacks of the errors that come and go in a history.
Error.stackTraceLimit = 0;
for await (const played of playAll(workerData as Seeds)) parentPort?.postMessage(played);
