import type { Session } from './session.js';

export function incarnationOf(session: Session): string {
  const [meta] = session.rows<{ readonly incarnation: string }>('SELECT incarnation FROM meta');
  return meta?.incarnation ?? '';
}

/** The number of the next listener registration. */
export function countRegistration(session: Session): number {
  const [meta] = session.rows<{ readonly registrations: number }>(
    'UPDATE meta SET registrations = registrations + 1 RETURNING registrations',
  );
  return meta?.registrations ?? 1;
}

/** Takes the next `count` positions of topic entries. @returns the one before the first. */
export function takePositions(session: Session, count: number): number {
  const [meta] = session.rows<{ readonly first: number }>(
    'UPDATE meta SET sequence = sequence + ?1 RETURNING sequence - ?1 AS first',
    count,
  );
  return meta?.first ?? 0;
}
