import { PortStatusError } from '../../domain/errors.js';
import { eligible, stateOf } from '../../domain/listener.js';
import type { ListenerState } from '../../domain/listener.js';
import { drawOne } from '../../domain/placement.js';
import { checkName } from '../../domain/report.js';
import { formatGeneration, numberOf } from '../generation.js';
import type { ListenerIdentity, ListenerView, Membership, TopicLoad, WorkDone } from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import { refusal } from '../refusals.js';
import { ENGINE, isNotFound } from './faults.js';
import { decodeAlive, decodeListener } from './layout.js';
import type { ListenerRecord } from './layout.js';
import { endLease, grantLease, keepLease, secondsOf } from './leases.js';
import { at, exists, put, remove, unchanged, under } from './operations.js';
import type { Condition, KeyValue, Range, RangeAnswer, Write } from './operations.js';
import { CONFLICT } from './session.js';
import type { Commit, Session, Snapshot } from './session.js';
import { measureTopic, topicRanges } from './topic-load.js';

/** The shortest lease that etcd gives: one and a half elections of the usual second, in whole seconds. */
const LEAST_TTL_MS = 2000;

/** A registration and its sign of life, each as it was read. */
export interface Listener extends ListenerRecord {
  readonly id: string;
  readonly stored: KeyValue;
  /** Absent: its lease has ended. */
  readonly alive: KeyValue | undefined;
}

export interface Joined {
  readonly membership: Membership;
  /** Of the data when it joined. */
  readonly revision: number;
}

export interface Beat {
  readonly load: TopicLoad;
  /** Of the data when its timestamp was written. */
  readonly revision: number;
  readonly pulse: Pulse;
}

/** What a heartbeat found, so that the next one asks for nothing before it writes. */
export interface Pulse {
  readonly listener: KeyValue;
  readonly lease: string;
}

/** What is known where a heartbeat is sent. */
export interface BeforeBeat {
  readonly pulse: Pulse | undefined;
  /** As `topicRanges` takes it. */
  readonly oldest: string | undefined;
  /** What it says with it. */
  readonly done: WorkDone | undefined;
}

/** Gives the listener's name to a new registration, which is given all that is pending in the topic. */
export async function join(session: Session, identity: ListenerIdentity): Promise<Joined> {
  const { id, ttlMs, versions, program } = identity;
  checkName('listener', id);
  checkTtl(ttlMs);
  const { keys } = session;
  return session.untilCommitted(async () => {
    const { incarnation, revision, answers } = await session.read(at(keys.listeners + id));
    const generation = formatGeneration(revision, session.random);
    const said = { ttlMs, versions, program };
    const lease = await grantLease(session, secondsOf(ttlMs));
    const then = [
      putListener(session, id, { generation, number: revision, ...said }),
      putAlive(session, { id, generation }, lease),
      remove(keys.left + id),
    ];
    const commit = await session.commit([unchanged(keys.listeners + id, answers[0]?.kvs[0])], then);
    if (commit === undefined) return CONFLICT;
    return { membership: { id, ...said, generation, incarnation }, revision: commit.revision };
  });
}

function checkTtl(ttlMs: number): void {
  if (ttlMs >= LEAST_TTL_MS) return;
  throw new PortStatusError(
    'CONFIG',
    `northbound database (${ENGINE}): listener.ttlMs must be at least ${LEAST_TTL_MS}, the shortest lease that etcd gives; got ${ttlMs}`,
  );
}

/** The record that this membership holds. @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
export function checkListener(
  { id, generation, incarnation }: Membership,
  snapshot: Pick<Snapshot, 'incarnation'>,
  found: KeyValue | undefined,
): ListenerRecord {
  const record = incarnation === snapshot.incarnation ? decodeListener(found?.value) : undefined;
  if (record?.generation === generation && record.isFenced !== true) return record;
  throw refusal('listener', id, { holder: record?.number, mine: numberOf(generation) });
}

/**
 * Keeps the lease, and writes the timestamp. A listener that has lapsed and that nobody has taken over yet gets a new
 * lease: adopters fence it in a transaction that finds it without one, so one of the two comes first.
 *
 * Where nothing has changed since the last, all is asked for at once: in a storm each trip waits behind all that is
 * published.
 */
