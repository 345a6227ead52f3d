import type { ReportKey } from '../../domain/report.js';
import type { ReportRecord } from './layout.js';
import {
  drawListener,
  findCandidates,
  isServed,
  listenerRanges,
  placeOf,
  stillServes,
  toListeners,
} from './listeners.js';
import type { Listener } from './listeners.js';
import { absent, at, distinct, unchanged, under } from './operations.js';
import type { KeyValue, Plan } from './operations.js';
import { placeAnew, putPointer, readRecords } from './records.js';
import type { Found } from './records.js';
import { chunksOf, CONFLICT } from './session.js';
import type { Session } from './session.js';

/** Reports that are put back in one transaction: each costs two conditions, and two for a listener that is drawn. */
const CHUNK = 31;

/** Pointers of a topic, the oldest first. */
export async function listTopic(
  session: Session,
  place: string,
  limit: number,
): Promise<readonly KeyValue[]> {
  const topic = under(session.keys.topic(place), { limit, wanted: 'keys', isOldestFirst: true });
  const { answers } = await session.read(topic);
  return answers[0]?.kvs ?? [];
}

/**
 * Pending reports whose pointer is gone. Records are read once more after the pointers: what was acknowledged or moved in
 * between had to be without one.
 */
export async function findLost(session: Session, keys: readonly ReportKey[]): Promise<readonly ReportKey[]> {
  const missing = await findMissing(session, await readFound(session, keys));
  const again = await readFound(
    session,
    missing.map(({ key }) => key),
  );
  return missing
    .filter(({ stored }, index) => again[index]?.stored?.modified === stored?.modified)
    .map(({ key }) => key);
}

async function readFound(session: Session, keys: readonly ReportKey[]): Promise<readonly Found[]> {
  if (keys.length === 0) return [];
  return (await readRecords(session, keys)).found;
}

/** Puts pending reports back whose pointer is gone; those of nobody's topic are placed anew. */
export async function putBack(session: Session, keys: readonly ReportKey[]): Promise<number> {
  let count = 0;
  for (const chunk of chunksOf(keys, CHUNK))
    count += await session.untilCommitted(() => putBackChunk(session, chunk));
  return count;
}

async function putBackChunk(
  session: Session,
  wanted: readonly ReportKey[],
): Promise<number | typeof CONFLICT> {
  const { snapshot, found } = await readRecords(session, wanted, ...listenerRanges(session));
  const [stored, alive] = snapshot.answers;
  const listeners = toListeners(session, stored, alive);
  const candidates = await findCandidates(session, listeners);
  const mended = await findMissing(session, found);
  const plans = mended.map((one) => planReturn(session, one, listeners, candidates));
  if (plans.length === 0) return 0;
  const when = distinct(plans.flatMap(({ conditions }) => conditions));
  const then = plans.flatMap(({ writes }) => writes);
  const commit = await session.commit(when, then);
  return commit === undefined ? CONFLICT : plans.length;
}

/** A record that is pending, and whose pointer is not there. */
interface Missing extends Found {
  readonly record: ReportRecord & { readonly place: string };
  readonly pointer: string;
}

async function findMissing(session: Session, found: readonly Found[]): Promise<readonly Missing[]> {
  const pending = found.flatMap((one) => {
    const { key, record } = one;
    if (record?.place === undefined) return [];
    const { place } = record;
    return [{ ...one, record: { ...record, place }, pointer: session.keys.pointer(place, key) }];
  });
  if (pending.length === 0) return [];
  const { answers } = await session.read(...pending.map(({ pointer }) => at(pointer)));
  return pending.filter((_, index) => answers[index]?.kvs.length === 0);
}

/** Into the topic where it is by its record, if that is served; else into another. */
function planReturn(
  session: Session,
  { key, stored, record, pointer }: Missing,
  listeners: readonly Listener[],
  candidates: readonly Listener[],
): Plan {
  const isStill = [unchanged(session.keys.report(key), stored), absent(pointer)];
  const server = listeners.find((listener) => listener.id === record.place && isServed(listener));
  if (server !== undefined) {
    return {
      conditions: [...isStill, unchanged(server.stored.key, server.stored)],
      writes: [putPointer(session, record.place, key, record)],
    };
  }
  const drawn = drawListener(session, candidates);
  return {
    conditions: [...isStill, ...(drawn === undefined ? [] : stillServes(session, drawn))],
    writes: placeAnew(session, key, record, placeOf(drawn)),
  };
}
