import { systemClock } from '../src/runtime/clock.js';
import type { Opened } from '../src/runtime/opened.js';
import { seededRandom } from '../src/runtime/random.js';
import type { FakeCloud } from '../src/simulator/cloud/cloud.js';
import { portIdOf } from '../src/simulator/neutron-rows.js';
import type { Program } from '../tests/support/process.js';
import type { BenchCloud, Stage } from './cloud/bench-cloud.js';
import { watchCommits } from './cloud/commits.js';
import { cpuSecondsOf, peakRssMibOf } from './cloud/processes.js';
import type { Load } from './load/load.js';
import { percentile } from './spread.js';

/** Ports whose commits are seen one by one. */
const SAMPLE = 500;
/** Of whatever Nova has not heard then, after its last word, it does not hear. */
const SILENCE_MS = 60_000;
const LOOK_MS = 50;

/** One storm. */
export interface Storm {
  readonly portsPerSecond: number;
  readonly untilNovaMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly novaP99Ms: number;
  readonly novaTold: number;
  readonly serverRssMb: number;
  readonly agentRssMb: number;
  readonly cpu: Cpu;
}

/** What takes processor time; `played` are Nova and whoever watches. */
export type Part = 'server' | 'agents' | 'northbound' | 'database' | 'played';

/** Seconds of processor time for a thousand ports; null where a part is no process of its own. */
export type Cpu = Readonly<
  Record<'server' | 'agents' | 'played', number> & Record<'northbound' | 'database', number | null>
>;

/** Servers and agents that wait for a storm. */
export interface Calm {
  readonly cloud: BenchCloud;
  readonly stage: Stage;
  readonly servers: readonly Program[];
  readonly load: Load;
}

/** Ports as they were planted, so many servers, with further flags, and the agents of all chassis. */
export async function openCalm(
  cloud: BenchCloud,
  servers: number,
  opened: Opened,
  ...flags: readonly string[]
): Promise<Calm> {
  await cloud.makeFresh();
  const stage = await cloud.openStage(opened);
  const running = await Promise.all(
    Array.from({ length: servers }, (_, index) => stage.startServer(`server-${index + 1}`, ...flags)),
  );
  return { cloud, stage, servers: running, load: await stage.startLoad() };
}

/** The first ports, all unless said otherwise, come up at once. Resolves when Nova has heard of the last, or hears no more. */
export async function playStorm(
  { cloud, stage, servers, load }: Calm,
  seed: number,
  ports = cloud.options.ports,
): Promise<Storm> {
  const { nova } = cloud.openstack;
  const pids: Readonly<Record<Part, readonly number[]>> = {
    server: servers.map(({ pid }) => pid),
    agents: [load.pid],
    northbound: stage.engine.pid === undefined ? [] : [stage.engine.pid],
    database: cloud.database.pid === undefined ? [] : [cloud.database.pid],
    played: [],
  };
  const cpuBefore = cpuOf(pids);
  const startMs = systemClock.now();
  const [commits, , toldAtMs] = await Promise.all([
    watchCommits(cloud.database.rows, { last: portIdOf(ports), sample: sampleOf(ports, seed) }),
    load.order({ kind: 'all', status: 'ACTIVE', ports }),
    untilTold(nova, 'network-vif-plugged', ports),
  ]);
  const cpuAfter = cpuOf(pids);
  const told = [...toldAtMs.values()].map((at) => at - startMs);
  const took = commits.sampleAtMs.map((at) => at - startMs);
  return {
    portsPerSecond: (ports * 1000) / (commits.lastAtMs - startMs),
    untilNovaMs: percentile(told, 1),
    p50Ms: percentile(took, 0.5),
    p90Ms: percentile(took, 0.9),
    p99Ms: percentile(took, 0.99),
    novaP99Ms: percentile(told, 0.99),
    novaTold: told.length,
    serverRssMb: Math.max(...pids.server.map(peakRssMibOf)),
    agentRssMb: peakRssMibOf(load.pid),
    cpu: mapParts((part) => eachThousand(cpuBefore[part], cpuAfter[part], ports)),
  };
}

function cpuOf(pids: Readonly<Record<Part, readonly number[]>>): Readonly<Record<Part, number | null>> {
  const { user, system } = process.cpuUsage();
  const played = (user + system) / 1_000_000;
  return mapParts((part) => {
    if (part === 'played') return played;
    return pids[part].length === 0 ? null : pids[part].reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  });
}

function eachThousand(before: number | null, after: number | null, ports: number): number | null {
  return before === null || after === null ? null : ((after - before) * 1000) / ports;
}

const PARTS = ['server', 'agents', 'northbound', 'database', 'played'] as const satisfies readonly Part[];

function mapParts(value: (part: Part) => number | null): Cpu {
  return Object.fromEntries(PARTS.map((part) => [part, value(part)])) as Cpu;
}

/**
 * Waits until Nova has heard that word of so many ports, or no word for a while; takes out of it whatever it hears, as it
 * keeps no more than the newest.
 *
 * @returns when it first heard of each port.
 */
export async function untilTold(
  { heard }: FakeCloud['nova'],
  word: 'network-vif-plugged' | 'network-vif-unplugged',
  ports: number,
): Promise<ReadonlyMap<string, number>> {
  const first = new Map<string, number>();
  let lastMs = systemClock.monotonicMs();
  for (;;) {
    const nowMs = systemClock.monotonicMs();
    if (heard.length > 0) lastMs = nowMs;
    for (const { name, tag = '', at } of heard.splice(0))
      if (name === word && !first.has(tag)) first.set(tag, at);
    if (first.size >= ports || nowMs - lastMs > SILENCE_MS) return first;
    await systemClock.sleep(LOOK_MS);
  }
}

function sampleOf(ports: number, seed: number): readonly string[] {
  const random = seededRandom(seed);
  const numbers = new Set<number>();
  while (numbers.size < Math.min(SAMPLE, ports)) numbers.add(1 + Math.floor(random.next() * ports));
  return [...numbers].map(portIdOf);
}
