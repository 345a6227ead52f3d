import type { ReportKey } from '../src/domain/report.js';
import type { Judging, Neutron } from '../src/neutron/neutron.js';
import { openDatabase } from '../src/neutron/open.js';
import { migrate } from '../src/neutron/sql/migrations.js';
import { createNeutron } from '../src/neutron/sql/store.js';
import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { seededRandom } from '../src/runtime/random.js';
import { connectionOf, loadNeutron, startMariadb } from '../tests/support/mariadb.js';
import type { NeutronRows } from '../tests/support/neutron-rows.js';
import { plantNetwork, plantPort, portIdOf } from '../tests/support/neutron-rows.js';
import { describeMachine } from './machine.js';
import { cloneFirstPort } from './million-ports.js';
import type { Result, Scenario } from './scenario.js';

const PORTS = 1_000_000;
const PAGE = 1000;

/** How many ports are damaged in each way. */
const PER_WAY = 100;

/** What a sweep may take at most. */
const MOST_RSS_MIB = 300;

const JUDGING: Judging = {
  server: 'bench',
  policy: { drivers: new Set(['openvswitch']), buildGraceMs: 10_000 },
  mayWrite: () => true,
  lookEveryMs: 5000,
  incarnation: 'bench',
  epoch: 1,
};

/** Damages the ports of these ids; `(?)` stands for them. */
const WAYS: Readonly<Record<string, readonly string[]>> = {
  'DOWN, and its chassis says ACTIVE': ["update neutron.ports set status = 'DOWN' where id in (?)"],
  'blocked by L2, and its chassis says ACTIVE': [
    "update neutron.ports set status = 'DOWN' where id in (?)",
    "insert into neutron.provisioningblocks select standard_attr_id, 'L2' from neutron.ports where id in (?)",
  ],
  'left in BUILD': ["update neutron.ports set status = 'BUILD' where id in (?)"],
  'ACTIVE, and its chassis says DOWN': ["update port_status.reports set status = 'DOWN' where port in (?)"],
  deleted: [
    'delete from neutron.standardattributes where id in (select standard_attr_id from neutron.ports where id in (?))',
  ],
};

/** Shows that the sweep finds just what is damaged among a million ports, mends it, and touches nothing else. */
export const sweep: Scenario = {
  name: 'sweep',
  doc: `compares ${PORTS} ports with the ledger, some of them damaged in ${Object.keys(WAYS).length} ways`,
  run: async ({ seed, say }) => {
    await using opened = new Opened();
    const { neutron, rows } = await openCloud(opened);
    say(`making ${PORTS} ports`);
    await makePorts(neutron, rows);
    const damaged = await damage(rows);
    const before = await fingerprint(rows, damaged);
    say('looking');
    const look = await lookAtAll(neutron);
    say('mending');
    await neutron.judge(look.disagreeing, JUDGING);
    const again = await lookAtAll(neutron);
    const after = await fingerprint(rows, damaged);
    const found = look.disagreeing.map(({ portId }) => portId).sort();
    const figures = {
      ports: PORTS,
      damaged: damaged.length,
      found: found.length,
      isExact: JSON.stringify(found) === JSON.stringify([...damaged].sort()),
      leftAfterMending: again.disagreeing.length,
      isRestUntouched: before === after,
      rowsPerSecond: Math.round((PORTS * 1000) / look.tookMs),
      peakRssMib: Math.round(process.resourceUsage().maxRSS / 1024),
    };
    return resultOf(figures, seed);
  },
};

async function openCloud(opened: Opened): Promise<{ readonly neutron: Neutron; readonly rows: NeutronRows }> {
  const server = await startMariadb(['--innodb-buffer-pool-size=2G', '--innodb-flush-log-at-trx-commit=2']);
  opened.add({ close: () => server.dispose() });
  const admin = await server.admin();
  await loadNeutron(admin);
  const rows = connectionOf(admin);
  opened.add({ close: () => rows.end() });
  await plantNetwork(rows);
  const store = openDatabase(server.url(), 'port_status', systemClock);
  await migrate(store, 'port_status');
  const neutron = createNeutron(store, { clock: systemClock, random: seededRandom(1) });
  opened.add({ close: () => neutron.close() });
  return { neutron, rows };
}

