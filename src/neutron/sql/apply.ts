import { sql } from 'kysely';
import type { Effects } from '../../domain/judge.js';
import { L2_BLOCK } from '../../domain/neutron-port.js';
import type { NeutronPort } from '../../domain/neutron-port.js';
import { keyOf } from '../../domain/report.js';
import type { ReportKey } from '../../domain/report.js';
import type { Case, EarlyClaimant, Foreseen, Judged, Judging } from '../neutron.js';
import { claimNew } from './debts.js';
import type { Db, SqlDialect } from './dialect.js';
import { lockPorts, NOTHING_LOCKED, readPorts } from './facts.js';
import type { LockedPorts } from './facts.js';
import { readFlags } from './flags.js';
import { enterIncarnation, readEpochsBeside } from './incarnations.js';
import { decide, decideAll, isNews, isOld } from './judge-cases.js';
import type { Decision, Known } from './judge-cases.js';
import { inChunks } from './keys.js';
import { forget, readLedger, readMoments, writeLedger } from './ledger.js';
import { Conflict, query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

/**
 * Judges reports and carries the verdicts out in one transaction: lock, read, judge, write, commit.
 *
 * Only ports of chassis that may be written are locked; where nothing may be written Neutron's rows are only read.
 */
export async function judgeAndWrite(
  store: Transactor,
  cases: readonly Case[],
  judging: Judging,
  claimant?: EarlyClaimant,
): Promise<Judged> {
  if (cases.length === 0) return { kind: 'committed', outcomes: [], claimed: [] };
  return transact(store, async (db) => {
    const flags = await readFlags(db, store.dialect, incarnationsOf(cases));
    if (flags.isPaused) return { kind: 'paused' };
    const locked = await lockWritable(db, store.dialect, cases, judging);
    const known = await readKnown(db, store.dialect, cases, judging, { ...flags, locked });
    const decisions = decideAll(cases, known, judging);
    await writeEffects(db, store.dialect, decisions);
    const rows = decisions.flatMap(({ row, forget }) => (row === undefined || forget ? [] : [row]));
    const { left, claimed } = claimNew(rows, known.ledger, claimant);
    await writeLedger(db, store.dialect, left, known.ledger);
    await forgetGone(db, store.dialect, decisions, known);
    return { kind: 'committed', outcomes: decisions.map(({ outcome }) => outcome), claimed };
  });
}

/**
 * Of these cases, those that would change anything. Mostly none does, so first it is asked how new the ledger is, then
 * for its rows and Neutron's of what that leaves open.
 */
export async function previewCases(
  store: Transactor,
  cases: readonly Case[],
  judging: Judging,
): Promise<readonly Case[]> {
  const { dialect } = store;
  return query(store, async (db) => {
    const epochs = await readEpochsBeside(db, dialect, incarnationsOf(cases), judging);
    const open = await findOpen(db, dialect, cases, epochs);
    if (open.length === 0) return [];
    const ledger = await readLedger(db, dialect, open, { lock: false });
    return findNews(db, dialect, open, { ledger, epochs }, judging);
  });
}

/** Reports that arrive and are newer than the ledger, and all that did not arrive. */
async function findOpen(
  db: Db,
  dialect: SqlDialect,
  cases: readonly Case[],
  epochs: Known['epochs'],
): Promise<readonly Case[]> {
  const arrivals = cases.filter(({ arrival }) => arrival !== undefined);
  if (arrivals.length === 0) return cases;
  const ledger = await readMoments(db, dialect, arrivals);
  return cases.filter((one) => !isOld(one, { ledger, epochs }));
}

/** Of these cases, those that would change anything, by what the ledger holds and Neutron's rows. */
export async function findNews(
  db: Db,
  dialect: SqlDialect,
  cases: readonly Case[],
  { ledger, epochs }: Pick<Known, 'ledger' | 'epochs'>,
  judging: Judging,
): Promise<readonly Case[]> {
  const ports = await readPorts(db, dialect, portIdsOf(cases));
  const known: Known = { now: 0, ports, ledger, epochs };
  return cases.filter((one) => wouldChange(one, known, judging));
}

/** What judging these cases would do, by what the ledger holds and Neutron's rows. */
export async function foresee(
  store: Transactor,
  cases: readonly Case[],
  judging: Judging,
): Promise<readonly Foreseen[]> {
  if (cases.length === 0) return [];
  const { dialect } = store;
  return query(store, async (db) => {
    const ledger = await readLedger(db, dialect, cases, { lock: false });
    const ports = await readPorts(db, dialect, portIdsOf(cases));
    const known: Known = {
      now: 0,
      ports,
      ledger,
      epochs: await readEpochsBeside(db, dialect, incarnationsOf(cases), judging),
    };
    return cases.flatMap((one) => foreseeOne(one, known, judging) ?? []);
  });
}

function foreseeOne(one: Case, known: Known, judging: Judging): Foreseen | undefined {
  const stored = known.ledger.get(keyOf(one));
  const reported = one.arrival?.report.status ?? stored?.status;
  const decision = decide(one, known, judging);
  if (decision === undefined || reported === undefined) return undefined;
  const { outcome, port, row } = decision;
  const wouldWrite = judging.mayWrite(one.chassis) ? outcome.effects : (row?.effects ?? '');
  return {
    one,
    verdict: outcome.verdict,
    reason: outcome.reason,
    reported,
    neutronStatus: port?.status,
    wouldWrite,
    wouldOwe: outcome.owes,
    isNews: isNews(decision, stored),
  };
}

function wouldChange(one: Case, known: Known, judging: Judging): boolean {
  const decision = decide(one, known, judging);
  return decision !== undefined && isNews(decision, known.ledger.get(keyOf(one)));
}

async function lockWritable(
  db: Db,
  dialect: SqlDialect,
  cases: readonly Case[],
  judging: Judging,
): Promise<LockedPorts> {
  const writable = cases.filter(({ chassis }) => judging.mayWrite(chassis));
  return writable.length === 0 || !dialect.locksRows
    ? NOTHING_LOCKED
    : lockPorts(db, dialect, portIdsOf(writable));
}

async function readKnown(
  db: Db,
  dialect: SqlDialect,
  cases: readonly Case[],
  judging: Judging,
  { now, epochs, locked }: Pick<Known, 'now' | 'epochs'> & { readonly locked: LockedPorts },
): Promise<Known> {
  const ledger = await readLedger(db, dialect, cases, { lock: true });
  const ports = await readPorts(db, dialect, portIdsOf(cases), locked);
  if (incarnationsOf(cases).includes(judging.incarnation) && !epochs.has(judging.incarnation))
    await enterIncarnation(db, dialect, judging);
  return { now, ports, ledger, epochs: new Map([[judging.incarnation, judging.epoch], ...epochs]) };
}

/** Neutron's rows, in the order in which Neutron writes them, one statement per kind of change. */
async function writeEffects(db: Db, dialect: SqlDialect, decisions: readonly Decision[]): Promise<void> {
  const changes = decisions.flatMap(({ effects, port }) => (port === undefined ? [] : [{ effects, port }]));
  const unblocked = portsWhere(changes, ({ deleteL2 }) => deleteL2);
  if (unblocked.length > 0) await dialect.deleteBlocks(idsOf(unblocked), L2_BLOCK).execute(db);
  await bumpRevisions(
    db,
    dialect,
    portsWhere(changes, ({ write }) => write !== undefined),
  );
  for (const status of ['ACTIVE', 'DOWN', 'ERROR'] as const) {
    await writeStatus(
      db,
      dialect,
      portsWhere(changes, ({ write }) => write === status),
      status,
    );
  }
  await insertBlocks(
    db,
    dialect,
    portsWhere(changes, ({ insertL2 }) => insertL2),
  );
}

interface Change {
  readonly effects: Effects;
  readonly port: NeutronPort;
}

function portsWhere(changes: readonly Change[], test: (effects: Effects) => boolean): readonly NeutronPort[] {
  return changes
    .filter(({ effects }) => test(effects))
    .map(({ port }) => port)
    .sort((a, b) => a.standardAttrId - b.standardAttrId);
}

/** `ids` narrows the search to the primary key; the pairs are the guard that Neutron's own writes rely on. */
async function bumpRevisions(db: Db, dialect: SqlDialect, ports: readonly NeutronPort[]): Promise<void> {
  await inChunks(ports, async (chunk) => {
    const pairs = chunk.map(
      ({ standardAttrId, revisionNumber }) => [standardAttrId, revisionNumber] as const,
    );
    const { numAffectedRows } = await sql`
      update standardattributes set revision_number = revision_number + 1, updated_at = ${dialect.updatedAt()}
      where id ${dialect.among(idsOf(chunk))} and (id, revision_number) in (${dialect.pairs(pairs)})`.execute(
      db,
    );
    if (Number(numAffectedRows) !== chunk.length) throw new Conflict('revision_number moved');
  });
}

async function writeStatus(
  db: Db,
  dialect: SqlDialect,
  ports: readonly NeutronPort[],
  status: string,
): Promise<void> {
  if (ports.length === 0) return;
  const { numAffectedRows } =
    await sql`update ports set status = ${status} where standard_attr_id ${dialect.among(idsOf(ports))}`.execute(
      db,
    );
  if (Number(numAffectedRows) !== ports.length) throw new Conflict('a port is gone');
}

async function insertBlocks(db: Db, dialect: SqlDialect, ports: readonly NeutronPort[]): Promise<void> {
  if (ports.length === 0) return;
  const table = sql.table('provisioningblocks');
  const columns = ['standard_attr_id', 'entity'];
  const rows = idsOf(ports).map((id) => [id, L2_BLOCK]);
  await dialect.insertIgnore(table, columns.join(', '), dialect.values(table, columns, rows)).execute(db);
}

async function forgetGone(
  db: Db,
  dialect: SqlDialect,
  decisions: readonly Decision[],
  { ledger }: Known,
): Promise<void> {
  const gone = decisions.filter(({ forget }) => forget).map(({ outcome }) => outcome);
  await forget(
    db,
    dialect,
    gone.filter((key) => ledger.has(keyOf(key))),
  );
}

function idsOf(ports: readonly NeutronPort[]): readonly number[] {
  return ports.map(({ standardAttrId }) => standardAttrId);
}

function incarnationsOf(cases: readonly Case[]): readonly string[] {
  return [...new Set(cases.flatMap(({ arrival }) => arrival?.incarnation ?? []))];
}

function portIdsOf(keys: readonly ReportKey[]): readonly string[] {
  return [...new Set(keys.map(({ portId }) => portId))].sort();
}
