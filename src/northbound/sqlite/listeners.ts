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
  WorkDone,
} from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import { refusal } from '../refusals.js';
import { addDone } from './layout.js';
import { countRegistration, incarnationOf } from './meta.js';
import type { Session } from './session.js';

export interface ListenerRow {
  readonly id: string;
  readonly ttl_ms: number;
  readonly versions: string;
  readonly program: string;
  readonly generation: string;
  readonly number: number;
  readonly cursor: number;
  readonly fenced: 0 | 1;
  readonly draining: 0 | 1;
  readonly timestamp: number;
  /** JSON; absent where the table was made by a program that did not know of it. */
  readonly done?: string | null;
}

/** Gives the listener's name to a new registration, which is given all that is pending in the topic. */
export function join(session: Session, { id, ttlMs, versions, program }: ListenerIdentity): Membership {
  checkName('listener', id);
  const number = countRegistration(session);
  const generation = formatGeneration(number, session.random);
  session.run(
    `INSERT OR REPLACE INTO listeners (id, ttl_ms, versions, program, generation, number, timestamp)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    id,
    ttlMs,
    JSON.stringify(versions),
    program,
    generation,
    number,
    session.now(),
  );
  session.ring(id);
  return { id, ttlMs, versions, program, generation, incarnation: incarnationOf(session) };
}

/** The record that this membership holds. @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
export function findListener(session: Session, membership: Membership): ListenerRow {
  const { id, generation, incarnation } = membership;
  const row = incarnation === incarnationOf(session) ? findRow(session, id) : undefined;
  if (row?.generation === generation && row.fenced === 0) return row;
  throw refusal('listener', id, { holder: row?.number, mine: numberOf(generation) });
}

function findRow(session: Session, id: string): ListenerRow | undefined {
  return session.rows<ListenerRow>('SELECT * FROM listeners WHERE id = ?', id)[0];
}

/** Also rings where something waits: a ring that was lost costs no more than this. */
export function heartbeat(
  session: Session,
  membership: Membership,
  { done }: HeartbeatOptions = {},
): TopicLoad {
  const row = findListener(session, membership);
  if (row.done === undefined) addDone(session);
  const said = done === undefined ? null : JSON.stringify(done);
  session.run('UPDATE listeners SET timestamp = ?, done = ? WHERE id = ?', session.now(), said, row.id);
  if (hasWaiting(session, row)) session.ring(row.id);
  return { ...measureTopic(session, row.id), isDraining: row.draining === 1 };
}

export function drain(session: Session, id: string): boolean {
  return session.run('UPDATE listeners SET draining = 1 WHERE id = ?', id) > 0;
}

/** Whether the topic holds what the listener was not given yet. */
export function hasWaiting(session: Session, { id, cursor }: Pick<ListenerRow, 'id' | 'cursor'>): boolean {
  return (
    session.rows('SELECT 1 FROM reports WHERE place = ? AND sequence > ? LIMIT 1', id, cursor).length > 0
  );
}

/** Counting costs what is pending: about 10 ms per 100,000 reports. */
export function measureTopic(session: Session, id: string): Omit<TopicLoad, 'isDraining'> {
  const [count] = session.rows<{ readonly backlog: number }>(
    'SELECT count(*) AS backlog FROM reports WHERE place = ?',
    id,
  );
  const [oldest] = session.rows<{ readonly pending_since: number }>(
    'SELECT pending_since FROM reports WHERE place = ? ORDER BY sequence LIMIT 1',
    id,
  );
  const oldestMs = oldest === undefined ? 0 : Math.max(0, session.now() - oldest.pending_since);
  return { backlog: count?.backlog ?? 0, oldestMs };
}

/** Ends the registration where it still stands. */
export function leave(session: Session, { id, generation, incarnation }: Membership): void {
  if (incarnation !== incarnationOf(session)) return;
  session.run('DELETE FROM listeners WHERE id = ? AND generation = ?', id, generation);
  session.ring(id);
  session.ring(UNASSIGNED);
}

/** Every registered listener, sorted by id. */
export function listListeners(session: Session): readonly ListenerView[] {
  const rows = session.rows<ListenerRow & { readonly backlog: number }>(
    `SELECT *, (SELECT count(*) FROM reports WHERE place = listeners.id) AS backlog
     FROM listeners ORDER BY id`,
  );
  return rows.map((row) => viewListener(row, row.backlog, session.now()));
}

function viewListener(row: ListenerRow, backlog: number, now: number): ListenerView {
  const { id, ttl_ms: ttlMs, program, generation, timestamp } = row;
  const versions = JSON.parse(row.versions) as readonly number[];
  const ageMs = Math.max(0, now - timestamp);
  const done = typeof row.done === 'string' ? (JSON.parse(row.done) as WorkDone) : undefined;
  return { id, ttlMs, versions, program, generation, state: judge(row, now), ageMs, backlog, done };
}

/** Those among whom topics are drawn now, by name. */
export function findCandidates(session: Session): readonly string[] {
  const now = session.now();
  const rows = session.rows<ListenerRow>('SELECT * FROM listeners');
  return eligible(rows.map((row) => ({ id: row.id, state: judge(row, now) }))).map(({ id }) => id);
}

/** Draws a place for one report: a topic, or UNASSIGNED where there are no candidates. */
export function drawPlace({ random }: Session, candidates: readonly string[]): string {
  return drawOne(candidates, random.next()) ?? UNASSIGNED;
}

/** A fenced listener is lapsed, whatever its timestamp says. */
export function judge(row: ListenerRow, now: number): ListenerState {
  return row.fenced === 1 ? 'lapsed' : stateOf(now - row.timestamp, row.ttl_ms, row.draining === 1);
}
