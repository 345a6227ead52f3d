import type { Report } from '../../../src/domain/report.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import { Opened } from '../../../src/runtime/opened.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { createServer } from '../../../src/server/server.js';
import { plantNetwork } from '../../support/neutron-rows.js';
import { startInBackground } from './background.js';
import { AllChassis, PORTS } from './chassis.js';
import type { NorthboundCount } from './count-northbound.js';
import { openCountedNeutron } from './counted-neutron.js';
import { openCountedNova } from './counted-nova.js';
import { SERVER_DEFAULTS } from './defaults.js';
import { openEngine } from './engine.js';
import { since } from './figures.js';
import type { Figures } from './figures.js';
import { OneAtATime } from './one-at-a-time.js';
import type { Place } from './place.js';
import { pass, untilQuiet } from './quiet.js';
import type { Play } from './quiet.js';

interface Parts {
  readonly chassis: AllChassis;
  readonly play: Play;
  readonly northbound: NorthboundCount;
  readonly count: () => Figures;
}

/** A server at its work under a virtual clock, and counters around it. */
export class Bench {
  readonly place: Place;
  readonly #parts: Parts;
  readonly #opened: Opened;
  /** Reports that were said and are to be acknowledged. */
  #said = 0;

  private constructor(place: Place, parts: Parts, opened: Opened) {
    this.place = place;
    this.#parts = parts;
    this.#opened = opened;
  }

  /** Starts a server on an empty database; it has joined and has nothing to do. */
  static async open(place: Place): Promise<Bench> {
    const opened = new Opened();
    opened.add({ close: () => place.dispose() });
    const parts = await openParts(place, opened);
    await untilQuiet(parts.play);
    return new Bench(place, parts, opened);
  }

  /** Every port is reported; the server learns of it with the next turn of the event loop. */
  async say(status: Report['status']): Promise<void> {
    await this.#parts.chassis.say(status);
    this.#said += PORTS;
  }

  /** Every chassis says that it has said everything. */
  async complete(): Promise<void> {
    await this.#parts.chassis.complete();
  }

  /** Lets the server deal with what was said. */
  async handle(): Promise<void> {
    const { play, northbound } = this.#parts;
    await untilQuiet(play, () => northbound.acknowledged >= this.#said);
  }

  pass(ms: number): Promise<void> {
    return pass(this.#parts.play, ms);
  }

  /** What is asked of the surroundings while `work` goes on. */
  async measure(work: () => Promise<void>): Promise<Figures> {
    const before = this.#parts.count();
    await work();
    return since(before, this.#parts.count());
  }

  close(): Promise<void> {
    return this.#opened[Symbol.asyncDispose]();
  }
}

async function openParts(place: Place, opened: Opened): Promise<Parts> {
  const clock = new VirtualClock();
  const outside = new OneAtATime();
  await plantNetwork(place.rows);
  const { counted, uncounted, count: northbound } = openEngine(clock, opened);
  const chassis = new AllChassis(uncounted, clock);
  await chassis.register();
  const store = await openCountedNeutron(place, clock, opened);
  const cloud = await openCountedNova(clock, opened);
  const server = createServer({
    northbound: counted,
    neutron: outside.reach(store.neutron),
    nova: outside.reach(cloud.nova),
    clock,
    random: seededRandom(6),
    logger: silentLogger,
    metrics: createMetrics(),
    options: SERVER_DEFAULTS,
  });
  const { check } = startInBackground((signal) => server.run(signal), opened);
  const moves = (): number => outside.moves + northbound.moves;
  const count = (): Figures => ({
    outcome: store.outcome(),
    northbound: northbound.figures(),
    nova: cloud.count(),
    neutron: store.count(),
  });
  return { chassis, play: { clock, moves, goOn: () => outside.next(), check }, northbound, count };
}
