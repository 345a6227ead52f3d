import type { Delivery, DeliveryRef, Membership } from '../northbound.js';
import { findListener, hasWaiting } from './listeners.js';
import type { Session } from './session.js';

export interface GiveOptions {
  readonly max: number;
  /** Whether what was given and not acknowledged is to be given again: an answer may have been lost. */
  readonly again: boolean;
}

interface PendingRow {
  readonly chassis: string;
  readonly port: string;
  readonly revision: number;
  readonly version: number;
  readonly is_down: 0 | 1;
  readonly body: string;
  readonly incarnation: string;
  readonly published_at: number;
  readonly sequence: number;
}

/** Whether `giveReports` would give anything: spares a transaction where it would not. */
export function isAnythingNew(session: Session, membership: Membership): boolean {
  return hasWaiting(session, findListener(session, membership));
}

/** Gives up to `max` reports that this membership was not given yet, oldest first. */
export function giveReports(
  session: Session,
  membership: Membership,
  { max, again }: GiveOptions,
): readonly Delivery[] {
  const { id, cursor } = findListener(session, membership);
  const rows = session.rows<PendingRow>(
    `SELECT chassis, port, revision, version, is_down, body, incarnation, published_at, sequence
     FROM reports WHERE place = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
    id,
    again ? 0 : cursor,
    max,
  );
  const last = rows.at(-1)?.sequence ?? cursor;
  session.run('UPDATE listeners SET cursor = ? WHERE id = ?', last, id);
  return rows.map((row) => toDelivery(row, session.now()));
}

function toDelivery(row: PendingRow, now: number): Delivery {
  const { chassis, port: portId, revision, version, body, incarnation } = row;
  const waitedMs = Math.max(0, now - row.published_at);
  return { portId, chassis, revision, version, isDown: row.is_down === 1, body, incarnation, waitedMs };
}

/** The rows that still are as they were delivered; the listed come first, each finds one row by its key. */
const AS_DELIVERED = `
  SELECT reports.rowid FROM json_each(?1) AS delivered CROSS JOIN reports
  WHERE chassis = delivered.value ->> 0 AND port = delivered.value ->> 1
    AND revision = delivered.value ->> 2 AND place = ?2`;

/** Takes off the topic what still is as it was delivered. */
export function acknowledge(
  session: Session,
  membership: Membership,
  deliveries: readonly DeliveryRef[],
): number {
  const { id } = findListener(session, membership);
  const refs = JSON.stringify(deliveries.map(({ chassis, portId, revision }) => [chassis, portId, revision]));
  const collect = `DELETE FROM reports WHERE rowid IN (${AS_DELIVERED} AND is_down = 1)`;
  const takeOff = `UPDATE reports SET place = NULL WHERE rowid IN (${AS_DELIVERED})`;
  return session.run(collect, refs, id) + session.run(takeOff, refs, id);
}
