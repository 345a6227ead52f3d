import type {
  Acknowledged,
  Block,
  Entry,
  History,
  Judged,
  LedgerRow,
  Port,
  Said,
  Written,
} from './history.js';
import { isCompute, isOtherInstance, isOurs, isUnknown, lastWordOf, show, whatever } from './oracle-facts.js';
import { missingWords, settledUntold, strayWord } from './oracle-words.js';

/**
 * What must hold of a history, told from the outside: from what chassis said, what the tables took, and what Nova heard.
 *
 * Knows the rules by docs/neutron.md alone, and nothing of how they are carried out: eslint lets its files import one another and nothing else.
 */

/** All that is wrong with a history. */
export function complaintsAbout(history: History): readonly string[] {
  const { entries, ports, ledger, pending, deaths } = history;
  return [
    ...deaths.map((why) => `it ended: ${why}`),
    ...history.alarms,
    ...misheardWires(history),
    ...olderOverNewer(entries),
    ...acknowledgedUnjudged(history),
    ...ledger.filter((row) => isOverdue(row, history.now)).map((row) => `nobody looks at ${show(row)}`),
    ...entries.flatMap((entry, at) => [
      ...inventedReport(entry, at, entries),
      ...unfoundedChange(entry, at, entries),
      ...strayWord(entry, at, entries),
      ...settledUntold(entry, at, entries),
    ]),
    ...ports.flatMap((port) => [
      ...miscountedRevisions(port, entries),
      ...wrongEnd(port, history),
      ...missingWords(port, history),
    ]),
    ...ledger.filter(isOwed).map((row) => `Nova is still owed a word: ${show(row)}`),
    ...leftClaims(history).map((port) => `a claim on ${port} is left`),
    ...pending.map((report) => `${report} is still pending`),
    ...entries.slice(history.quietFrom).map((entry) => `after the end: ${show(entry)}`),
  ];
}

/** Rows that wait are looked at every two seconds here; set back, the clock makes them wait for the sweep. */
const LOOKED_AT_WITHIN_MS = 5000;

function isOverdue({ look_at }: LedgerRow, now: number): boolean {
  return look_at !== null && now - look_at > LOOKED_AT_WITHIN_MS;
}

function isOwed({ owed_no, told_no, settle_at }: LedgerRow): boolean {
  return owed_no !== told_no || settle_at !== null;
}

/** A claim stays open on a port that was deleted, where its server died: nobody has to hear of that port. */
function leftClaims({ claims, entries }: History): readonly string[] {
  const wasDeleted = (claimed: string): boolean =>
    entries.some((entry) => entry.kind === 'deleted' && entry.port === claimed);
  return claims.filter((claimed) => !wasDeleted(claimed));
}

/** What agents said last is what their switches have. */
function misheardWires({ wires, entries }: History): readonly string[] {
  const unsaid = wires.filter(({ port, chassis, status, attachment }) => {
    const last = lastWordOf(port, chassis, entries);
    return last?.status !== status || last.attachment !== attachment;
  });
  const said = new Set(
    entries.flatMap((entry) => (entry.kind === 'said' ? [`${entry.port} ${entry.chassis}`] : [])),
  );
  const stale = [...said].filter((key) => {
    const [port = '', chassis = ''] = key.split(' ');
    const isPlugged = wires.some((wire) => wire.port === port && wire.chassis === chassis);
    return !isPlugged && lastWordOf(port, chassis, entries)?.status !== 'DOWN';
  });
  return [
    ...unsaid.map((wire) => `its agent did not say ${show(wire)}`),
    ...stale.map((key) => `its agent did not say that it is gone: ${key}`),
  ];
}

/** What is taken off a topic is in the ledger, or older than what is; reports of ports that Neutron does not have are not kept. */
function acknowledgedUnjudged({ entries }: History): readonly string[] {
  return entries.flatMap((entry, at) => {
    if (entry.kind !== 'acknowledged') return [];
    const { port, chassis, incarnation, revision } = entry;
    const before = entries.slice(0, at);
    const moment = { epoch: numberOf(incarnation, before), revision };
    const isJudged = before
      .map(whatever)
      .some(
        (other) =>
          other.kind === 'judged' &&
          other.port === port &&
          other.chassis === chassis &&
          !isOlder(other, moment),
      );
    return isJudged || wasAbsent(entry, at, entries) ? [] : [`acknowledged and not judged: ${show(entry)}`];
  });
}

/** The number of an incarnation: 0, as of one that is older than all others, where the ledger did not know it by then, or lost it. */
function numberOf(incarnation: string, entries: readonly Entry[]): number {
  const given = entries.find((entry) => {
    const what = whatever(entry);
    return what.kind === 'numbered' && what.incarnation === incarnation;
  });
  return given?.kind === 'numbered' ? given.epoch : 0;
}

/** Whether Neutron did not have the port at some time between a report of it and its acknowledgement. */
function wasAbsent(
  { port, chassis, revision }: Acknowledged,
  at: number,
  entries: readonly Entry[],
): boolean {
  const said = entries.findIndex(
    (entry) =>
      entry.kind === 'said' &&
      entry.port === port &&
      entry.chassis === chassis &&
      entry.revision === revision,
  );
  const isExistence = (entry: Entry): boolean =>
    (entry.kind === 'created' || entry.kind === 'deleted') && entry.port === port;
  return (
    entries.slice(0, said + 1).findLast(isExistence)?.kind !== 'created' ||
    entries.slice(said, at).some(isExistence) ||
    entries.slice(0, at).some((entry) => entry.kind === 'undone' && isExistence(entry.was))
  );
}

