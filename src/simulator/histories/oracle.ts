import type {
  Acknowledged,
  Binding,
  Block,
  Entry,
  Forgotten,
  History,
  Judged,
  LedgerRow,
  Port,
  Said,
  Settled,
  Told,
  Word,
  Written,
} from './history.js';

/**
 * What must hold of a history, told from the outside: from what chassis said, what the tables took, and what Nova heard.
 *
 * Knows the rules by docs/neutron.md alone, and nothing of how they are carried out: eslint lets it import nothing.
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
function acknowledgedUnjudged({ entries, epochs }: History): readonly string[] {
  return entries.flatMap((entry, at) => {
    if (entry.kind !== 'acknowledged') return [];
    const { port, chassis, incarnation, revision } = entry;
    const moment = { epoch: epochs.get(incarnation) ?? 0, revision };
    const isJudged = entries
      .slice(0, at)
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

/** What was done, also where the tables lost it again. */
function whatever(entry: Entry): Entry {
  return entry.kind === 'undone' ? entry.was : entry;
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

/** Whether anybody but Neutron may write this port, for the chassis that it is bound to. */
function isOurs({ owner, isTrunkParent, vifType, driver }: Port): boolean {
  return (
    !owner.startsWith('network:') && isTrunkParent === 0 && vifType === 'ovs' && driver === 'openvswitch'
  );
}

function isCompute({ owner }: Pick<Port, 'owner'>): boolean {
  return owner.startsWith('compute:');
}

function isOtherInstance(
  { device }: Port,
  said: Pick<Said | Judged, 'status' | 'instance'> | undefined,
): boolean {
  return said?.status === 'ACTIVE' && (said.instance ?? device) !== device;
}

/** Nova hears only of what it owns, and of no plugging before a chassis said ACTIVE. */
function strayWord(entry: Entry, at: number, entries: readonly Entry[]): readonly string[] {
  if (entry.kind !== 'told') return [];
  const before = entries
    .slice(0, at)
    .map(whatever)
    .filter((other) => 'port' in other && other.port === entry.port);
  const isOwner = before.some(
    (other) => other.kind === 'created' && other.device === entry.device && isCompute(other),
  );
  const needed = { plugged: 'ACTIVE', failed: 'ERROR', unplugged: 'DOWN' }[entry.word];
  const isTrue = before.some((other) => other.kind === 'judged' && other.status === needed);
  return isOwner && isTrue ? [] : [`Nova was told what is not so: ${show(entry)}`];
}

/** A word counts as told if Nova took it, or refused it for good, after it became owed. */
function settledUntold(entry: Entry, at: number, entries: readonly Entry[]): readonly string[] {
  if (entry.kind !== 'settled') return [];
  const { port, chassis, told } = entry;
  const ofRow = (other: Entry): other is Judged | Forgotten =>
    (other.kind === 'judged' || other.kind === 'forgotten') &&
    other.port === port &&
    other.chassis === chassis;
  const before = entries.slice(0, at);
  const born = before.findLastIndex((other) => ofRow(other) && other.kind === 'forgotten');
  const owed = before.findIndex(
    (other, index) => index > born && ofRow(other) && other.kind === 'judged' && other.owed >= told,
  );
  const word = before[owed]?.kind === 'judged' ? before[owed].word : undefined;
  if (word === undefined || word === null) return [];
  if (word === 'unplugged' && !mayKnowPlugged(entry, before)) return [];
  return isTold({ port }, word, entries.slice(owed, at + 1))
    ? []
    : [`it counts as told and was not: ${show(entry)}`];
}

/** Whether the last that Nova took of a port is "plugged", and nobody but this chassis, and no row that is lost, can have said so. */
function mayKnowPlugged({ port, chassis }: Settled, before: readonly Entry[]): boolean {
  const ofPort = before.map(whatever).filter((entry) => 'port' in entry && entry.port === port);
  const isMuddled =
    ofPort.some((entry) => entry.kind === 'said' && entry.chassis !== chassis) ||
    before.some((entry) => entry.kind === 'undone' && entry.was.port === port);
  const heard = ofPort
    .slice(ofPort.findLastIndex(({ kind }) => kind === 'created' || kind === 'forgotten') + 1)
    .findLast((entry) => entry.kind === 'told' && entry.isHeard);
  return !isMuddled && heard?.kind === 'told' && heard.word === 'plugged';
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

/** What a chassis said last of a port; what it no longer has is DOWN. */
function lastWordOf(
  port: string,
  chassis: string | null,
  entries: readonly Entry[],
): (Pick<Said, 'status' | 'instance'> & { readonly attachment?: string }) | undefined {
  const last = entries.findLast(
    (entry) =>
      (entry.kind === 'said' || entry.kind === 'gone') && entry.port === port && entry.chassis === chassis,
  );
  return last?.kind === 'gone' ? { status: 'DOWN' } : last?.kind === 'said' ? last : undefined;
}

/** DOWN of a port of which no server ever heard from that chassis, or that was absent when it did: silence is no evidence. */
function isUnknown({ port, host }: Port, last: Pick<Said, 'status'>, { ledger, entries }: History): boolean {
  if (last.status !== 'DOWN' || ledger.some((row) => row.port === port && row.chassis === host)) return false;
  const isGone = entries.some(
    (entry) => entry.kind === 'gone' && entry.port === port && entry.chassis === host,
  );
  return isGone || entries.some((entry) => entry.kind === 'deleted' && entry.port === port);
}

/** Nova was told what it is owed. */
function missingWords(port: Port, history: History): readonly string[] {
  if (!isCompute(port)) return [];
  return owedWords(port, history)
    .filter(({ word, since }) => !isTold(port, word, history.entries.slice(since + 1)))
    .map(
      ({ word, since }) => `Nova was not told ${word} of ${port.port} since ${show(history.entries[since])}`,
    );
}

interface Owed {
  readonly word: Word;
  /** The entry after which it has to be said. */
  readonly since: number;
}

function owedWords(port: Port, history: History): readonly Owed[] {
  const { entries } = history;
  const arriving = targetsOf(port, history.bindings).flatMap((host) => owedToTarget(port, host, entries));
  const last = lastWordOf(port.port, port.host, entries);
  if (!isOurs(port) || last === undefined || isUnknown(port, last, history)) return arriving;
  const since = entries.findLastIndex((entry) => entry.kind === 'status' && entry.port === port.port);
  const change = entries[since];
  const written = change?.kind === 'status' && change.author === 'servers' ? change : undefined;
  switch (port.status) {
    case 'ACTIVE':
      if (last.status !== 'ACTIVE' || port.isAdminUp === 0 || isOtherInstance(port, last)) return arriving;
      return [...arriving, ...owedPlugged(port.port, port.host, entries, isRise(written) ? since : -1)];
    case 'ERROR':
      return isRise(written) ? [...arriving, { word: 'failed', since }] : arriving;
    default:
      return written?.from === 'ACTIVE' && mustHearUnplugged(port, since, entries)
        ? [...arriving, { word: 'unplugged', since }]
        : arriving;
  }
}

/** From DOWN or BUILD: Nova waits for such a change. */
function isRise(written: Written | undefined): boolean {
  return written?.from === 'DOWN' || written?.from === 'BUILD';
}

/** Once since this plugging was first said, and since the status rose. */
function owedPlugged(
  port: string,
  chassis: string | null,
  entries: readonly Entry[],
  risen: number,
): readonly Owed[] {
  const isOfChassis = (entry: Entry): entry is Said =>
    entry.kind === 'said' && entry.port === port && entry.chassis === chassis && entry.status === 'ACTIVE';
  const last = entries.findLast(isOfChassis);
  const first = entries.findIndex((entry) => isOfChassis(entry) && entry.attachment === last?.attachment);
  return [{ word: 'plugged', since: Math.max(first, risen) }];
}

/** Where live migrations of the port are on their way to. */
function targetsOf({ port, host }: Port, bindings: readonly Binding[]): readonly string[] {
  const own = bindings.filter((binding) => binding.port === port);
  const inactive = own.filter(({ status }) => status === 'INACTIVE').map((binding) => binding.host);
  const profile = own.find((binding) => binding.host === host)?.profile ?? '';
  const named = profile === '' ? undefined : (JSON.parse(profile) as { migrating_to?: string }).migrating_to;
  return [...new Set([...inactive, ...(named === undefined || named === host ? [] : [named])])];
}

/** The target of a live migration is plugged before its binding is active. */
function owedToTarget(port: Port, target: string, entries: readonly Entry[]): readonly Owed[] {
  const last = lastWordOf(port.port, target, entries);
  const isPlugged = last?.status === 'ACTIVE' && !isOtherInstance(port, last);
  return isPlugged && isOurs(port) ? owedPlugged(port.port, target, entries, -1) : [];
}

/** Where Nova took a word of this plugging; of one chassis alone, because words do not say of which they are. */
function mustHearUnplugged({ port, host }: Port, since: number, entries: readonly Entry[]): boolean {
  const isOfOthers = entries.some(
    (entry) =>
      entry.kind === 'said' && entry.port === port && entry.chassis !== host && entry.status !== 'DOWN',
  );
  const born = entries.findLastIndex((entry) => entry.kind === 'created' && entry.port === port);
  const isHeard = entries
    .slice(born, since)
    .some(
      (entry) => entry.kind === 'told' && entry.port === port && entry.isHeard && entry.word !== 'unplugged',
    );
  return isHeard && !isOfOthers;
}

/** How often in a row a word is said that Nova answers with 404 or 422. */
const ATTEMPTS = 5;

/** Whether Nova took the word, or refused it for good. */
function isTold({ port }: Pick<Port, 'port'>, word: Word, entries: readonly Entry[]): boolean {
  const said = wordsOf(port, word, entries);
  return said.some(({ isHeard }) => isHeard) || isRefused(word, said) || isGivenUp(port, entries);
}

function wordsOf(port: string, word: Word, entries: readonly Entry[]): readonly Told[] {
  return entries.filter(
    (entry): entry is Told => entry.kind === 'told' && entry.port === port && entry.word === word,
  );
}

/** How long Nova waits for a word (its `vif_plugging_timeout`): one that is owed for longer helps nobody. */
const HELPS_FOR_MS = 300_000;

function isGivenUp(port: string, entries: readonly Entry[]): boolean {
  return entries.some((entry, at) => {
    if (entry.kind !== 'settled' || entry.port !== port) return false;
    const owed = entries.slice(0, at).find((other): other is Judged => isOwedBy(other, entry));
    return owed !== undefined && entry.toldAt - (owed.owedAt ?? entry.toldAt) >= HELPS_FOR_MS;
  });
}

function isOwedBy(entry: Entry, { port, chassis, told }: Settled): boolean {
  return entry.kind === 'judged' && entry.port === port && entry.chassis === chassis && entry.owed === told;
}

function isRefused(word: Word, said: readonly Told[]): boolean {
  let inARow = 0;
  return said.some(({ code }) => {
    inARow = code === undefined ? 0 : inARow + 1;
    const isFinal = code !== undefined && code !== 404 && code !== 422;
    return isFinal || (code !== undefined && word === 'unplugged') || inARow >= ATTEMPTS;
  });
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
