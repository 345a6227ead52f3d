import type { Clock } from '../../src/runtime/clock.js';
import { Opened } from '../../src/runtime/opened.js';
import { seededRandom } from '../../src/runtime/random.js';
import { appliedTwice, writesOf } from '../support/write-history.js';
import { lanesOf } from './faults.js';
import type { Fault, Scene } from './faults.js';
import { CHASSIS, openPlace, SERVERS, wiredPortsOf } from './place.js';
import type { Place } from './place.js';
import { Tenants } from './tenants.js';
import { complaintsOf } from './verdict.js';

export interface ChaosOptions {
  readonly engine: string;
  readonly forMs: number;
  readonly seed: number;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** Ends the run early: everything is taken down in order, and nothing is said of what came out. */
  readonly signal: AbortSignal;
}

/** One run. `rightAfterMs`: how long after the last fault everything was true and told; absent where it never was. */
export interface Report {
  readonly engine: string;
  readonly seed: number;
  readonly forMs: number;
  readonly faults: number;
  readonly moves: number;
  readonly writes: number;
  readonly appliedTwice: number;
  readonly quarantined: number;
  readonly rightAfterMs: number | undefined;
  /** What was still wrong after a minute, and processes that ended by themselves. */
  readonly complaints: readonly string[];
  readonly timeline: readonly string[];
}

/** How long the checker waits for everything to be right. */
const PATIENCE_MS = 60_000;

/** Lets VMs boot and stop while faults of every kind happen; then looks whether the switches, Neutron and Nova agree. */
export async function runChaos(options: ChaosOptions): Promise<Report> {
  const { engine, seed, forMs, clock } = options;
  await using opened = new Opened();
  const place = await openPlace(engine, opened);
  if (place.network === undefined)
    options.say('no link goes down: this user may not make network namespaces');
  if (place.engine.disk === undefined) options.say('no disk gets full: this user may not mount one');
  const tenants = new Tenants(place, { clock, random: seededRandom(seed) });
  await tenants.plant();
  for (const name of [...SERVERS, ...CHASSIS]) place.crew.start(name);
  await place.crew.untilAllWork();
  const timeline = new Timeline(options);
  const over = new AbortController();
  const load = tenants.churn(over.signal);
  const endsAtMs = clock.monotonicMs() + forMs;
  const lanes = lanesOf(place).map((faults, lane) =>
    runLane(faults, sceneOf(place, options, lane), timeline, endsAtMs, clock),
  );
  await Promise.all(lanes);
  over.abort();
  await load;
  const { rightAfterMs, complaints } = await judge(place, tenants, timeline.lastEndedMs, clock);
  return {
    ...{ engine, seed, forMs, faults: timeline.faults, moves: tenants.moves },
    writes: await writesOf(place.rows),
    appliedTwice: await appliedTwice(place.rows),
    quarantined: (await place.rows.run('select port from port_status.quarantine')).length,
    rightAfterMs,
    complaints: [...complaints, ...place.crew.deserted],
    timeline: timeline.lines,
  };
}

/** Each lane draws for itself, so that what one does does not depend on how long another takes. */
function sceneOf(place: Place, { seed, clock, signal }: ChaosOptions, lane: number): Scene {
  return { place, random: seededRandom(seed * 100 + lane), pass: (ms) => clock.sleep(ms, { signal }) };
}

async function runLane(
  faults: readonly Fault[],
  scene: Scene,
  timeline: Timeline,
  endsAtMs: number,
  clock: Clock,
): Promise<void> {
  for (;;) {
    const pauseMs = 500 + scene.random.next() * 4000;
    if (clock.monotonicMs() + pauseMs >= endsAtMs) return;
    await scene.pass(pauseMs);
    const draw = faults[Math.floor(scene.random.next() * faults.length)];
    if (draw === undefined) return;
    const { what, happen } = draw(scene);
    timeline.note(what);
    await happen();
    timeline.noteEnd(what);
  }
}

class Timeline {
  readonly lines: string[] = [];
  faults = 0;
  /** When the last fault ended, by the monotonic clock; when the run began, where there was none. */
  lastEndedMs: number;
  readonly #options: ChaosOptions;
  readonly #startMs: number;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#startMs = options.clock.monotonicMs();
    this.lastEndedMs = this.#startMs;
  }

  note(what: string): void {
    this.faults += 1;
    this.#add(what);
  }

  noteEnd(what: string): void {
    this.lastEndedMs = this.#options.clock.monotonicMs();
    this.#add(`over: ${what}`);
  }

  #add(text: string): void {
    const seconds = (this.#options.clock.monotonicMs() - this.#startMs) / 1000;
    const line = `${seconds.toFixed(1).padStart(6)} s  ${text}`;
    this.lines.push(line);
    this.#options.say(line);
  }
}

async function judge(
  place: Place,
  tenants: Tenants,
  sinceMs: number,
  clock: Clock,
): Promise<Pick<Report, 'rightAfterMs' | 'complaints'>> {
  for (;;) {
    const complaints = await look(place, tenants);
    const afterMs = Math.round(clock.monotonicMs() - sinceMs);
    if (complaints.length === 0) return { rightAfterMs: afterMs, complaints };
    if (afterMs > PATIENCE_MS) return { rightAfterMs: undefined, complaints };
    await clock.sleep(100);
  }
}

async function look(place: Place, { known }: Tenants): Promise<readonly string[]> {
  const wired = await Promise.all([...place.switches.values()].map(wiredPortsOf));
  const rows = await place.rows.run(
    `select p.id as id, p.status as status, coalesce(group_concat(b.entity order by b.entity), '') as blocks from neutron.ports p
     left join neutron.provisioningblocks b on b.standard_attr_id = p.standard_attr_id group by p.id, p.status`,
  );
  const nova = new Map(place.cloud.nova.heard.map(({ tag = '', name, at }) => [tag, { word: name, at }]));
  const neutron = new Map(
    rows.map(({ id, status, blocks }) => [String(id), `${String(status)} ${String(blocks)}`]),
  );
  return complaintsOf({ wired: new Map(wired.flat()), neutron, nova, known });
}
