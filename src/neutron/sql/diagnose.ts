import { sql } from 'kysely';
import { hasCode } from '../../domain/errors.js';
import type { Word } from '../../domain/debt.js';
import type { Reason } from '../../domain/judge.js';
import { OLD_DEBT_MS } from '../diagnosis.js';
import type { Diagnosis, MisplacedReports, NeutronAgent, OldDebts, StoredState } from '../diagnosis.js';
import { isOwed } from './debts.js';
import type { Db, SqlDialect } from './dialect.js';
import { AGENT_DOWN_MS, field } from './facts.js';
import { isPaused } from './flags.js';
import { inspectLayout } from './layout.js';
import { countQuarantined } from './quarantine.js';
import { query } from './transaction.js';
import type { Transactor } from './transaction.js';

/**
 * Looks at everything in turn, outside of a transaction: the parts may be of different moments, and nobody waits for us.
 * It reads the whole ledger and the bindings; an operator calls it, no loop does.
 *
 * @throws {PortStatusError} UNAVAILABLE, or RIGHTS where the database does not let us in.
 */
export async function diagnose(
  store: Transactor,
  options: { readonly willWrite: boolean },
): Promise<Diagnosis> {
  const layout = await query(store, () => inspectLayout(store, options));
  const clockAheadMs = await measureClock(store);
  return { layout, clockAheadMs, state: await readState(store) };
}

/** Half the way there and back is taken for the moment at which the database looked at its clock. */
async function measureClock(store: Transactor): Promise<number> {
  const { clock, dialect } = store;
  const before = clock.now();
  const { rows } = await query(store, (db) =>
    sql<{ now: number }>`select ${dialect.now()} as now`.execute(db),
  );
  return (rows[0]?.now ?? before) - (before + clock.now()) / 2;
}

/** Undefined where a table, a column or a right is missing: the layout's findings name it. */
async function readState(store: Transactor): Promise<StoredState | undefined> {
  const { db, dialect } = store;
  try {
    return await query(store, async () => ({
      isPaused: await isPaused(store),
      quarantined: await countQuarantined(store),
      hosts: await readHosts(db),
      agents: await readAgents(db, dialect),
      misplaced: await readMisplaced(db, dialect),
      delegated: await readDelegated(db, dialect),
      oldDebts: await readOldDebts(db, dialect),
      clocksAhead: await readClocksAhead(db, dialect),
    }));
  } catch (error) {
    if (hasCode(error, 'LAYOUT', 'RIGHTS')) return undefined;
    throw error;
  }
}

async function readHosts(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ host: string }>`
    select distinct host from ml2_port_bindings where host <> '' order by host`.execute(db);
  return rows.map(({ host }) => host);
}

async function readAgents(db: Db, dialect: SqlDialect): Promise<readonly NeutronAgent[]> {
  const { rows } = await sql<{ host: string; type: string; silent: number; configurations: string }>`
    select host, agent_type as type, ${dialect.ageMs('heartbeat_timestamp')} as silent, configurations
    from agents order by host, agent_type`.execute(db);
  return rows.map(({ host, type, silent, configurations }) => ({
    host,
    type,
    silentMs: silent,
    isAlive: silent < AGENT_DOWN_MS,
    hasL2population: field(configurations, 'l2_population') === true,
  }));
}

async function readMisplaced(db: Db, dialect: SqlDialect): Promise<readonly MisplacedReports[]> {
  const { rows } = await sql<{ chassis: string; ports: number; example: string; bound_to: string | null }>`
    select m.chassis, m.ports, m.example, b.host as bound_to
    from (select chassis, count(*) as ports, min(port) as example from ${dialect.ledger('reports')}
          where verdict = 'misplaced' group by chassis) m
    left join ml2_port_bindings b on b.port_id = m.example and b.status = 'ACTIVE'
    order by m.ports desc, m.chassis`.execute(db);
  return rows.map(({ chassis, ports, example, bound_to }) => ({
    chassis,
    ports,
    example: { portId: example, boundTo: bound_to ?? undefined },
  }));
}

async function readDelegated(db: Db, dialect: SqlDialect): Promise<StoredState['delegated']> {
  const { rows } = await sql<{ reason: Reason; ports: number }>`
    select reason, count(*) as ports from ${dialect.ledger('reports')}
    where verdict = 'delegated' group by reason order by reason`.execute(db);
  return rows.map(({ reason, ports }) => ({ reason, ports }));
}

async function readOldDebts(db: Db, dialect: SqlDialect): Promise<OldDebts> {
  const isOld = sql`${isOwed(dialect)} and owed_at < ${dialect.now()} - ${OLD_DEBT_MS}`;
  const table = dialect.ledger('reports');
  const counted = await sql<{ count: number }>`select count(*) as count from ${table} where ${isOld}`.execute(
    db,
  );
  const { rows } = await sql<DebtRow>`
    select port, chassis, word, ${dialect.now()} - owed_at as age, told_result, told_code, told_detail, attempts
    from ${table} where ${isOld} order by owed_at limit 1`.execute(db);
  return { count: counted.rows[0]?.count ?? 0, oldest: rows.map(toOldDebt)[0] };
}

interface DebtRow {
  readonly port: string;
  readonly chassis: string;
  readonly word: Word;
  readonly age: number;
  readonly told_result: string | null;
  readonly told_code: number | null;
  readonly told_detail: string | null;
  readonly attempts: number;
}

function toOldDebt(row: DebtRow): NonNullable<OldDebts['oldest']> {
  const { port: portId, chassis, word, age } = row;
  return { portId, chassis, word, ageMs: age, lastResult: describeResult(row) };
}

/** Results of earlier words stay in the row: they count only where this word was tried. */
function describeResult({ attempts, told_result, told_code, told_detail }: DebtRow): string | undefined {
  if (attempts === 0 || told_result === null) return undefined;
  return [told_result, told_code, told_detail].filter((part) => part !== null).join(', ');
}

async function readClocksAhead(db: Db, dialect: SqlDialect): Promise<StoredState['clocksAhead']> {
  const { rows } = await sql<{ chassis: string; ahead: number }>`
    select chassis, max(observed_at - judged_at) as ahead from ${dialect.ledger('reports')}
    group by chassis order by chassis`.execute(db);
  return rows.map(({ chassis, ahead }) => ({ chassis, aheadMs: ahead })).filter(({ aheadMs }) => aheadMs > 0);
}
