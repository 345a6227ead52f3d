import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { systemRandom } from '../src/runtime/random.js';
import { startFakeCloud } from '../src/simulator/cloud/cloud.js';
import type { FakeCloud } from '../src/simulator/cloud/cloud.js';
import { eventually } from '../tests/support/eventually.js';
import { deviceOf } from '../tests/support/neutron-rows.js';
import type { NeutronRows } from '../tests/support/neutron-rows.js';
import { startProgram } from '../tests/support/process.js';
import { damage, WAYS_COUNT } from './damage.js';
import type { Damaged } from './damage.js';
import { describeMachine } from './machine.js';
import { openMillionCloud } from './million-cloud.js';
import type { MillionCloud } from './million-cloud.js';
import { runMeasured } from './run-measured.js';
import type { Result, Scenario } from './scenario.js';

const PORTS = 1_000_000;

/** Ports that are ACTIVE on chassis without agents. */
const SILENT = 10_000;

/** Rows a second, as is the default; and as fast as it goes. */
const RATE = 20_000;
const UNBOUNDED = 1_000_000;

/** Rows that are free at the beginning of each of the three passes. */
const FREE = 3 * 1000;

/** What the command may take at most. */
const MOST_RSS_MIB = 300;

/** Shows that `port-status reconcile` finds just what is damaged among a million ports, mends it, and touches nothing else. */
export const sweep: Scenario = {
  name: 'sweep',
  doc: `has port-status reconcile compare ${PORTS} ports, some of them damaged in ${WAYS_COUNT} ways`,
  run: async ({ seed, say }) => {
    await using opened = new Opened();
    say(`making ${PORTS + SILENT} ports`);
    const cloud = await openMillionCloud(opened);
    await cloud.fill({ ports: PORTS, silent: SILENT });
    const damaged = await damage(cloud, PORTS);
    const figures = await attend(cloud, damaged, say);
    return resultOf(figures, seed);
  },
};

async function attend(
  cloud: MillionCloud,
  damaged: readonly Damaged[],
  say: (line: string) => void,
): Promise<Figures> {
  const all = await pictureOf(cloud, []);
  const before = await pictureOf(cloud, damaged);
  say('looking');
  const look = await run(cloud, RATE, '--dry-run');
  const isDryRunDry = all === (await pictureOf(cloud, []));
  say('mending');
  const mending = await run(cloud, RATE);
  const isRestUntouched = before === (await pictureOf(cloud, damaged));
  say('telling Nova');
  await letServerTellNova(cloud, damaged);
  const again = await run(cloud, UNBOUNDED, '--dry-run');
  say('losing the northbound database');
  await cloud.loseNorthbound(PORTS);
  const mended = await pictureOf(cloud, []);
  const afterLoss = await run(cloud, UNBOUNDED);
  return {
    ports: PORTS,
    damaged: damaged.length,
    found: look.changes.length,
    isExact: isExactly(look, damaged),
    isDryRunDry,
    mended: mending.counts.mended,
    leftToServers: mending.counts.left,
    isRestUntouched,
    leftAfterMending: again.changes.length,
    silentPorts: look.counts.silent,
    changedAfterLoss: afterLoss.counts.mended + afterLoss.counts.left,
    isUntouchedAfterLoss: await isStill(cloud, mended),
    rate: RATE,
    isRateKept: isWithin(RATE, look) && isWithin(RATE, mending),
    rowsPerSecond: rateOf(look),
    mostRowsPerSecond: rateOf(again),
    peakRssMib: Math.max(...[look, mending, again, afterLoss].map(({ peakRssMib }) => peakRssMib)),
  };
}

interface Answer {
  readonly changes: readonly { readonly kind: string; readonly portId: string }[];
  readonly counts: {
    readonly mended: number;
    readonly left: number;
    readonly silent: number;
    readonly read: Readonly<Record<'records' | 'ledger' | 'ports', number>>;
  };
}

type Run = Answer & { readonly tookMs: number; readonly peakRssMib: number };

async function run(cloud: MillionCloud, rate: number, ...flags: readonly string[]): Promise<Run> {
  const words = ['reconcile', '--json', '--rate', String(rate), ...flagsFor(cloud), ...flags];
  const { stdout, stderr, tookMs, peakRssMib } = await runMeasured(words);
  if (stdout === '') throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Answer), tookMs, peakRssMib };
}

function flagsFor({ neutronUrl, northboundUrl }: MillionCloud): readonly string[] {
  const urls = ['--neutron-url', neutronUrl, '--northbound-url', northboundUrl];
  return [...urls, '--neutron-drivers', 'openvswitch', '--apply-mode', 'write', '--apply-chassis', '*'];
}

function isExactly({ changes }: Answer, damaged: readonly Damaged[]): boolean {
  const found = changes.map(({ kind, portId }) => `${portId} ${kind}`).sort();
  const planted = damaged.map(({ kind, portId }) => `${portId} ${kind}`).sort();
  return JSON.stringify(found) === JSON.stringify(planted);
}

/** In the time of a whole process, its start and end included. */
function rateOf({ counts, tookMs }: Run): number {
  return Math.round((rowsOf(counts) * 1000) / tookMs);
}

