import type {
  Binding,
  Entry,
  Forgotten,
  History,
  Judged,
  Port,
  Said,
  Settled,
  Told,
  Word,
  Written,
} from './history.js';
import { isCompute, isOtherInstance, isOurs, isUnknown, lastWordOf, show, whatever } from './oracle-facts.js';

/** Nova hears only of what it owns, and of no plugging before a chassis said ACTIVE. */
export function strayWord(entry: Entry, at: number, entries: readonly Entry[]): readonly string[] {
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
export function settledUntold(entry: Entry, at: number, entries: readonly Entry[]): readonly string[] {
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
    before.some((entry) => entry.kind === 'undone' && 'port' in entry.was && entry.was.port === port);
  const heard = ofPort
    .slice(ofPort.findLastIndex(({ kind }) => kind === 'created' || kind === 'forgotten') + 1)
    .findLast((entry) => entry.kind === 'told' && entry.isHeard);
  return !isMuddled && heard?.kind === 'told' && heard.word === 'plugged';
}

/** Nova was told what it is owed. */
export function missingWords(port: Port, history: History): readonly string[] {
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
