import { keyOf } from '../../domain/report.js';
import type { ReportKey } from '../../domain/report.js';
import type { Delivery, DeliveryRef, Membership } from '../northbound.js';
import type { Inbox, Taken } from './inbox.js';
import { parsePointer } from './layout.js';
import type { ReportRecord } from './layout.js';
import { checkListener } from './listeners.js';
import { at, distinct, remove, unchanged } from './operations.js';
import type { KeyValue, Write } from './operations.js';
import { NOBODY, putRecord, readRecords } from './records.js';
import type { Found } from './records.js';
import { chunksOf, CONFLICT } from './session.js';
import type { Session } from './session.js';

/** Reports per transaction of an acknowledgement, each with a condition and two operations. */
const CHUNK = 60;

/**
 * Gives up to `max` of what waits in the inbox, oldest first.
 *
 * Content is read from the records alone. A pointer to what is not pending here is removed: it was forged.
 */
export async function giveReports(
  session: Session,
  membership: Membership,
  inbox: Inbox,
  max: number,
): Promise<readonly Delivery[]> {
  const taken = inbox.take(max);
  try {
    const found = await readTaken(session, membership, inbox, taken);
    const pending = found.filter(({ record }) => record?.place === membership.id);
    const forged = found.filter(({ record }) => record?.place !== membership.id);
    await removePointers(session, forged);
    for (const { pointer } of forged) inbox.forget(pointer);
    const news = pending.filter(({ stored, before }) => (stored?.modified ?? 0) > before);
    for (const one of news) inbox.noteGiven(one.pointer, one);
    return news.flatMap(({ key, record }) => toDelivery(key, record, session.now()));
  } catch (error) {
    inbox.putBack(taken);
    throw error;
  }
}

type Looked = Found & Taken;

/** @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
async function readTaken(
  session: Session,
  membership: Membership,
  inbox: Inbox,
  taken: readonly Taken[],
): Promise<readonly Looked[]> {
  const { keys } = session;
  const topic = keys.topic(membership.id);
  const wanted = taken.map(({ pointer }) => parsePointer(topic, pointer) ?? NOBODY);
  const { snapshot, found } = await readRecords(session, wanted, at(keys.listeners + membership.id));
  const [holder] = snapshot.answers;
  checkListener(membership, snapshot, holder?.kvs[0]);
  inbox.holder = holder?.kvs[0];
  return taken.flatMap((one, index) => {
    const record = found[index];
    return record === undefined ? [] : [{ ...one, ...record }];
  });
}

function toDelivery(key: ReportKey, record: ReportRecord | undefined, now: number): readonly Delivery[] {
  if (record === undefined) return [];
  const { revision, version, isDown, body, incarnation, publishedAt } = record;
  const waitedMs = Math.max(0, now - publishedAt);
  return [{ ...key, revision, version, isDown, body, incarnation, waitedMs }];
}

/** Unless what they point to has changed since: the watch then tells of it. */
async function removePointers(session: Session, forged: readonly Looked[]): Promise<void> {
  for (const chunk of chunksOf(forged, CHUNK)) {
    const when = chunk.map(({ key, stored }) => unchanged(session.keys.report(key), stored));
    await session.commit(
      distinct(when),
      chunk.map(({ pointer }) => remove(pointer)),
    );
  }
}

/** Takes off the topic what still is as it was delivered. */
export async function acknowledge(
  session: Session,
  membership: Membership,
  inbox: Inbox | undefined,
  deliveries: readonly DeliveryRef[],
): Promise<number> {
  const each = [...new Map(deliveries.map((delivery) => [keyOf(delivery), delivery])).values()];
  const chunks = each.length === 0 ? [[]] : chunksOf(each, CHUNK);
  const counts = await Promise.all(chunks.map((chunk) => takeOff(session, membership, inbox, chunk)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** First by what is remembered of the deliveries, which mostly is so still; then by what is read. */
async function takeOff(
  session: Session,
  membership: Membership,
  inbox: Inbox | undefined,
  deliveries: readonly DeliveryRef[],
): Promise<number> {
  const remembered = recallAll(session, membership, inbox, deliveries);
  const count =
    remembered === undefined ? undefined : await commitOff(session, membership, inbox, remembered);
  if (count !== undefined) return count;
  return session.untilCommitted(async () => {
    const read = await readAll(session, membership, deliveries);
    return read.found.length === 0 ? 0 : ((await commitOff(session, membership, inbox, read)) ?? CONFLICT);
  });
}

/** What is to be taken off, and the registration as it was when that was so. */
interface Pending {
  readonly holder: KeyValue | undefined;
  readonly found: readonly Found[];
}

function recallAll(
  session: Session,
  membership: Membership,
  inbox: Inbox | undefined,
  deliveries: readonly DeliveryRef[],
): Pending | undefined {
  const found = deliveries.flatMap((delivery) => {
    const one = inbox?.recall(session.keys.pointer(membership.id, delivery));
    return one?.record?.revision === delivery.revision ? [one] : [];
  });
  const isKnown = found.length === deliveries.length && found.length > 0;
  return isKnown && session.incarnation === membership.incarnation
    ? { holder: inbox?.holder, found }
    : undefined;
}

/** @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
async function readAll(
  session: Session,
  membership: Membership,
  deliveries: readonly DeliveryRef[],
): Promise<Pending> {
  const holderKey = session.keys.listeners + membership.id;
  const { snapshot, found } = await readRecords(session, deliveries, at(holderKey));
  const [holder] = snapshot.answers;
  checkListener(membership, snapshot, holder?.kvs[0]);
  const pending = found.filter(
    ({ record }, index) => record?.place === membership.id && record.revision === deliveries[index]?.revision,
  );
  return { holder: holder?.kvs[0], found: pending };
}

/** @returns undefined where it is no longer so. */
async function commitOff(
  session: Session,
  membership: Membership,
  inbox: Inbox | undefined,
  { holder, found }: Pending,
): Promise<number | undefined> {
  const { keys } = session;
  const when = found.map(({ key, stored }) => unchanged(keys.report(key), stored));
  const then = found.flatMap((one) => writesOff(session, membership, one));
  const isHolder = unchanged(keys.listeners + membership.id, holder);
  if ((await session.commit([isHolder, ...distinct(when)], then)) === undefined) return undefined;
  for (const { key } of found) inbox?.forget(keys.pointer(membership.id, key));
  return found.length;
}

/** A record that says DOWN is collected; every other outlives its acknowledgement. */
function writesOff(session: Session, { id }: Membership, { key, record }: Found): readonly Write[] {
  const { keys } = session;
  const isKept = record !== undefined && !record.isDown;
  return [
    isKept ? putRecord(session, key, { ...record, place: undefined }) : remove(keys.report(key)),
    remove(keys.pointer(id, key)),
  ];
}