function isWithin(rate: number, { counts, tookMs }: Run): boolean {
  return rowsOf(counts) - FREE <= (rate * tookMs) / 1000;
}

function rowsOf({ read: { records, ledger, ports } }: Answer['counts']): number {
  return records + ledger + ports;
}

/** Whatever stands in the tables of the ports that are not damaged, and all northbound records, in a few bytes. */
async function pictureOf(cloud: MillionCloud, damaged: readonly Damaged[]): Promise<string> {
  const { rows } = cloud;
  const ids = ['', ...damaged.map(({ portId }) => portId)];
  const marks = ids.map(() => '?').join(', ');
  const sums = await Promise.all([
    sumsOf(
      rows,
      `neutron.ports t join neutron.standardattributes s on s.id = t.standard_attr_id
      join neutron.ml2_port_bindings b on b.port_id = t.id where t.id not in (${marks})`,
      't.id, t.status, t.admin_state_up, s.revision_number, s.updated_at, b.host, b.status',
      ids,
    ),
    sumsOf(
      rows,
      `neutron.provisioningblocks t join neutron.ports p on p.standard_attr_id = t.standard_attr_id
      where p.id not in (${marks})`,
      'p.id, t.entity',
      ids,
    ),
    sumsOf(rows, `port_status.reports t where t.port not in (${marks})`, await columnsOfReports(rows), ids),
  ]);
  return JSON.stringify([sums, await cloud.digestRecords(PORTS)]);
}

async function sumsOf(
  rows: NeutronRows,
  from: string,
  columns: string,
  ids: readonly string[],
): Promise<unknown> {
  return rows.run(
    `select count(*) as count, bit_xor(crc32(concat_ws('|', ${columns}))) as sum from ${from}`,
    ids,
  );
}

async function columnsOfReports(rows: NeutronRows): Promise<string> {
  const found = await rows.run(
    "select column_name as name from information_schema.columns where table_schema = 'port_status' and table_name = 'reports'",
  );
  return found.map(({ name }) => `ifnull(t.${String(name)}, '-')`).join(', ');
}

async function isStill(cloud: MillionCloud, picture: string): Promise<boolean> {
  return picture === (await pictureOf(cloud, []));
}

/** Starts a server, which tells Nova what it is owed and receives what was put back, until nothing is left. */
async function letServerTellNova(cloud: MillionCloud, damaged: readonly Damaged[]): Promise<void> {
  await using opened = new Opened();
  const openstack = await startFakeCloud({ clock: systemClock, random: systemRandom });
  opened.add({ close: () => openstack.dispose() });
  for (const { number } of damaged) openstack.nova.addServer(deviceOf(number));
  await cloud.leave();
  const server = startProgram([
    'server',
    ...flagsFor(cloud),
    ...novaFlags(openstack),
    '--http-listen',
    'off',
  ]);
  opened.add({ close: () => server.stop() });
  const left =
    'select count(*) as count from port_status.reports where owed_no > told_no or (revision = 1 and port in (?))';
  const lost = damaged.filter(({ kind }) => kind === 'lost-entry').map(({ portId }) => portId);
  await eventually(async () => {
    const marks = lost.map(() => '?').join(', ');
    const [row] = await cloud.rows.run(left.replace('?', marks), lost);
    if (row?.['count'] !== 0) throw new Error(`${String(row?.['count'])} are left to the server`);
  }, 120_000);
}

function novaFlags({ options }: FakeCloud): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) => [
    `--nova-${name.replaceAll('_', '-')}`,
    String(value),
  ]);
}

interface Figures {
  readonly ports: number;
  readonly damaged: number;
  readonly found: number;
  readonly isExact: boolean;
  readonly isDryRunDry: boolean;
  readonly mended: number;
  /** Words to Nova. */
  readonly leftToServers: number;
  readonly isRestUntouched: boolean;
  /** After a server has told Nova. */
  readonly leftAfterMending: number;
  readonly silentPorts: number;
  readonly changedAfterLoss: number;
  readonly isUntouchedAfterLoss: boolean;
  readonly rate: number;
  readonly isRateKept: boolean;
  readonly rowsPerSecond: number;
  /** Without a bound. */
  readonly mostRowsPerSecond: number;
  readonly peakRssMib: number;
}

function resultOf(figures: Figures, seed: number): Result {
  const rows = Object.entries(figures).map(([figure, value]) => ({ figure, value: String(value) }));
  const verdict = isKept(figures) ? 'kept' : 'failed';
  return { scenario: 'sweep', seed, machine: describeMachine(), figures, rows, verdict };
}

function isKept(figures: Figures): boolean {
  const { isExact, isDryRunDry, isRestUntouched, isUntouchedAfterLoss, isRateKept } = figures;
  const { damaged, mended, leftToServers, leftAfterMending, changedAfterLoss, silentPorts } = figures;
  const { peakRssMib } = figures;
  return (
    [isExact, isDryRunDry, isRestUntouched, isUntouchedAfterLoss, isRateKept].every(Boolean) &&
    mended + leftToServers === damaged &&
    leftAfterMending === 0 &&
    changedAfterLoss === 0 &&
    silentPorts === SILENT &&
    peakRssMib < MOST_RSS_MIB
  );
}
