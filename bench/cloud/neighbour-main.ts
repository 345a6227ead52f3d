import { systemClock } from '../../src/runtime/clock.js';
import { Neighbour } from './neighbour.js';
import type { NeighbourOptions } from './neighbour.js';

/** Works from its start, in a process of its own, until its parent says that it is enough; then answers what came of it. */
const stop = new AbortController();
const working = Neighbour.open(JSON.parse(process.argv[2] ?? '') as NeighbourOptions, systemClock).then(
  (neighbour) => neighbour.work(stop.signal),
);
process.on('message', () => stop.abort());
const figures = await working;
process.send?.(figures, () => process.exit());
