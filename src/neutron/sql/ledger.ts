import { sql } from 'kysely';
import type { Debt } from '../../domain/debt.js';
import type { Reason, Verdict } from '../../domain/judge.js';
import { keyOf } from '../../domain/report.js';
import type { ReportedStatus, ReportKey } from '../../domain/report.js';
import type { Moment } from '../../domain/revision.js';
import type { LedgerPage } from '../neutron.js';
import type { Db, SqlDialect, SqlStore, Values } from './dialect.js';
import { chunksOf, keysIn } from './keys.js';
import { change, question } from './statements.js';
import type { Sql, Statement } from './statement.js';
import { query } from './transaction.js';

/**
 * One row of the ledger: the newest report of one port by one chassis, whatever the verdict, what came of it, and what
 * Nova is owed and was told. Times are milliseconds since 1970 by the Neutron database's clock.
 */
export interface LedgerRow extends ReportKey, Moment, Debt {
  readonly status: ReportedStatus;
  readonly attachment: string;
  readonly instance?: string | undefined;
  /** By the chassis' clock. */
  readonly observedAt: number;
  /** The report's Sighting as JSON. */
  readonly seen?: string | undefined;
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly mode: 'write' | 'observe';
  /** What was written at the last change, or would be in observe mode: words of `DELETE-L2 INSERT-L2 ACTIVE DOWN ERROR`. */
  readonly effects: string;
  /** Provisioning blocks left after the judgement, by comma. */
  readonly blocks: string;
  readonly neutronStatus?: string | undefined;
  readonly server: string;
  readonly judgedAt: number;
  /** When Neutron's rows were changed for this report last. */
  readonly appliedAt?: number | undefined;
  /** Whether the L2 block that stands is one that we inserted. */
  readonly hasOurBlock: boolean;
  readonly lookAt?: number | undefined;
  /** The Nova server that the newest word is for. */
  readonly serverId?: string | undefined;
  readonly owedAt?: number | undefined;
  readonly attempts: number;
  /** When the debt is to be settled; absent while nothing is owed. */
  readonly settleAt?: number | undefined;
  /** The word that was claimed last, by its number: somebody may be saying it while it is above `toldNo`. */
  readonly claimedNo: number;
  /** The registration in which it was claimed. */
  readonly claimGeneration: string;
  readonly claimNonce: string;
  /** When Nova heard the word that was claimed last, where the row as it is stored does not say that it did: calls.ts. */
  readonly heardAt?: number | undefined;
  /** What became of earlier reports (domain/history.ts). Absent where it was not read: such a row is not to be written. */
  readonly history?: string | undefined;
}

/** The columns that a judgement writes, each with its field; what was told in which words is written with an answer (answers.ts), or afterwards where Nova heard a call (calls.ts). */
const COLUMNS = {
  port: 'portId',
  chassis: 'chassis',
  epoch: 'epoch',
  revision: 'revision',
  status: 'status',
  attachment: 'attachment',
  instance: 'instance',
  observed_at: 'observedAt',
  seen: 'seen',
  verdict: 'verdict',
  reason: 'reason',
  mode: 'mode',
  effects: 'effects',
  blocks: 'blocks',
  neutron_status: 'neutronStatus',
  server: 'server',
  judged_at: 'judgedAt',
  applied_at: 'appliedAt',
  has_our_block: 'hasOurBlock',
  look_at: 'lookAt',
  server_id: 'serverId',
  owed_no: 'owedNo',
  told_no: 'toldNo',
  word: 'word',
  owed_attachment: 'owedAttachment',
  owed_at: 'owedAt',
  attempts: 'attempts',
  settle_at: 'settleAt',
  claimed_no: 'claimedNo',
  claim_generation: 'claimGeneration',
  claim_nonce: 'claimNonce',
  history: 'history',
} as const satisfies Readonly<Record<string, keyof LedgerRow>>;

const NAMES = Object.keys(COLUMNS);
/** The history is longer than all else, and of use to nobody but who goes on with it: whoever locks the row. */
const ALL_BUT_HISTORY = sql.join(NAMES.filter((name) => name !== 'history').map((name) => sql.ref(name)));
const ALL = sql`${ALL_BUT_HISTORY}, coalesce(history, '') as history`;

type Row = Readonly<Record<string, string | number | null>>;

/** The ledger's rows of these keys, by `keyOf`. With `lock` they are locked for writing, and have their histories. */
export function readLedger(
  dialect: SqlDialect,
  keys: readonly ReportKey[],
  { lock }: { readonly lock: boolean },
): Statement<ReadonlyMap<string, LedgerRow>> {
  const text = sql`
    select ${lock ? ALL : ALL_BUT_HISTORY} from ${dialect.ledger('reports')} ${dialect.by('primary')}
    where port ${dialect.among(portsOf(keys))} order by port, chassis ${lock ? dialect.forUpdate : sql``}`;
  return question(text, (rows: readonly Row[]) => byKey(rows.map(toLedgerRow)));
}

