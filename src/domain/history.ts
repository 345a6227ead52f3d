import type { Word } from './debt.js';
import type { Effects, Reason, Verdict } from './judge.js';
import type { ReportedStatus } from './report.js';

/** A judgement that differed from the one before. */
export interface Judged {
  readonly kind: 'judged';
  /** Milliseconds since 1970 by the Neutron database's clock. */
  readonly atMs: number;
  readonly status: ReportedStatus;
  /** The beginning of the attachment: enough to tell one plugging from the next. */
  readonly attachment: string;
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly mode: 'write' | 'observe';
  /** What was written, or would be in observe mode: words of `DELETE-L2 INSERT-L2 ACTIVE DOWN ERROR`. */
  readonly effects: string;
  /** The word that Nova became owed with it. */
  readonly word?: Word | undefined;
  readonly server: string;
}

/** The end of a debt to Nova. */
export interface Settled {
  readonly kind: 'settled';
  /** Milliseconds since 1970 by the Neutron database's clock. */
  readonly atMs: number;
  readonly word: Word;
  /** `told`, or why it was dropped. */
  readonly result: string;
  /** Nova's refusal. */
  readonly code?: number | undefined;
}

/**
 * One line of a history, the text that the ledger keeps for each port and chassis: oldest first, each line ended by a
 * newline, fields parted by blanks and words by their first letter.
 *
 * Examples: `1795405481123 A b3193b14 applied written wdA p server-1` (ACTIVE judged in write mode, L2 block deleted,
 * ACTIVE written, "plugged" owed) and `1795405481170 N p told -` (Nova heard it).
 */
export type HistoryEntry = Judged | Settled;

/** How many entries a history keeps; up to two more between the settling of debts and the next judgement. */
export const MOST_ENTRIES = 20;

/** What a judgement leaves. */
export interface NewEntry extends Omit<Judged, 'kind' | 'effects'> {
  readonly effects: Effects;
}

/** The history with this judgement, cut to its newest entries; the same one where the judgement only repeats the last. */
export function noteJudgement(history: string, entry: NewEntry): string {
  const line = lineOf(entry);
  return isRepeated(line, lastJudgement(history)) ? history : newest(`${history}${line}\n`);
}

/** What follows the time in the line of a debt that has ended, its newline included. */
export function settledLine(word: Word, result: string, code: number | undefined): string {
  return ` ${SETTLED} ${letterOf(word)} ${result} ${code ?? NONE}\n`;
}

/** The newest entries, oldest first. Lines that can not be read, such as those of a later version, are passed over. */
export function readHistory(history: string): readonly HistoryEntry[] {
  return history
    .split('\n')
    .flatMap((line) => toEntry(line) ?? [])
    .slice(-MOST_ENTRIES);
}

const SETTLED = 'N';
const NONE = '-';
/** So much of an attachment is shown: enough to tell one plugging from the next. */
export const ATTACHMENT_LENGTH = 8;

function lineOf({
  atMs,
  status,
  attachment,
  verdict,
  reason,
  mode,
  effects,
  word,
  server,
}: NewEntry): string {
  const plugging = attachment.slice(0, ATTACHMENT_LENGTH).replaceAll(/[^!-~]/g, '?');
  const deeds = `${letterOf(mode)}${effects.deleteL2 ? 'd' : ''}${effects.insertL2 ? 'i' : ''}${letterOf(effects.write ?? '')}`;
  const owed = word === undefined ? NONE : letterOf(word);
  return `${atMs} ${letterOf(status)} ${plugging || NONE} ${verdict} ${reason} ${deeds} ${owed} ${server}`;
}

function letterOf(word: string): string {
  return word.charAt(0);
}

/** `written` and `agrees` are one state, before and after; what is done again is no repetition. */
function isRepeated(line: string, last: string | undefined): boolean {
  if (last === undefined) return false;
  const [, status, attachment, verdict, reason, deeds = '', owed] = line.split(' ');
  const [, lastStatus, lastAttachment, lastVerdict, lastReason, lastDeeds = ''] = last.split(' ');
  return (
    owed === NONE &&
    (deeds === 'w' ? lastDeeds.startsWith('w') : deeds.startsWith('o') && deeds === lastDeeds) &&
    status === lastStatus &&
    attachment === lastAttachment &&
    verdict === lastVerdict &&
    (verdict === 'applied' || reason === lastReason)
  );
}

/** The newest line that is of a judgement. */
function lastJudgement(history: string): string | undefined {
  let end = history.length - 1;
  while (end > 0) {
    const start = history.lastIndexOf('\n', end - 1) + 1;
    const line = history.slice(start, end);
    if (STATUSES.has(line.charAt(line.indexOf(' ') + 1))) return line;
    end = start - 1;
  }
  return undefined;
}

function newest(history: string): string {
  let cut = history.length - 1;
  for (let kept = 0; kept < MOST_ENTRIES && cut > 0; kept++) cut = history.lastIndexOf('\n', cut - 1);
  return history.slice(cut + 1);
}

function toEntry(line: string): HistoryEntry | undefined {
  const [time = '', kind = '', ...fields] = line.split(' ');
  const atMs = /^\d+$/.test(time) ? Number(time) : undefined;
  if (atMs === undefined) return undefined;
  return kind === SETTLED ? toSettled(atMs, fields) : toJudged(atMs, STATUSES.get(kind), fields);
}

function toSettled(atMs: number, [letter = '', result, code = '']: readonly string[]): Settled | undefined {
  const word = WORDS.get(letter);
  if (word === undefined || result === undefined || !/^(?:-|\d+)$/.test(code)) return undefined;
  return { kind: 'settled', atMs, word, result, code: code === NONE ? undefined : Number(code) };
}

function toJudged(
  atMs: number,
  status: ReportedStatus | undefined,
  [attachment, verdict, reason, deeds = '', owed = '', ...server]: readonly string[],
): Judged | undefined {
  const mode = MODES.get(letterOf(deeds));
  if (status === undefined || attachment === undefined || mode === undefined || server.length === 0)
    return undefined;
  return {
    kind: 'judged',
    atMs,
    status,
    attachment,
    verdict: verdict as Verdict,
    reason: reason as Reason,
    mode,
    effects: Array.from(deeds.slice(1), (letter) => EFFECTS.get(letter) ?? letter).join(' '),
    word: WORDS.get(owed),
    server: server.join(' '),
  };
}

const STATUSES = byLetter<ReportedStatus>({ A: 'ACTIVE', D: 'DOWN', E: 'ERROR' });
const WORDS = byLetter<Word>({ p: 'plugged', f: 'failed', u: 'unplugged' });
const MODES = byLetter<Judged['mode']>({ w: 'write', o: 'observe' });
const EFFECTS = new Map<string, string>([['d', 'DELETE-L2'], ['i', 'INSERT-L2'], ...STATUSES]);

function byLetter<T>(words: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(words));
}
