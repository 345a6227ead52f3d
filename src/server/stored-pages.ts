import type { Page, StoredReport } from '../northbound/northbound.js';
import { persist } from './persist.js';
import type { Session } from './session.js';

/** The stored records of one chassis, page by page; an outage is waited out. */
export function storedPages(
  session: Session,
  chassis: string,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredReport[]> {
  const { northbound } = session;
  return pagesOf(limit, (page) =>
    persist(session, 'northbound', signal, () => northbound.reports(chassis, page, { signal })),
  );
}

/** Page after page of one chassis' records; the last page may be empty. */
export async function* pagesOf(
  limit: number,
  read: (page: Page) => Promise<readonly StoredReport[]>,
): AsyncGenerator<readonly StoredReport[]> {
  for (let after: string | undefined, more = true; more;) {
    const page = await read({ after, limit });
    yield page;
    after = page.at(-1)?.portId;
    more = page.length === limit;
  }
}