/** The first is judged ACTIVE as a report has it judged; the others are as it is. */
async function makePorts(neutron: Neutron, rows: NeutronRows): Promise<void> {
  await plantPort(rows, 1, { id: portIdOf(1) });
  const key = { portId: portIdOf(1), chassis: 'cn1' };
  const report = { ...key, status: 'ACTIVE', attachment: 'row', revision: 1, observedAt: 1 } as const;
  await neutron.judge([{ ...key, arrival: { report, incarnation: JUDGING.incarnation } }], JUDGING);
  await rows.run("update neutron.standardattributes set updated_at = '2026-01-01 00:00:00'");
  await rows.run('update port_status.reports set told_no = owed_no, settle_at = null, look_at = null');
  await cloneFirstPort(rows, PORTS);
}

/** @returns the ports that are damaged. */
async function damage(rows: NeutronRows): Promise<readonly string[]> {
  const ways = Object.values(WAYS);
  const all: string[] = [];
  const step = Math.floor(PORTS / (ways.length * PER_WAY));
  for (const [way, statements] of ways.entries()) {
    const numbers = Array.from({ length: PER_WAY }, (_, index) => 2 + (index * ways.length + way) * step);
    const ids = numbers.map(portIdOf);
    for (const statement of statements)
      await rows.run(statement.replace('(?)', `(${ids.map(() => '?').join(', ')})`), ids);
    all.push(...ids);
  }
  return all;
}

async function lookAtAll(
  neutron: Neutron,
): Promise<{ readonly disagreeing: readonly ReportKey[]; readonly tookMs: number }> {
  const startMs = systemClock.monotonicMs();
  const disagreeing: ReportKey[] = [];
  for (let after: ReportKey | undefined, more = true; more;) {
    const page = await neutron.sweep({ after, limit: PAGE }, JUDGING);
    disagreeing.push(...page.disagreeing);
    after = page.rows.at(-1);
    more = page.rows.length === PAGE;
  }
  return { disagreeing, tookMs: systemClock.monotonicMs() - startMs };
}

/** Whatever stands in the tables of the ports that are not damaged. */
async function fingerprint(rows: NeutronRows, damaged: readonly string[]): Promise<string> {
  const marks = damaged.map(() => '?').join(', ');
  const [row] = await rows.run(
    `select count(*) as ports, bit_xor(crc32(concat_ws('|', p.id, p.status, p.admin_state_up, s.revision_number, s.updated_at,
       b.host, b.status, r.status, r.revision, r.verdict, r.owed_no, r.told_no, r.look_at))) as sums,
       (select count(*) from neutron.provisioningblocks k join neutron.ports o on o.standard_attr_id = k.standard_attr_id
         where o.id not in (${marks})) as blocks
     from neutron.ports p join neutron.standardattributes s on s.id = p.standard_attr_id
     join neutron.ml2_port_bindings b on b.port_id = p.id join port_status.reports r on r.port = p.id
     where p.id not in (${marks})`,
    [...damaged, ...damaged],
  );
  return JSON.stringify(row);
}

interface SweepFigures {
  readonly ports: number;
  readonly damaged: number;
  readonly found: number;
  readonly isExact: boolean;
  readonly leftAfterMending: number;
  readonly isRestUntouched: boolean;
  readonly rowsPerSecond: number;
  readonly peakRssMib: number;
}

function resultOf(figures: SweepFigures, seed: number): Result {
  const { isExact, leftAfterMending, isRestUntouched, peakRssMib } = figures;
  const isKept = isExact && leftAfterMending === 0 && isRestUntouched && peakRssMib < MOST_RSS_MIB;
  const rows = Object.entries(figures).map(([figure, value]) => ({ figure, value: String(value) }));
  const verdict = isKept ? 'kept' : 'failed';
  return { scenario: 'sweep', seed, machine: describeMachine(), figures, rows, verdict };
}
