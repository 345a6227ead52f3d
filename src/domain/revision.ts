/**
 * Revisions order the reports of one chassis: microseconds since 1970, always greater than the one before.
 *
 * A chassis whose clock is set back goes on counting from its greatest revision, which its record in the northbound
 * database keeps. Where that record is lost too, the incarnation is a new one and orders first (see `isNewer`).
 */
export function nextRevision(greatest: number, nowMs: number): number {
  return Math.max(greatest + 1, Math.round(nowMs * 1000));
}

/** Digits of a revision on the wire; enough until the year 2286. */
const WIDTH = 16;

/** A revision as a fixed-width string, so that text order is number order and no engine rounds it. */
export function formatRevision(revision: number): string {
  return String(revision).padStart(WIDTH, '0');
}

/** The revision of a fixed-width string, or undefined where the text is not one. */
export function parseRevision(text: string): number | undefined {
  return /^\d{16}$/.test(text) ? Number(text) : undefined;
}

/** Where a report stands in the order of its chassis: the ledger's number of its incarnation, then its revision. */
export interface Moment {
  readonly epoch: number;
  readonly revision: number;
}

/** Whether `a` was said after `b`, by (epoch, revision). Never compares two chassis. */
export function isNewer(a: Moment, b: Moment): boolean {
  return a.epoch !== b.epoch ? a.epoch > b.epoch : a.revision > b.revision;
}
