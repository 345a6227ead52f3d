import { systemClock } from '../../src/runtime/clock.js';
import { Neighbour } from './neighbour.js';
import type { NeighbourOptions } from './neighbour.js';

/** Works from its start, in a process of its own, and answers what came of it whenever it is asked, until its parent leaves. */
const options = JSON.parse(process.argv[2] ?? '') as NeighbourOptions;
const neighbour = await Neighbour.open(options, systemClock);
process.on('message', () => process.send?.(neighbour.take()));
process.on('disconnect', () => process.exit());
await neighbour.work();
