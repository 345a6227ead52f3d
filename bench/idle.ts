import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { seededRandom } from '../src/runtime/random.js';
import { deviceOf, plantPorts } from '../src/simulator/neutron-rows.js';
import type { NeutronRows } from '../src/simulator/neutron-rows.js';
import { ifaceId, startOvsdb } from '../tests/support/ovsdb.js';
import { atMost, isUsual } from './bounds.js';
import type { Bound } from './bounds.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { eachRun, OF_CLOUDS } from './scenario.js';
import type { Result, Scenario } from './scenario.js';
import type { Row } from './table.js';
import type { ScenarioOptions } from './options.js';
import { milliseconds, sharesOf, summarize } from './spread.js';
import type { Shares, Spreads } from './spread.js';

/** Ports that are plugged, one after the other, in one run. */
const PLUGS = 300;
/** At most so long nothing happens between two of them. */
const REST_MS = 50;

/** How long each plug took, in milliseconds: until a client of the database saw it, and until Nova had heard. */
interface Took {
  readonly commitMs: readonly number[];
  readonly novaMs: readonly number[];
}

/**
 * One port at a time, from when a real ovsdb-server has answered a transaction, which is when it tells its monitors, to the
 * commit in Neutron's database and to Nova.
 */
export const idle: Scenario = {
  name: 'idle',
  doc: 'one port comes up at a time: from ovsdb-server to the commit, and to Nova',
  takes: { ...OF_CLOUDS, options: ['runs', 'profile', 'seed'] },
  run: async (options) => {
    await using opened = new Opened();
    const cloud = await openCloud({ ...options, ports: 0, chassis: 1 }, opened);
    const runs = await eachRun(options, (stage, run) =>
      plugOneByOne(cloud, (run - 1) * PLUGS, options, stage),
    );
    return resultOf(runs, options, cloud);
  },
};

async function plugOneByOne(
  cloud: BenchCloud,
  before: number,
  { seed }: ScenarioOptions,
  opened: Opened,
): Promise<Took> {
  const { rows } = cloud.database;
  const numbers = Array.from({ length: PLUGS }, (_, index) => before + index + 1);
  await plantPorts(
    rows,
    numbers.map((number) => [number, { id: ifaceId(number), host: 'cn1', deviceId: deviceOf(number) }]),
  );
  for (const number of numbers) cloud.openstack.nova.addServer(deviceOf(number));
  const ovsdb = await startOvsdb();
  opened.add({ close: () => ovsdb.dispose() });
  const stage = await cloud.openStage(opened);
  await stage.startServer('server-1');
  await stage.startAgent('cn1', `unix:${ovsdb.socket}`);
  const random = seededRandom(seed + before);
  const took = { commitMs: [] as number[], novaMs: [] as number[] };
  for (const number of numbers) {
    await systemClock.sleep(random.next() * REST_MS);
    await ovsdb.plug(number, 1);
    const startMs = systemClock.now();
    const start = systemClock.monotonicMs();
    await untilActive(rows, ifaceId(number));
    took.commitMs.push(systemClock.monotonicMs() - start);
    took.novaMs.push((await untilHeard(cloud, deviceOf(number))) - startMs);
  }
  return took;
}

async function untilActive(rows: NeutronRows, portId: string): Promise<void> {
  for (let found = 0; found === 0;)
    found = (await rows.run("select id from ports where id = ? and status = 'ACTIVE'", [portId])).length;
}

async function untilHeard({ openstack }: BenchCloud, serverId: string): Promise<number> {
  for (;;) {
    const heard = openstack.nova.heard.findLast((event) => event.server_uuid === serverId);
    if (heard !== undefined) return heard.at;
    await systemClock.sleep(1);
  }
}

function resultOf(runs: readonly Took[], options: ScenarioOptions, cloud: BenchCloud): Result {
  const { engine, db } = options;
  const figures = runs.map(({ commitMs, novaMs }) => ({ ...sharesOf(commitMs), nova: sharesOf(novaMs) }));
  const { medians, spreads, eachRun } = summarize(figures);
  const rowOf = (until: string, { p50Ms, p90Ms, p99Ms }: Spreads<Shares>): Row => ({
    until,
    p50: milliseconds(p50Ms),
    p90: milliseconds(p90Ms),
    p99: milliseconds(p99Ms),
  });
  const size = { engine, db, ports: PLUGS, chassis: 1, servers: 1, runs: runs.length };
  return {
    scenario: 'idle',
    figures: { ...size, ...medians, spreads, eachRun },
    versions: cloud.versions,
    bounds: boundsOf(medians, options),
    rows: [rowOf("the commit in Neutron's database", spreads), rowOf('Nova has heard', spreads.nova)],
  };
}

function boundsOf(
  { p50Ms, p99Ms, nova }: Shares & { readonly nova: Shares },
  options: ScenarioOptions,
): readonly Bound[] {
  if (!isUsual(options)) return [];
  return [atMost('p50Ms', p50Ms, 5), atMost('p99Ms', p99Ms, 20), atMost('nova.p99Ms', nova.p99Ms, 40)];
}
