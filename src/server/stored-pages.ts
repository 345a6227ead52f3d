import type { StoredReport } from '../northbound/northbound.js';
import { persist } from './persist.js';
import type { Session } from './session.js';

/** The stored records of one chassis, page by page; the last page may be empty. */
export async function* storedPages(
  session: Session,
  chassis: string,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredReport[]> {
  for (let after: string | undefined, more = true; more;) {
    const page = await persist(session, 'northbound', signal, () =>
      session.northbound.reports(chassis, { after, limit }, { signal }),
    );
    yield page;
    after = page.at(-1)?.portId;
    more = page.length === limit;
  }
}
