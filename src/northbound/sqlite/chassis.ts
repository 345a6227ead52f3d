import { checkName } from '../../domain/report.js';
import type { ChassisNote, ChassisRegistration, ChassisStanding, ChassisView } from '../northbound.js';
import { refusal } from '../refusals.js';
import { incarnationOf } from './meta.js';
import type { Session } from './session.js';

interface ChassisRow {
  readonly chassis: string;
  readonly token: string;
  readonly number: number;
  readonly max_revision: number;
  readonly complete: number | null;
  readonly complete_incarnation: string | null;
  readonly hold: string | null;
  readonly approved: string | null;
  readonly version: string | null;
  readonly words: number;
  readonly timestamp: number;
}

/** Gives the name of a chassis to a new registration; what is stored of it stays. */
export function registerChassis(session: Session, chassis: string): ChassisRegistration {
  checkName('chassis', chassis);
  const token = session.random.id();
  session.run(
    `INSERT INTO chassis (chassis, token, number, timestamp) VALUES (?, ?, 1, ?) ON CONFLICT DO UPDATE
     SET token = excluded.token, number = number + 1, timestamp = excluded.timestamp, words = words + 1`,
    chassis,
    token,
    session.now(),
  );
  const row = findRow(session, chassis);
  const incarnation = incarnationOf(session);
  return { chassis, token, number: row?.number ?? 1, maxRevision: row?.max_revision ?? 0, incarnation };
}

/** Gives the name of a chassis that is silent to the caller, under the same number: its agent is not fenced by it. */
export function takeOverChassis(
  session: Session,
  chassis: string,
  beat: string,
): ChassisRegistration | undefined {
  const row = findRow(session, chassis);
  if (row === undefined || beatOf(row) !== beat) return undefined;
  const token = session.random.id();
  session.run('UPDATE chassis SET token = ? WHERE chassis = ?', token, chassis);
  const incarnation = incarnationOf(session);
  return { chassis, token, number: row.number, maxRevision: row.max_revision, incarnation };
}

/** The record that this registration holds. @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
export function findChassis(session: Session, registration: ChassisRegistration): ChassisRow {
  const { chassis, token, number, incarnation } = registration;
  const row = incarnation === incarnationOf(session) ? findRow(session, chassis) : undefined;
  if (row?.token === token) return row;
  throw refusal('chassis', chassis, { holder: row?.number, mine: number });
}

function findRow(session: Session, chassis: string): ChassisRow | undefined {
  return session.rows<ChassisRow>('SELECT * FROM chassis WHERE chassis = ?', chassis)[0];
}

export function keepChassis(
  session: Session,
  registration: ChassisRegistration,
  { complete, hold, version }: ChassisNote,
): ChassisStanding {
  const { chassis, approved, ...row } = findChassis(session, registration);
  session.run(
    `UPDATE chassis SET timestamp = ?, words = words + 1, hold = ?, version = ?, complete = ?,
       complete_incarnation = ? WHERE chassis = ?`,
    session.now(),
    hold === undefined ? null : JSON.stringify(hold),
    version,
    complete ?? row.complete,
    complete === undefined ? row.complete_incarnation : registration.incarnation,
    chassis,
  );
  const listeners = session.rows<{ readonly versions: string }>('SELECT versions FROM listeners');
  const listenerVersions = listeners.map(({ versions }) => JSON.parse(versions) as readonly number[]);
  return { approved: approved ?? undefined, listenerVersions };
}

export function approveHold(session: Session, chassis: string): boolean {
  const approve = `UPDATE chassis SET approved = hold ->> 'id' WHERE chassis = ? AND hold IS NOT NULL`;
  return session.run(approve, chassis) > 0;
}

export function approveSilence(session: Session, chassis: string, beat: string): boolean {
  const row = findRow(session, chassis);
  if (row === undefined || beatOf(row) !== beat) return false;
  return session.run('UPDATE chassis SET approved = ? WHERE chassis = ?', beat, chassis) > 0;
}

/** All chassis, or those named that are known, sorted by name. */
export function listChassis(session: Session, names?: readonly string[]): readonly ChassisView[] {
  const rows =
    names === undefined
      ? session.rows<ChassisRow>('SELECT * FROM chassis ORDER BY chassis')
      : session.rows<ChassisRow>(
          'SELECT * FROM chassis WHERE chassis IN (SELECT value FROM json_each(?)) ORDER BY chassis',
          JSON.stringify(names),
        );
  return rows.map((row) => viewChassis(row, session.now()));
}

function viewChassis(row: ChassisRow, now: number): ChassisView {
  const { chassis, max_revision: maxRevision, hold, approved, version, timestamp } = row;
  return {
    chassis,
    ageMs: Math.max(0, now - timestamp),
    beat: beatOf(row),
    maxRevision,
    complete: viewComplete(row),
    hold: hold === null ? undefined : (JSON.parse(hold) as ChassisNote['hold']),
    approved: approved ?? undefined,
    version: version ?? undefined,
  };
}

function beatOf({ words }: ChassisRow): string {
  return String(words);
}

function viewComplete({ complete, complete_incarnation: incarnation }: ChassisRow): ChassisView['complete'] {
  return complete === null || incarnation === null ? undefined : { revision: complete, incarnation };
}