export async function heartbeat(session: Session, membership: Membership, before: BeforeBeat): Promise<Beat> {
  const { pulse } = before;
  const isKnown = pulse !== undefined && session.incarnation === membership.incarnation;
  const again = isKnown ? await beatAgain(session, membership, { ...before, pulse }) : undefined;
  return again ?? session.untilCommitted(() => beatAnew(session, membership, before));
}

/** Undefined where something has changed; then nothing was written, or what was written does no harm. */
async function beatAgain(
  session: Session,
  membership: Membership,
  { pulse, oldest, done }: BeforeBeat & { readonly pulse: Pulse },
): Promise<Beat | undefined> {
  const { keys } = session;
  const asked = [under(keys.doubts), ...topicRanges(keys, membership.id, oldest)];
  const [lease, commit] = await Promise.all([
    keepLease(session, pulse.lease, secondsOf(membership.ttlMs)),
    writeAlive(session, membership, { ...pulse, done }, asked),
  ]);
  if (commit === undefined || lease !== pulse.lease) return undefined;
  const [doubts, ...topic] = commit.answers;
  return doubts?.kvs.length === 0 ? toBeat(session, topic, commit, pulse) : undefined;
}

async function beatAnew(
  session: Session,
  membership: Membership,
  { oldest, done }: BeforeBeat,
): Promise<Beat | typeof CONFLICT> {
  const { id, ttlMs } = membership;
  const { keys } = session;
  const asked = [
    at(keys.listeners + id),
    at(keys.alive + id),
    under(keys.doubts),
    ...topicRanges(keys, id, oldest),
  ];
  const snapshot = await session.read(...asked);
  const [found, alive, doubts, ...topic] = snapshot.answers;
  const listener = found?.kvs[0];
  if (await session.heedDoubts(doubts)) return CONFLICT;
  checkListener(membership, snapshot, listener);
  if (listener === undefined) return CONFLICT;
  const lease = await keepLease(session, alive?.kvs[0]?.lease ?? '0', secondsOf(ttlMs));
  const commit = await writeAlive(session, membership, { listener, lease, done });
  return commit === undefined ? CONFLICT : toBeat(session, topic, commit, { listener, lease });
}

function toBeat(session: Session, topic: readonly RangeAnswer[], { revision }: Commit, pulse: Pulse): Beat {
  const { isDraining = false } = decodeListener(pulse.listener.value) ?? {};
  return { load: { ...measureTopic(topic, session.now()), isDraining }, revision, pulse };
}

