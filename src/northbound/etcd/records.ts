import { grouped } from '../../domain/grouped.js';
import type { ReportKey } from '../../domain/report.js';
import { decodeReport } from './layout.js';
import type { ReportRecord } from './layout.js';
import { at, put } from './operations.js';
import type { KeyValue, Range, RangeAnswer, Write } from './operations.js';
import type { Session, Snapshot } from './session.js';

/** What was found of one (port, chassis): the key-value, and the record where it is one. */
export interface Found {
  readonly key: ReportKey;
  readonly stored: KeyValue | undefined;
  readonly record: ReportRecord | undefined;
}

/** What a pointer points to that makes no sense: there is no such record. */
export const NOBODY: ReportKey = { chassis: '', portId: '' };

/** So many records of one chassis are read as a range, and not one by one: that takes etcd a fraction of the time. */
const LEAST_RANGE = 8;

/** For each record that is wanted, so many may be read that are not. */
const MOST_READ = 2;

/** What is stored under these keys, one for each, and the answers to what is asked `beside`, in one snapshot. */
export async function readRecords(
  session: Session,
  wanted: readonly ReportKey[],
  ...beside: readonly Range[]
): Promise<{ readonly snapshot: Snapshot; readonly found: readonly Found[] }> {
  const ranges = rangesOf(wanted.map((key) => session.keys.report(key)));
  const snapshot = await session.read(...beside, ...ranges);
  const answers = snapshot.answers.slice(beside.length);
  const stored = new Map(answers.flatMap(({ kvs }) => kvs.map((one) => [one.key, one] as const)));
  const left = ranges.flatMap((range, index) => range.keys.slice(...beyond(range.keys, answers[index])));
  const others = left.length === 0 ? [] : (await session.read(...left.map(at))).answers;
  for (const one of others.flatMap(({ kvs }) => kvs)) stored.set(one.key, one);
  const found = wanted.map((key) => toFound(key, stored.get(session.keys.report(key))));
  return { snapshot: { ...snapshot, answers: snapshot.answers.slice(0, beside.length) }, found };
}

/** A range, and the keys that are looked for in it, in their order. */
interface Wanted extends Range {
  readonly keys: readonly string[];
}

/** Keys that are not plain ASCII stand in another order here than in etcd: each is read by itself. */
function rangesOf(keys: readonly string[]): readonly Wanted[] {
  const byChassis = grouped(
    [...new Set(keys)].sort(),
    (key) => (PLAIN.test(key) ? key.slice(0, key.lastIndexOf('/')) : key),
    (key) => key,
  );
  return [...byChassis.values()].flatMap((some): readonly Wanted[] => {
    const [first = '', last = ''] = [some[0], some.at(-1)];
    if (some.length < LEAST_RANGE) return some.map((key) => ({ ...at(key), keys: [key] }));
    return [{ key: first, end: `${last}\0`, limit: MOST_READ * some.length, keys: some }];
  });
}

const PLAIN = /^[\x21-\x7e]+$/;

/** From where on an answer says nothing of the keys, because there was more than it was to hold. */
function beyond(keys: readonly string[], answer: RangeAnswer | undefined): readonly [number] {
  const last = answer?.kvs.at(-1)?.key ?? '';
  const isWhole = answer === undefined || answer.count <= answer.kvs.length;
  return [isWhole ? keys.length : keys.filter((key) => key <= last).length];
}

function toFound(key: ReportKey, stored: KeyValue | undefined): Found {
  return { key, stored, record: decodeReport(stored?.value) };
}

export function putRecord({ keys }: Session, key: ReportKey, record: ReportRecord): Write {
  return put(keys.report(key), JSON.stringify(record));
}

/** A pointer to a record, in the topic where that is pending. */
export function putPointer({ keys }: Session, place: string, key: ReportKey, record: ReportRecord): Write {
  return put(keys.pointer(place, key), String(record.pendingSince));
}

/** A record and its pointer, in another place than before. */
export function placeAnew(
  session: Session,
  key: ReportKey,
  record: ReportRecord,
  place: string,
): readonly Write[] {
  return [putRecord(session, key, { ...record, place }), putPointer(session, place, key, record)];
}
