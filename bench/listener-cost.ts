import { say } from '../src/northbound/conformance/scene.js';
import type { Membership, Northbound } from '../src/northbound/northbound.js';
import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { cpuSecondsOf } from './cloud/processes.js';
import { ENGINE_HOMES } from './engine-homes.js';
import { drainTopic, join } from './engine-load.js';
import { spreadOf } from './spread.js';
import type { Spread } from './spread.js';

const CHASSIS = 400;
/** Reports of one chassis, all published at once. */
const EACH = 50;

interface Once {
  readonly perSecond: number;
  readonly cost: number;
}

/**
 * What a report costs the northbound database and its clients, from publish to acknowledge, among so many listeners: all in
 * this process, so that their number is all that differs.
 */
export async function costOfListeners(
  engine: string,
  listeners: number,
  runs: number,
): Promise<Readonly<Record<keyof Once, Spread>>> {
  const all: Once[] = [];
  for (let run = 1; run <= runs; run++) all.push(await measureOnce(engine, listeners));
  return {
    perSecond: spreadOf(all.map(({ perSecond }) => perSecond)),
    cost: spreadOf(all.map(({ cost }) => cost)),
  };
}

async function measureOnce(engine: string, listeners: number): Promise<Once> {
  await using opened = new Opened();
  const home = await ENGINE_HOMES[engine]?.();
  if (home === undefined) throw new Error(`no engine ${engine}`);
  opened.add({ close: () => home.dispose() });
  const [agents, servers] = [opened.add(home.connect()), opened.add(home.connect())];
  const members = await Promise.all(
    Array.from({ length: listeners }, (_, index) => join(servers, `bench-${index}`)),
  );
  await carryAll(agents, servers, members); // so that everything is warm
  const before = { atMs: systemClock.monotonicMs(), cpu: cpuSecondsOf(process.pid) };
  const reports = await carryAll(agents, servers, members);
  return {
    perSecond: (reports * 1000) / (systemClock.monotonicMs() - before.atMs),
    cost: ((cpuSecondsOf(process.pid) - before.cpu) * 1000) / reports,
  };
}

/** Every chassis publishes, and every listener takes what is its own. @returns how many there were. */
async function carryAll(
  agents: Northbound,
  servers: Northbound,
  members: readonly Membership[],
): Promise<number> {
  for (let number = 1; number <= CHASSIS; number++) {
    const chassis = `cn${number}`;
    const registration = await agents.registerChassis(chassis);
    const reports = Array.from({ length: EACH }, (_, index) =>
      say(index + 1, registration.maxRevision + index + 1, { chassis }),
    );
    await agents.publish(registration, reports);
  }
  const backlogs = new Map((await servers.listeners()).map(({ id, backlog }) => [id, backlog]));
  await Promise.all(members.map((member) => drainTopic(servers, member, backlogs.get(member.id) ?? 0)));
  return CHASSIS * EACH;
}
