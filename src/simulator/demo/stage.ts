import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PortStatusError } from '../../domain/errors.js';
import { openDatabase } from '../../neutron/open.js';
import { migrate } from '../../neutron/sql/migrations.js';
import type { Northbound } from '../../northbound/northbound.js';
import { remainsOf } from '../../northbound/destroy.js';
import { openNorthbound } from '../../northbound/open.js';
import type { Clock } from '../../runtime/clock.js';
import { Opened } from '../../runtime/opened.js';
import type { Random } from '../../runtime/random.js';
import { startFakeCloud } from '../cloud/cloud.js';
import type { FakeCloud } from '../cloud/cloud.js';
import { FakeNeutron } from '../cloud/neutron.js';
import { SimulatedSwitch } from '../switch/simulated-switch.js';
import { Crew } from './crew.js';
import { agentPart, northboundUrl, serverPart } from './parts.js';
import type { NorthboundPlace, Setting } from './parts.js';

/** What a demo is made of. */
export interface Cast {
  /** The program's main file. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  /** Names of the servers, and of the compute nodes. */
  readonly servers: readonly string[];
  readonly chassis: readonly string[];
  /** The northbound database; a file in the demo's folder where none is given. */
  readonly northboundUrl?: string | undefined;
  /** Takes each line of the story. */
  readonly say: (line: string) => void;
  /**
   * Has `work` done, without waiting, should the program exit before the stage is closed; what was given last first.
   *
   * @returns what takes that back.
   */
  readonly onExit: (work: () => void) => () => void;
}

/** Everything in place: real agents and servers in processes of their own, a simulated switch each, a fake cloud. */
export interface Stage {
  readonly folder: string;
  readonly cloud: FakeCloud;
  readonly neutron: FakeNeutron;
  readonly northbound: Northbound;
  readonly switches: ReadonlyMap<string, SimulatedSwitch>;
  readonly crew: Crew;
}

/**
 * Sets the stage in a new temporary folder. What is opened is added to `opened`, which ends all processes and removes the
 * folder when it is closed, also where the setting fails half-way.
 *
 * @throws the signal's reason when it is aborted meanwhile; UNAVAILABLE when a process does not start.
 */
export async function setStage(cast: Cast, opened: Opened, signal: AbortSignal): Promise<Stage> {
  const { clock } = cast;
  const folder = makeFolder(cast, opened);
  const names = `servers ${cast.servers.join(', ')}; compute nodes ${cast.chassis.join(', ')}`;
  cast.say(`playing in ${folder}: ${names}`);
  const cloud = await startFakeCloud(cast);
  opened.add({ close: () => cloud.dispose() });
  const neutron = new FakeNeutron(join(folder, 'neutron.db'), clock);
  opened.add({ close: async () => neutron.close() });
  await createLedger(folder, clock);
  neutron.keepHistory();
  const switches = await openSwitches(folder, cast.chassis, opened);
  const place = placeOf(folder, cast);
  opened.add({ close: () => removeNorthbound(place, cast) });
  const northbound = opened.add(openNorthbound(place.url, { ...cast, ...place }));
  await northbound.incarnation({ signal });
  const crew = startCrew(folder, cloud, { ...cast, northbound: place });
  opened.add(closingWithExit(crew, cast));
  const stage = { folder, cloud, neutron, northbound, switches, crew };
  await untilReady(stage, cast, signal);
  return stage;
}

function makeFolder({ onExit }: Cast, opened: Opened): string {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-demo-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  const forget = onExit(remove);
  opened.add({
    close: async () => {
      remove();
      forget();
    },
  });
  return folder;
}

/** In a database that others use, too, the demo has a namespace of its own: the name of its folder. */
function placeOf(folder: string, { northboundUrl: url }: Cast): NorthboundPlace {
  return { url: url ?? northboundUrl(folder), namespace: basename(folder) };
}

async function removeNorthbound({ url, namespace }: NorthboundPlace, cast: Cast): Promise<void> {
  const remains = await remainsOf(url, { clock: cast.clock, random: cast.random, namespace });
  await remains.destroy();
}

function startCrew(folder: string, { options }: FakeCloud, cast: Cast & Setting): Crew {
  const servers = cast.servers.map((name) => [name, serverPart(name, folder, options, cast)] as const);
  const agents = cast.chassis.map((name) => [name, agentPart(name, folder, cast)] as const);
  return new Crew(cast.clock, new Map(servers), new Map(agents));
}

/** Should the program exit while the processes are asked to end, they are ended all the same. */
function closingWithExit(crew: Crew, { onExit }: Cast): { close(): Promise<void> } {
  const forget = onExit(() => crew.abandon());
  return { close: () => crew.close().finally(forget) };
}

/** How long the processes may take to start. */
const READY_MS = 60_000;

/** Waits until every server and every agent is registered, so that nobody starts with a backlog. */
async function untilReady(
  { northbound, crew }: Stage,
  { clock, servers, chassis }: Cast,
  signal: AbortSignal,
): Promise<void> {
  const endMs = clock.monotonicMs() + READY_MS;
  const either = AbortSignal.any([signal, crew.failed]);
  for (;;) {
    const [listeners, agents] = [await northbound.listeners(), await northbound.chassis()];
    if (listeners.length === servers.length && agents.length === chassis.length) return;
    if (clock.monotonicMs() > endMs) throw tooSlow();
    await clock.sleep(50, { signal: either });
  }
}

function tooSlow(): PortStatusError {
  return new PortStatusError(
    'UNAVAILABLE',
    `the processes of the demo did not start within ${READY_MS / 1000} s; try again when the machine has less to do`,
  );
}

async function createLedger(folder: string, clock: Clock): Promise<void> {
  const store = openDatabase(`sqlite:${join(folder, 'neutron.db')}`, 'port_status', clock);
  await migrate(store, 'port_status');
  await store.db.destroy();
}

async function openSwitches(
  folder: string,
  chassis: readonly string[],
  opened: Opened,
): Promise<ReadonlyMap<string, SimulatedSwitch>> {
  const switches = new Map<string, SimulatedSwitch>();
  for (const name of chassis) {
    const one = new SimulatedSwitch();
    await one.open(join(folder, `${name}.switch`));
    opened.add(one);
    switches.set(name, one);
  }
  return switches;
}
