import type { Adoption, Membership } from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import { decodeListener, parsePointer } from './layout.js';
import {
  checkListener,
  drawListener,
  findCandidates,
  listenerRanges,
  putListener,
  stillServes,
  toListeners,
} from './listeners.js';
import type { Listener } from './listeners.js';
import { absent, at, distinct, remove, unchanged, under } from './operations.js';
import type { KeyValue, Plan } from './operations.js';
import { NOBODY, placeAnew, readRecords } from './records.js';
import type { Found } from './records.js';
import { chunksOf, CONFLICT } from './session.js';
import type { Session } from './session.js';
import { listTopic } from './topics.js';

/** Reports per transaction: each costs three writes, one condition of its own, and two for a listener that is drawn. */
const CHUNK = 41;

/** Transactions at a time. */
const SIDE_BY_SIDE = 4;

/** A topic that nobody handles, and what is deleted when it is empty. */
interface Abandoned {
  readonly place: string;
  /** The registration of a lapsed listener, or the mark of one that left; absent for the unassigned. */
  readonly mark: KeyValue | undefined;
  readonly isLapsed: boolean;
}

/** Moves up to `max` reports that nobody handles to listeners drawn for each. */
export async function adopt(session: Session, membership: Membership, max: number): Promise<Adoption> {
  const view = await look(session, membership);
  const abandoned = view.candidates.length === 0 ? [] : await findAbandoned(session, membership, view);
  let moved = 0;
  for (const topic of abandoned) moved += await moveAll(session, membership, topic, max - moved);
  const filled: Abandoned[] = [];
  const takenOver: string[] = [];
  for (const topic of abandoned) {
    if (await hasPending(session, topic.place)) filled.push(topic);
    else if ((await endTopic(session, topic)) && topic.isLapsed) takenOver.push(topic.place);
  }
  return { moved, takenOver, more: filled.length > 0 };
}

interface View {
  readonly holder: KeyValue | undefined;
  readonly listeners: readonly Listener[];
  readonly candidates: readonly Listener[];
  readonly left: readonly KeyValue[];
  readonly hasUnassigned: boolean;
}

/** @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
async function look(session: Session, membership: Membership): Promise<View> {
  const { keys } = session;
  const unassigned = under(keys.topic(UNASSIGNED), { limit: 1, wanted: 'keys' });
  const asked = [
    at(keys.listeners + membership.id),
    ...listenerRanges(session),
    under(keys.left),
    unassigned,
  ];
  const snapshot = await session.read(...asked);
  const [holder, stored, alive, left, orphans] = snapshot.answers;
  checkListener(membership, snapshot, holder?.kvs[0]);
  const listeners = toListeners(session, stored, alive);
  return {
    holder: holder?.kvs[0],
    listeners,
    candidates: await findCandidates(session, listeners),
    left: left?.kvs ?? [],
    hasUnassigned: (orphans?.kvs.length ?? 0) > 0,
  };
}

async function findAbandoned(
  session: Session,
  membership: Membership,
  view: View,
): Promise<readonly Abandoned[]> {
  const { left } = session.keys;
  const silent = view.listeners.filter((listener) => listener.id !== membership.id && isSilent(listener));
  const lapsed = await Promise.all(silent.map(async ({ id }) => fence(session, membership, id)));
  return [
    ...(view.hasUnassigned ? [{ place: UNASSIGNED, mark: undefined, isLapsed: false }] : []),
    ...view.left.map((mark) => ({ place: mark.key.slice(left.length), mark, isLapsed: false })),
    ...lapsed.flat(),
  ];
}

/** From here on this listener can only join anew. @returns nothing where it has come back to life, or was ended by others. */
async function fence(session: Session, membership: Membership, id: string): Promise<readonly Abandoned[]> {
  const { keys } = session;
  return session.untilCommitted(async () => {
    const { holder, listeners } = await look(session, membership);
    const stored = listeners.find((one) => one.id === id && isSilent(one))?.stored;
    const record = decodeListener(stored?.value);
    if (stored === undefined || record === undefined) return [];
    if (record.isFenced === true) return [{ place: id, mark: stored, isLapsed: true }];
    const isStill = [unchanged(keys.listeners + membership.id, holder), unchanged(stored.key, stored)];
    const then = [putListener(session, id, { ...record, isFenced: true })];
    const commit = await session.commit([...isStill, absent(keys.alive + id)], then);
    if (commit === undefined) return CONFLICT;
    return [{ place: id, mark: { ...stored, modified: commit.revision }, isLapsed: true }];
  });
}