type Moment = Pick<Judged, 'epoch' | 'revision'>;

/** An older report of a chassis never takes the place of a newer one. */
function olderOverNewer(entries: readonly Entry[]): readonly string[] {
  const newest = new Map<string, Judged>();
  return entries.flatMap((entry) => {
    if (entry.kind === 'forgotten') newest.delete(`${entry.port} ${entry.chassis}`);
    if (entry.kind !== 'judged') return [];
    const key = `${entry.port} ${entry.chassis}`;
    const before = newest.get(key);
    newest.set(key, entry);
    return before !== undefined && isOlder(entry, before)
      ? [`older over newer: ${show(entry)} over ${show(before)}`]
      : [];
  });
}

function isOlder(a: Moment, b: Moment): boolean {
  return a.epoch !== b.epoch ? a.epoch < b.epoch : a.revision < b.revision;
}

/** The ledger holds what a chassis said, or DOWN at the moment when a chassis said that it had nothing else. */
function inventedReport(entry: Entry, at: number, entries: readonly Entry[]): readonly string[] {
  if (entry.kind !== 'judged') return [];
  const { port, chassis, revision, status, attachment } = entry;
  const isFounded = entries
    .slice(0, at)
    .some(
      (other) =>
        (other.kind === 'said' &&
          other.port === port &&
          other.chassis === chassis &&
          other.revision === revision &&
          other.status === status &&
          other.attachment === attachment) ||
        (other.kind === 'complete' &&
          other.chassis === chassis &&
          other.revision === revision &&
          status === 'DOWN'),
    );
  return isFounded ? [] : [`nobody said ${show(entry)}`];
}

/** What servers change in Neutron is what the bound chassis said last, as far as it was judged; and nothing forbids it. */
function unfoundedChange(entry: Entry, at: number, entries: readonly Entry[]): readonly string[] {
  if (entry.kind !== 'status' && entry.kind !== 'block' && entry.kind !== 'unblock') return [];
  if (entry.author !== 'servers') return [];
  const judged = entries.slice(at).find((other) => isJudgedOf(other, entry));
  const why = [
    ...(judged?.status === meaningOf(entry) ? [] : [`its chassis said ${judged?.status ?? 'nothing'}`]),
    ...(isOurs(entry) ? [] : ['only Neutron may']),
    ...(isOtherInstance(entry, judged) ? ['it was plugged into another instance'] : []),
    ...(entry.kind === 'status' ? forbidsStatus(entry) : forbidsBlock(entry)),
  ];
  return why.length === 0 ? [] : [`wrong write, for ${why.join(', ')}: ${show(entry)}`];
}

/** The ledger's row is written in the transaction of the change, after it. */
function isJudgedOf(other: Entry, { port, host }: Port): other is Judged {
  return other.kind === 'judged' && other.port === port && other.chassis === host;
}

/** The report that such a change stands for. */
function meaningOf(entry: Written | Block): string {
  if (entry.kind === 'status') return entry.status;
  return entry.kind === 'block' ? 'DOWN' : 'ACTIVE';
}

function forbidsStatus(entry: Written): readonly string[] {
  if (entry.from === entry.status) return ['it was so already'];
  if (entry.status !== 'ACTIVE') return [];
  return [
    ...(entry.isAdminUp === 0 ? ['the port is administratively down'] : []),
    ...(entry.blocks === '' ? [] : [`${entry.blocks} blocks it`]),
  ];
}

function forbidsBlock(entry: Block): readonly string[] {
  if (entry.entity !== 'L2') return [`${entry.entity} is another's`];
  return entry.kind === 'block' && !isCompute(entry) ? ['such a port has no blocks'] : [];
}

/** `revision_number` grows by 1 with each status that servers write. */
function miscountedRevisions({ port }: Port, entries: readonly Entry[]): readonly string[] {
  const ours = entries.filter(
    (entry) => 'author' in entry && entry.author === 'servers' && entry.port === port,
  );
  const written = ours.filter(({ kind }) => kind === 'status').length;
  const grown = ours.reduce((sum, entry) => sum + (entry.kind === 'revision' ? entry.by : 0), 0);
  return written === grown ? [] : [`${port}: ${written} statuses written, revision grown by ${grown}`];
}

/** Neutron shows what the bound chassis said last. */
function wrongEnd(port: Port, history: History): readonly string[] {
  const last = lastWordOf(port.port, port.host, history.entries);
  if (!isOurs(port) || last === undefined || isOtherInstance(port, last)) return [];
  if (isUnknown(port, last, history) || shows(port, last.status)) return [];
  return [`${last.status} was said, and Neutron shows ${show(port)}`];
}

/** Whether a port is as it has to be when its chassis says so. */
function shows(port: Port, said: Said['status']): boolean {
  const { status, isAdminUp } = port;
  const blocks = port.blocks.split(',').filter((entity) => entity !== '');
  const hasL2 = blocks.includes('L2');
  switch (said) {
    case 'ACTIVE':
      if (blocks.length > 0) return !hasL2 && status !== 'ACTIVE';
      return isAdminUp === 0 || status === 'ACTIVE';
    case 'DOWN':
      return status === 'DOWN' && (hasL2 || !isCompute(port));
    case 'ERROR':
      return status === 'ERROR';
  }
}
