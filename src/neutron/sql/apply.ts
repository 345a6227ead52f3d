import { sql } from 'kysely';
import type { Effects } from '../../domain/judge.js';
import { L2_BLOCK } from '../../domain/neutron-port.js';
import type { NeutronPort } from '../../domain/neutron-port.js';
import { keyOf } from '../../domain/report.js';
import type { ReportKey } from '../../domain/report.js';
import type { Case, EarlyClaimant, Foreseen, Judged, Judging } from '../neutron.js';
import { beginCall, withHeard } from './calls.js';
import type { Db, SqlDialect } from './dialect.js';
import { claimNew } from './early-claims.js';
import { lockPorts, readFacts, readPorts, toPorts } from './facts.js';
import type { FactRow, LockedPorts } from './facts.js';
import { readFlags, unlessPaused } from './flags.js';
import type { Flags } from './flags.js';
import { enterIncarnation, readEpochsBeside } from './incarnations.js';
import { decide, decideAll, isNews, isOld } from './judge-cases.js';
import type { Decision, Known } from './judge-cases.js';
import { chunksOf } from './keys.js';
import { forget, readLedger, readMoments, writeLedger } from './ledger.js';
import { carryOut, carryOutAll, change } from './statements.js';
import type { Statement } from './statement.js';
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
  const { dialect } = store;
  const reads = readsFor(dialect, cases, judging);
  const judged = transact(store, reads, async (db, flags, locked, stored, facts) => {
    const ledger = await withHeard(db, dialect, stored);
    const epochs = withPresent(flags.epochs, judging);
    const known: Known = { now: flags.now, ports: toPorts(facts, locked), ledger, epochs };
    const decisions = decideAll(cases, known, judging);
    const rows = decisions.flatMap(({ row, forget }) => (row === undefined || forget ? [] : [row]));
    const { left, claimed, call } = claimNew(rows, ledger, claimant);
    await carryOutAll(db, dialect, [
      ...enterPresent(dialect, cases, judging, flags),
      ...writeEffects(dialect, decisions),
      ...writeLedger(dialect, left, ledger),
      ...(call === undefined ? [] : [beginCall(dialect, call)]),
      ...forgetGone(dialect, decisions, known),
    ]);
    return { kind: 'committed' as const, outcomes: decisions.map(({ outcome }) => outcome), claimed };
  });
  return unlessPaused<Judged>(judged, { kind: 'paused' });
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
    const ledger = await readUnlocked(db, dialect, open);
    return findNews(db, dialect, open, { ledger, epochs }, judging);
  });
}

async function readUnlocked(
  db: Db,
  dialect: SqlDialect,
  keys: readonly ReportKey[],
): Promise<Known['ledger']> {
  return withHeard(db, dialect, await carryOut(db, readLedger(dialect, keys, { lock: false })));
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
    const ledger = await readUnlocked(db, dialect, cases);
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

/** What a judgement begins with, in this order: may anything be written, locks, and all that the verdicts depend on. */
function readsFor(
  dialect: SqlDialect,
  cases: readonly Case[],
  judging: Judging,
): readonly [
  Statement<Flags>,
  Statement<LockedPorts> | undefined,
  Statement<Known['ledger']>,
  Statement<readonly FactRow[]>,
] {
  const writable = dialect.locksRows ? cases.filter(({ chassis }) => judging.mayWrite(chassis)) : [];
  const [ids, ours] = [portIdsOf(cases), portIdsOf(writable)];
  return [
    readFlags(dialect, incarnationsOf(cases)),
    ours.length === 0 ? undefined : lockPorts(dialect, ours),
    readLedger(dialect, cases, { lock: true }),
    readFacts(dialect, ids, { withOwn: ours.length < ids.length }),
  ];
}

function withPresent(
  epochs: Known['epochs'],
  { incarnation, epoch }: Pick<Judging, 'incarnation' | 'epoch'>,
): Known['epochs'] {
  return new Map([[incarnation, epoch], ...epochs]);
}

/** The present incarnation, where the ledger has still to learn of it. */
function enterPresent(
  dialect: SqlDialect,
  cases: readonly Case[],
  judging: Judging,
  { epochs }: Flags,
): readonly Statement<void>[] {
  const isNew = incarnationsOf(cases).includes(judging.incarnation) && !epochs.has(judging.incarnation);
  return isNew ? [enterIncarnation(dialect, judging)] : [];
}

/** Neutron's rows, in the order in which Neutron writes them, one statement per kind of change. */
function writeEffects(dialect: SqlDialect, decisions: readonly Decision[]): readonly Statement<void>[] {
  const changes = decisions.flatMap(({ effects, port }) => (port === undefined ? [] : [{ effects, port }]));
  const unblocked = portsWhere(changes, ({ deleteL2 }) => deleteL2);
  return [
    ...deleteBlocks(dialect, unblocked),
    ...bumpRevisions(
      dialect,
      portsWhere(changes, ({ write }) => write !== undefined),
    ),
    ...(['ACTIVE', 'DOWN', 'ERROR'] as const).flatMap((status) =>
      writeStatus(
        dialect,
        portsWhere(changes, ({ write }) => write === status),
        status,
      ),
    ),
    ...insertBlocks(
      dialect,
      portsWhere(changes, ({ insertL2 }) => insertL2),
    ),
  ];
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

function deleteBlocks(dialect: SqlDialect, ports: readonly NeutronPort[]): readonly Statement<void>[] {
  return ports.length === 0 ? [] : [change(dialect.deleteBlocks(idsOf(ports), L2_BLOCK))];
}

/** `ids` narrows the search to the primary key; the pairs are the guard that Neutron's own writes rely on. */
function bumpRevisions(dialect: SqlDialect, ports: readonly NeutronPort[]): readonly Statement<void>[] {
  return chunksOf(ports).map((chunk) => {
    const pairs = chunk.map(
      ({ standardAttrId, revisionNumber }) => [standardAttrId, revisionNumber] as const,
    );
    return change(
      sql`update standardattributes set revision_number = revision_number + 1, updated_at = ${dialect.updatedAt()}
        where id ${dialect.among(idsOf(chunk))} and (id, revision_number) in (${dialect.pairs(pairs)})`,
      (changed) => {
        if (changed !== chunk.length) throw new Conflict('revision_number moved');
      },
    );
  });
}

function writeStatus(
  dialect: SqlDialect,
  ports: readonly NeutronPort[],
  status: string,
): readonly Statement<void>[] {
  if (ports.length === 0) return [];
  const text = sql`update ports set status = ${status} where standard_attr_id ${dialect.among(idsOf(ports))}`;
  return [
    change(text, (changed) => {
      if (changed !== ports.length) throw new Conflict('a port is gone');
    }),
  ];
}

function insertBlocks(dialect: SqlDialect, ports: readonly NeutronPort[]): readonly Statement<void>[] {
  if (ports.length === 0) return [];
  const table = sql.table('provisioningblocks');
  const columns = ['standard_attr_id', 'entity'];
  const rows = idsOf(ports).map((id) => [id, L2_BLOCK]);
  return [change(dialect.insertIgnore(table, columns.join(', '), dialect.values(table, columns, rows)))];
}

function forgetGone(
  dialect: SqlDialect,
  decisions: readonly Decision[],
  { ledger }: Known,
): readonly Statement<void>[] {
  const gone = decisions.filter(({ forget }) => forget).map(({ outcome }) => outcome);
  return forget(
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
