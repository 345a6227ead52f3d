import { endOf } from './operations.js';
import type { KeyValue } from './operations.js';
import type { Session } from './session.js';

/** Keys per request: an answer of a member has to stay below 4 MiB. */
const PAGE = 1000;

/** Everything under a prefix, page by page. */
export async function rangeAll(session: Session, prefix: string): Promise<readonly KeyValue[]> {
  const all: KeyValue[] = [];
  for (let key = prefix; ;) {
    const { answers } = await session.read({ key, end: endOf(prefix), limit: PAGE });
    const kvs = answers[0]?.kvs ?? [];
    all.push(...kvs);
    const last = kvs.at(-1);
    if (last === undefined || kvs.length < PAGE) return all;
    key = `${last.key}\0`;
  }
}
