import { eligible, stateOf } from '../../domain/listener.js';
import type { ListenerState } from '../../domain/listener.js';
import { drawOne } from '../../domain/placement.js';
import { checkName } from '../../domain/report.js';
import { formatGeneration, numberOf } from '../generation.js';
import type {
  HeartbeatOptions,
  ListenerIdentity,
  ListenerView,
  Membership,
  TopicLoad,
} from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import { refusal } from '../refusals.js';
import type { MemoryDatabase } from './database.js';
import type { ListenerRecord } from './state.js';
import { giveAgain, measureTopic, sizeOf, topicOf } from './topics.js';

/** Gives the listener's name to a new registration, which is given all that is pending in the topic. */
export function join(database: MemoryDatabase, identity: ListenerIdentity): Membership {
  const { id, ttlMs, versions, program } = identity;
  checkName('listener', id);
  const { state, random } = database;
  const number = ++state.registrations;
  const generation = formatGeneration(number, random);
  const timestamp = database.now();
  const said = { id, ttlMs, versions, program };
  state.listeners.set(id, { ...said, generation, number, timestamp, fenced: false, isDraining: false });
  giveAgain(topicOf(state, id));
  database.bells.ring(id);
  return { ...said, generation, incarnation: state.incarnation };
}

/** The record that this membership holds. @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
export function findListener({ state }: MemoryDatabase, membership: Membership): ListenerRecord {
  const { id, generation, incarnation } = membership;
  const record = incarnation === state.incarnation ? state.listeners.get(id) : undefined;
  if (record?.generation === generation && !record.fenced) return record;
  throw refusal('listener', id, { holder: record?.number, mine: numberOf(generation) });
}

export function heartbeat(
  database: MemoryDatabase,
  membership: Membership,
  { done }: HeartbeatOptions = {},
): TopicLoad {
  const record = findListener(database, membership);
  record.timestamp = database.now();
  record.done = done;
  const { isDraining } = record;
  return { ...measureTopic(topicOf(database.state, membership.id), database.now()), isDraining };
}

export function drain({ state }: MemoryDatabase, id: string): boolean {
  const record = state.listeners.get(id);
  if (record !== undefined) record.isDraining = true;
  return record !== undefined;
}

/** Ends the registration where it still stands. */
export function leave(database: MemoryDatabase, { id, generation, incarnation }: Membership): void {
  const { state } = database;
  const isMine = state.incarnation === incarnation && state.listeners.get(id)?.generation === generation;
  if (!isMine) return;
  state.listeners.delete(id);
  if (sizeOf(topicOf(state, id)) === 0) state.topics.delete(id);
  database.bells.ring(id);
  database.bells.ring(UNASSIGNED);
}

/** Every registered listener, sorted by id. */
export function listListeners(database: MemoryDatabase): readonly ListenerView[] {
  return [...database.state.listeners.keys()]
    .sort()
    .map((id) => database.state.listeners.get(id))
    .filter((record) => record !== undefined)
    .map((record) => viewListener(database, record));
}

function viewListener(database: MemoryDatabase, record: ListenerRecord): ListenerView {
  const { id, ttlMs, versions, program, generation, timestamp, done } = record;
  const now = database.now();
  const backlog = sizeOf(topicOf(database.state, id));
  const standing = { state: judge(record, now), ageMs: now - timestamp, backlog };
  return { id, ttlMs, versions, program, generation, ...standing, done };
}

/** Those among whom topics are drawn now, by name. */
export function findCandidates(database: MemoryDatabase): readonly string[] {
  const now = database.now();
  const listeners = [...database.state.listeners.values()];
  return eligible(listeners.map((record) => ({ id: record.id, state: judge(record, now) }))).map(
    ({ id }) => id,
  );
}

/** Draws a place for one report: a topic, or UNASSIGNED where there are no candidates. */
export function drawPlace({ random }: MemoryDatabase, candidates: readonly string[]): string {
  return drawOne(candidates, random.next()) ?? UNASSIGNED;
}

/** A fenced listener is lapsed, whatever its timestamp says. */
export function judge(record: ListenerRecord, now: number): ListenerState {
  return record.fenced ? 'lapsed' : stateOf(now - record.timestamp, record.ttlMs, record.isDraining);
}