/** Undefined also where the lease ended just now. */
async function writeAlive(
  session: Session,
  { id, generation }: Membership,
  { listener, lease, done }: Pulse & Pick<BeforeBeat, 'done'>,
  asked?: readonly Range[],
): Promise<Commit | undefined> {
  const isOurs = unchanged(session.keys.listeners + id, listener);
  try {
    return await session.commit([isOurs], [putAlive(session, { id, generation, done }, lease)], asked);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export async function drain(session: Session, id: string): Promise<boolean> {
  return session.untilCommitted(async () => {
    const { answers } = await session.read(at(session.keys.listeners + id));
    const found = answers[0]?.kvs[0];
    const record = decodeListener(found?.value);
    if (found === undefined || record === undefined) return false;
    const then = [putListener(session, id, { ...record, isDraining: true })];
    return (await session.commit([unchanged(found.key, found)], then)) === undefined ? CONFLICT : true;
  });
}

/** Ends the registration where it still stands, and leaves the topic to be taken over. */
export async function leave(session: Session, { id, generation, incarnation }: Membership): Promise<void> {
  const { keys } = session;
  const lease = await session.untilCommitted(async () => {
    const snapshot = await session.read(at(keys.listeners + id), at(keys.alive + id));
    const [found, alive] = snapshot.answers.map(({ kvs }) => kvs[0]);
    const isMine = decodeListener(found?.value)?.generation === generation;
    if (!isMine || incarnation !== snapshot.incarnation) return '0';
    const then = [remove(keys.listeners + id), remove(keys.alive + id), put(keys.left + id, '')];
    const commit = await session.commit([unchanged(keys.listeners + id, found)], then);
    return commit === undefined ? CONFLICT : (alive?.lease ?? '0');
  });
  await endLease(session, lease);
}

/** Every registered listener, sorted by id. */
export async function listListeners(session: Session): Promise<readonly ListenerView[]> {
  const { answers } = await session.read(...listenerRanges(session));
  const [stored, alive] = answers;
  const listeners = toListeners(session, stored, alive);
  return Promise.all(listeners.map((listener) => viewListener(session, listener)));
}

async function viewListener(session: Session, listener: Listener): Promise<ListenerView> {
  const { id, ttlMs, versions, program, generation, alive } = listener;
  const [silence, load] = await Promise.all([
    alive === undefined ? Infinity : session.database.ages.measure(alive, session.signal),
    session.read(under(session.keys.topic(id), { wanted: 'count' })),
  ]);
  const standing = { state: judge(listener, silence), ageMs: Math.min(silence, ttlMs + 1) };
  const backlog = load.answers[0]?.count ?? 0;
  const { done } = decodeAlive(alive?.value) ?? {};
  return { id, ttlMs, versions, program, generation, ...standing, backlog, done };
}

/** What `toListeners` makes listeners of. */
export function listenerRanges({ keys }: Session): readonly [Range, Range] {
  return [under(keys.listeners), under(keys.alive)];
}

export function toListeners(
  { keys }: Session,
  stored: RangeAnswer | undefined,
  alive: RangeAnswer | undefined,
): readonly Listener[] {
  const lives = new Map(alive?.kvs.map((kv) => [kv.key.slice(keys.alive.length), kv]));
  return (stored?.kvs ?? []).flatMap((kv) => {
    const id = kv.key.slice(keys.listeners.length);
    const record = decodeListener(kv.value);
    return record === undefined ? [] : [{ ...record, id, stored: kv, alive: lives.get(id) }];
  });
}

/** Those among whom topics are drawn now. */
export async function findCandidates(
  session: Session,
  listeners: readonly Listener[],
): Promise<readonly Listener[]> {
  const { ages } = session.database;
  const judged = await Promise.all(
    listeners.map(async (listener) => {
      const { alive, ttlMs } = listener;
      const silence = alive === undefined ? Infinity : await ages.ageOf(alive, ttlMs, session.signal);
      return { ...listener, state: judge(listener, silence) };
    }),
  );
  return eligible(judged);
}

/** Draws a listener for one report; undefined where there are no candidates. */
export function drawListener({ random }: Session, candidates: readonly Listener[]): Listener | undefined {
  return drawOne(candidates, random.next());
}

export function placeOf(listener: Listener | undefined): string {
  return listener?.id ?? UNASSIGNED;
}

/** Whether what waits in its topic will be found there: it is not being taken over. */
export function isServed({ isFenced }: Listener): boolean {
  return isFenced !== true;
}

/** That a listener which was drawn is still registered, neither fenced nor told to leave, and has not lapsed. */
export function stillServes({ keys }: Session, { id, stored }: Listener): readonly Condition[] {
  return [unchanged(stored.key, stored), exists(keys.alive + id)];
}

/** A fenced listener is lapsed, whatever its lease says; one whose lease has not ended is not. */
export function judge({ isFenced, isDraining, alive, ttlMs }: Listener, silence: number): ListenerState {
  if (isFenced === true || alive === undefined) return 'lapsed';
  return stateOf(Math.min(silence, ttlMs), ttlMs, isDraining === true);
}

export function putListener({ keys }: Session, id: string, record: ListenerRecord): Write {
  return put(keys.listeners + id, JSON.stringify(record));
}

function putAlive(
  session: Session,
  { id, generation, done }: Pick<Membership, 'id' | 'generation'> & Partial<Pick<BeforeBeat, 'done'>>,
  lease: string,
): Write {
  const alive = { generation, timestamp: session.now(), done };
  return put(session.keys.alive + id, JSON.stringify(alive), lease);
}
