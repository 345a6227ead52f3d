import { sql } from 'kysely';
import { lookIntervalMs } from '../../domain/look.js';
import { activeBinding } from '../../domain/neutron-port.js';
import { keyOf } from '../../domain/report.js';
import type { ReportKey } from '../../domain/report.js';
import type { ComparedPage, Judging, LedgerPage, PortPage, SweptPage } from '../neutron.js';
import { findNews } from './apply.js';
import { withHeard } from './calls.js';
import type { Db, SqlDialect } from './dialect.js';
import { readPorts, readTargets } from './facts.js';
import { describe } from './judge-cases.js';
import type { Known } from './judge-cases.js';
import { inChunks, keysIn } from './keys.js';
import { byKey, isAnyRow, readLedger, readLedgerPage } from './ledger.js';
import { judge } from '../../domain/judge.js';
import { carryOut } from './statements.js';
import { query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

/** Takes rows that are due; servers that ask at the same time get different ones. */
export async function takeDue(
  store: Transactor,
  limit: number,
  everyMs: number,
): Promise<readonly ReportKey[]> {
  const { dialect } = store;
  const isDue = sql`look_at <= ${dialect.now()}`;
  const table = dialect.ledger('reports');
  if (!(await isAnyRow(store, [sql`select 1 as one from ${table} where ${isDue}`]))) return [];
  return transact(store, [], async (db) => {
    const { rows } = await sql<{ portId: string; chassis: string }>`
      select port as ${sql.ref('portId')}, chassis from ${table}
      where ${isDue} order by look_at limit ${limit} ${dialect.skipLocked}`.execute(db);
    await inChunks(rows, (chunk) => postpone(db, dialect, chunk, everyMs));
    return rows;
  });
}

async function postpone(
  db: Db,
  dialect: SqlDialect,
  keys: readonly ReportKey[],
  everyMs: number,
): Promise<void> {
  const targets = await readTargets(db, dialect, keys);
  for (const isTarget of [true, false]) {
    const those = keys.filter((key) => targets.has(keyOf(key)) === isTarget);
    if (those.length === 0) continue;
    const lookAt = sql`${dialect.now()} + ${lookIntervalMs(isTarget, everyMs)}`;
    await sql`update ${dialect.ledger('reports')} ${dialect.by('primary')} set look_at = ${lookAt} where ${keysIn(dialect, those)}`.execute(
      db,
    );
  }
}

/** One page of the ledger, and which of its rows no longer agree with Neutron. */
export async function sweepLedger(store: Transactor, page: LedgerPage, judging: Judging): Promise<SweptPage> {
  const { dialect } = store;
  return query(store, async (db) => {
    const ledger = await withHeard(db, dialect, byKey(await readLedgerPage(db, dialect, page)));
    const rows = [...ledger.values()];
    const known = { ledger, epochs: new Map<string, number>() };
    return { rows, disagreeing: await findNews(db, dialect, rows, known, judging) };
  });
}

/** Neutron's ports, each beside what its bound chassis says. Changes nothing. */
export async function comparePorts(
  store: Transactor,
  wanted: PortPage | readonly string[],
  judging: Judging,
): Promise<ComparedPage> {
  return query(store, async (db) => {
    const ids = 'limit' in wanted ? await readPortPage(db, wanted) : wanted;
    if (ids.length === 0) return { ports: [] };
    const ports = await readPorts(db, store.dialect, ids);
    const keys = ids.map((portId) => ({ portId, chassis: '' }));
    const ledger = await carryOut(db, readLedger(store.dialect, keys, { lock: false }));
    return { ports: [...ports.values()].map((port) => compareOne(port, ledger, judging)), last: ids.at(-1) };
  });
}

async function readPortPage(db: Db, { after = '', limit }: PortPage): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from ports where id > ${after} order by id limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

function compareOne(
  port: Parameters<typeof activeBinding>[0],
  ledger: Known['ledger'],
  judging: Judging,
): ComparedPage['ports'][number] {
  const host = activeBinding(port)?.host;
  const row = host === undefined ? undefined : ledger.get(keyOf({ portId: port.portId, chassis: host }));
  const common = { portId: port.portId, host, neutronStatus: port.status };
  if (row === undefined) return common;
  const { verdict, reason, effects } = judge(row, port, judging.policy);
  return { ...common, reported: row.status, verdict, reason, wouldWrite: describe(effects) };
}