/** The next rows of the ledger in the order of its primary key. */
export async function readLedgerPage(
  db: Db,
  dialect: SqlDialect,
  { after, until, chassis, limit }: LedgerPage,
): Promise<readonly LedgerRow[]> {
  const isBefore = until === undefined ? sql`1 = 1` : sql`port <= ${until}`;
  const { rows } = await sql<Row>`
    select ${ALL_BUT_HISTORY} from ${dialect.ledger('reports')}
    where ${isBehind(after, chassis)} and ${isBefore}
    order by port, chassis limit ${limit}`.execute(db);
  return rows.map(toLedgerRow);
}

/** Of one chassis by the key on `chassis`, of all by the primary key. */
function isBehind({ portId, chassis }: ReportKey = FIRST, only?: string): Sql {
  if (only === undefined) return sql`(port > ${portId} or (port = ${portId} and chassis > ${chassis}))`;
  return only > chassis
    ? sql`chassis = ${only} and port >= ${portId}`
    : sql`chassis = ${only} and port > ${portId}`;
}

const FIRST: ReportKey = { portId: '', chassis: '' };

/** How new the ledger's rows of these keys are, by `keyOf`. */
export async function readMoments(
  db: Db,
  dialect: SqlDialect,
  keys: readonly ReportKey[],
): Promise<ReadonlyMap<string, Moment>> {
  const { rows } = await sql<ReportKey & Moment>`
    select port as ${sql.ref('portId')}, chassis, epoch, revision from ${dialect.ledger('reports')} ${dialect.by('primary')}
    where port ${dialect.among(portsOf(keys))}`.execute(db);
  return byKey(rows);
}

function portsOf(keys: readonly ReportKey[]): readonly string[] {
  return [...new Set(keys.map(({ portId }) => portId))].sort();
}

export function byKey<T extends ReportKey>(rows: readonly T[]): ReadonlyMap<string, T> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}

/**
 * Whether there is any row that one of these would select. Asked before the transaction that takes them: what polls every second, in each server,
 * takes no lock while there is nothing to take.
 */
export async function isAnyRow(store: SqlStore, wanted: readonly Sql[]): Promise<boolean> {
  const { rows } = await query(store, (db) => sql`${sql.join(wanted, sql` union all `)} limit 1`.execute(db));
  return rows.length > 0;
}

/**
 * Writes rows that were read under lock, and new ones. A new row that another transaction inserted meanwhile is a
 * conflict: the whole transaction is repeated and reads it.
 */
export function writeLedger(
  dialect: SqlDialect,
  rows: readonly LedgerRow[],
  known: ReadonlyMap<string, LedgerRow>,
): readonly Statement<void>[] {
  const fresh = rows.filter((row) => !known.has(keyOf(row)));
  const old = rows.filter((row) => known.has(keyOf(row)));
  const asJudged = old.filter(({ heardAt }) => heardAt === undefined);
  const asHeard = old.filter(({ heardAt }) => heardAt !== undefined);
  return [
    ...insertRows(dialect, fresh, JUDGED, sql``),
    ...insertRows(dialect, asJudged, JUDGED, overwriteRows(dialect, JUDGED)),
    ...insertRows(dialect, asHeard, JUDGED_AND_HEARD, overwriteRows(dialect, JUDGED_AND_HEARD)),
  ];
}

/** What is written of a row. */
interface Written {
  readonly names: readonly string[];
  readonly valuesOf: (row: LedgerRow) => Values;
}

function insertRows(
  dialect: SqlDialect,
  rows: readonly LedgerRow[],
  { names, valuesOf }: Written,
  whereKnown: Sql,
): readonly Statement<void>[] {
  const table = dialect.ledger('reports');
  const head = sql`insert into ${table} (${sql.raw(names.join(', '))})`;
  return chunksOf(rows).map((chunk) =>
    change(sql`${head} ${dialect.values(table, names, chunk.map(valuesOf))} ${whereKnown}`),
  );
}

function overwriteRows(dialect: SqlDialect, { names }: Written): Sql {
  return dialect.overwrite(names.slice(2), 'port, chassis');
}

/** Removes rows. */
export function forget(dialect: SqlDialect, keys: readonly ReportKey[]): readonly Statement<void>[] {
  return chunksOf(keys).map((chunk) =>
    change(sql`delete from ${dialect.ledger('reports')} where ${keysIn(dialect, chunk)}`),
  );
}

const FIELDS = Object.values(COLUMNS);

const JUDGED: Written = { names: NAMES, valuesOf: (row) => FIELDS.map((field) => toColumn(row[field])) };

/** What Nova has heard of words that are told in one call. */
export const HEARD = { word: 'plugged', result: 'told' } as const;

/** A row whose word Nova has heard, which the row does not say yet. */
const JUDGED_AND_HEARD: Written = {
  names: [...NAMES, 'told_plugged', 'told_word', 'told_result', 'told_code', 'told_detail', 'told_at'],
  valuesOf: (row) => [
    ...JUDGED.valuesOf(row),
    1,
    HEARD.word,
    HEARD.result,
    null,
    null,
    toColumn(row.heardAt),
  ],
};

function toColumn(value: string | number | boolean | undefined): string | number | null {
  return typeof value === 'boolean' ? Number(value) : (value ?? null);
}

function toLedgerRow(row: Row): LedgerRow {
  const fields = Object.entries(COLUMNS).map(([column, field]) => [field, row[column] ?? undefined] as const);
  return { ...Object.fromEntries(fields), hasOurBlock: row['has_our_block'] === 1 } as unknown as LedgerRow;
}