function isSilent({ alive, isFenced }: Listener): boolean {
  return isFenced === true || alive === undefined;
}

interface Progress {
  readonly moved: number;
  /** What is no longer in the topic: moved, or never to be found there. */
  readonly done: number;
}

/** Until so many are moved or none is left: what another adopter has moved meanwhile does not count. */
async function moveAll(
  session: Session,
  membership: Membership,
  topic: Abandoned,
  max: number,
): Promise<number> {
  for (let moved = 0; ;) {
    const pointers = moved < max ? await listTopic(session, topic.place, max - moved) : [];
    let done = 0;
    for (const some of chunksOf(pointers, CHUNK * SIDE_BY_SIDE)) {
      const chunks = chunksOf(some, CHUNK).map((chunk) =>
        session.untilCommitted(() => moveChunk(session, membership, topic, chunk)),
      );
      for (const progress of await Promise.all(chunks)) {
        moved += progress.moved;
        done += progress.done;
      }
    }
    if (done === 0) return moved;
  }
}

async function moveChunk(
  session: Session,
  membership: Membership,
  { place, mark }: Abandoned,
  pointers: readonly KeyValue[],
): Promise<Progress | typeof CONFLICT> {
  const { keys } = session;
  const holderKey = keys.listeners + membership.id;
  const markKey = mark?.key ?? keys.meta;
  const wanted = pointers.map(({ key }) => parsePointer(keys.topic(place), key) ?? NOBODY);
  const asked = [at(holderKey), at(markKey), ...listenerRanges(session)];
  const { snapshot, found } = await readRecords(session, wanted, ...asked);
  const [holder, marked, stored, alive] = snapshot.answers;
  checkListener(membership, snapshot, holder?.kvs[0]);
  const candidates = await findCandidates(session, toListeners(session, stored, alive));
  const isOver = mark !== undefined && marked?.kvs[0]?.modified !== mark.modified;
  if (isOver || candidates.length === 0) return { moved: 0, done: 0 };
  const moves = found.map((one, index) =>
    planMove(session, { ...one, pointer: pointers[index]?.key ?? '' }, place, candidates),
  );
  const when = [
    unchanged(holderKey, holder?.kvs[0]),
    unchanged(markKey, marked?.kvs[0]),
    ...distinct(moves.flatMap(({ conditions }) => conditions)),
  ];
  const commit = await session.commit(
    when,
    moves.flatMap(({ writes }) => writes),
  );
  if (commit === undefined) return CONFLICT;
  return { moved: moves.filter(({ isMove }) => isMove).length, done: moves.length };
}

interface Move extends Plan {
  /** Or only the removal of a pointer to what is not pending there. */
  readonly isMove: boolean;
}

function planMove(
  session: Session,
  { key, stored, record, pointer }: Found & { readonly pointer: string },
  place: string,
  candidates: readonly Listener[],
): Move {
  const isSame = unchanged(session.keys.report(key), stored);
  const drawn = drawListener(session, candidates);
  if (record?.place !== place || drawn === undefined)
    return { isMove: false, conditions: [isSame], writes: [remove(pointer)] };
  return {
    isMove: true,
    conditions: [isSame, ...stillServes(session, drawn)],
    writes: [...placeAnew(session, key, record, drawn.id), remove(pointer)],
  };
}

async function hasPending(session: Session, place: string): Promise<boolean> {
  const { answers } = await session.read(under(session.keys.topic(place), { limit: 1, wanted: 'keys' }));
  return (answers[0]?.kvs.length ?? 0) > 0;
}

/** Deletes the registration, or the mark, of an empty topic. @returns false where it was another's by then. */
async function endTopic(session: Session, { mark }: Abandoned): Promise<boolean> {
  if (mark === undefined) return true;
  return (await session.commit([unchanged(mark.key, mark)], [remove(mark.key)])) !== undefined;
}
