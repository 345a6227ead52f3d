import type { ReportKey } from '../../domain/report.js';
import { decodeReport } from './layout.js';
import type { ReportRecord } from './layout.js';
import { at, put } from './operations.js';
import type { KeyValue, Range, RangeAnswer, Write } from './operations.js';
import type { Session } from './session.js';

/** What was found of one (port, chassis): the key-value, and the record where it is one. */
export interface Found {
  readonly key: ReportKey;
  readonly stored: KeyValue | undefined;
  readonly record: ReportRecord | undefined;
}

/** What a pointer points to that makes no sense: there is no such record. */
export const NOBODY: ReportKey = { chassis: '', portId: '' };

/** What `toFound` makes records of: a range for each. */
export function recordRanges({ keys }: Session, wanted: readonly ReportKey[]): readonly Range[] {
  return wanted.map((key) => at(keys.report(key)));
}

export function toFound(wanted: readonly ReportKey[], answers: readonly RangeAnswer[]): readonly Found[] {
  return wanted.map((key, index) => {
    const stored = answers[index]?.kvs[0];
    return { key, stored, record: decodeReport(stored?.value) };
  });
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
