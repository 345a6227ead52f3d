import type { Envelope } from '../../domain/wire.js';
import { checkEnvelopes, greatestRevision } from '../envelopes.js';
import type { ChassisRegistration } from '../northbound.js';
import { checkChassis, registrationKey, revisionKey } from './chassis.js';
import { decodeRevision } from './layout.js';
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
import { at, distinct, MOST_OPERATIONS, put, remove, thatFit, unchanged } from './operations.js';
import type { KeyValue, Plan } from './operations.js';
import { placeAnew, readRecords } from './records.js';
import type { Found } from './records.js';
import { CONFLICT } from './session.js';
import type { Session } from './session.js';

/** What a transaction of `publish` has beside its reports: incarnation, registration and revision; the revision. */
const BESIDE = { conditions: 3, writes: 1 };

/** What a publish is decided upon. */
interface View {
  readonly registration: KeyValue | undefined;
  readonly revision: KeyValue | undefined;
  readonly listeners: readonly Listener[];
  readonly candidates: readonly Listener[];
  readonly records: ReadonlyMap<string, Found>;
}

/** Stores the reports that are not late, with their places, in the order of their revisions. */
export async function publish(
  session: Session,
  registration: ChassisRegistration,
  envelopes: readonly Envelope[],
): Promise<{ readonly stored: number; readonly late: number }> {
  checkEnvelopes(registration.chassis, envelopes);
  let view = await look(session, registration, envelopes);
  const before = decodeRevision(view.revision?.value) ?? 0;
  const fresh = envelopes.filter(({ revision }) => revision > before);
  let waiting = fresh.sort((one, other) => one.revision - other.revision);
  let stored = 0;
  while (waiting.length > 0) {
    const done = await session.untilCommitted(async () => {
      waiting = waiting.filter((envelope) => !isOvertaken(envelope, view, registration.incarnation));
      const commit = await storeFirst(session, registration, waiting, view);
      view = commit === undefined ? await look(session, registration, waiting) : { ...view, ...commit };
      return commit?.stored ?? CONFLICT;
    });
    waiting = waiting.slice(done);
    stored += done;
  }
  return { stored, late: envelopes.length - stored };
}

/** @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
async function look(
  session: Session,
  registration: ChassisRegistration,
  envelopes: readonly Envelope[],
): Promise<View> {
  const { keys, database } = session;
  const { chassis } = registration;
  const asked = [
    at(registrationKey(keys, chassis)),
    at(revisionKey(keys, chassis)),
    ...listenerRanges(session),
  ];
  const { snapshot, found } = await readRecords(session, envelopes, ...asked);
  const [holder, revision, stored, alive] = snapshot.answers;
  if (database.vigil.isLost(revisionKey(keys, chassis), revision?.kvs[0])) {
    await session.mournLoss(chassis);
    return look(session, registration, envelopes);
  }
  checkChassis(registration, snapshot, holder?.kvs[0]);
  const listeners = toListeners(session, stored, alive);
  return {
    registration: holder?.kvs[0],
    revision: revision?.kvs[0],
    listeners,
    candidates: await findCandidates(session, listeners),
    records: new Map(found.map((one) => [one.key.portId, one])),
  };
}

/** Stores as many as one transaction takes. @returns undefined where something has changed since the look. */
async function storeFirst(
  session: Session,
  registration: ChassisRegistration,
  waiting: readonly Envelope[],
  view: View,
): Promise<(Pick<View, 'revision'> & { readonly stored: number }) | undefined> {
  const { chassis, incarnation } = registration;
  const first = waiting.slice(0, MOST_OPERATIONS / 2);
  const plans = thatFit(
    first.map((envelope) => planStore(session, envelope, view, incarnation)),
    BESIDE,
  );
  const key = revisionKey(session.keys, chassis);
  const before = decodeRevision(view.revision?.value) ?? 0;
  const value = String(greatestRevision(first.slice(0, plans.length), before));
  const commit = await session.commit(
    [
      unchanged(registrationKey(session.keys, chassis), view.registration),
      unchanged(key, view.revision),
      ...distinct(plans.flatMap(({ conditions }) => conditions)),
    ],
    [put(key, value), ...plans.flatMap(({ writes }) => writes)],
  );
  if (commit === undefined) return undefined;
  session.database.vigil.expect(key, commit.revision);
  const revision = { key, value, created: 0, modified: commit.revision, lease: '0' };
  return { revision, stored: plans.length };
}

/** Whether another call has stored something newer of the port since this one began. */
function isOvertaken({ portId, revision }: Envelope, { records }: View, incarnation: string): boolean {
  const record = records.get(portId)?.record;
  return record?.incarnation === incarnation && record.revision >= revision;
}

/** A report that waits where somebody will find it stays; else a draw. Written again, its pointer is news for who was given it. */
function planStore(session: Session, envelope: Envelope, view: View, incarnation: string): Plan {
  const { portId, chassis, revision, version, isDown, body } = envelope;
  const key = { portId, chassis };
  const { stored, record: old } = view.records.get(portId) ?? {};
  const server = findServer(view, old);
  const drawn = server === undefined ? drawListener(session, view.candidates) : undefined;
  const place = placeOf(server ?? drawn);
  const now = session.now();
  const pendingSince = old?.place === undefined ? now : old.pendingSince;
  const record = { revision, version, isDown, body, incarnation, publishedAt: now, pendingSince };
  const leaves = old?.place === undefined || old.place === place ? [] : [old.place];
  return {
    conditions: [
      unchanged(session.keys.report(key), stored),
      ...(server === undefined ? [] : [unchanged(server.stored.key, server.stored)]),
      ...(drawn === undefined ? [] : stillServes(session, drawn)),
    ],
    writes: [
      ...placeAnew(session, key, record, place),
      ...leaves.map((before) => remove(session.keys.pointer(before, key))),
    ],
  };
}

/** The listener in whose topic the report waits, where it is registered and not being taken over. */
function findServer({ listeners }: View, old: ReportRecord | undefined): Listener | undefined {
  return listeners.find((listener) => listener.id === old?.place && isServed(listener));
}
