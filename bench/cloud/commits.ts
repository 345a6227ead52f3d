import { systemClock } from '../../src/runtime/clock.js';
import type { NeutronRows } from '../../src/simulator/neutron-rows.js';

/** How often Neutron's database is asked. */
const LOOK_MS = 50;

/** When ports were first seen ACTIVE in Neutron's database, by a client of its own. */
export interface Commits {
  /** Of a sample, in milliseconds since 1970. */
  readonly sampleAtMs: readonly number[];
  /** When no port was left. */
  readonly lastAtMs: number;
}

/** Which ports are watched, and for what. */
export interface Watched {
  /** The last of them, in the order of their ids; absent: all. */
  readonly last?: string;
  /** What they become. */
  readonly status?: 'ACTIVE' | 'DOWN';
  /** Those whose commits are seen one by one. */
  readonly sample?: readonly string[];
}

/**
 * Watches until every port is ACTIVE. A sample is asked for by its keys, so that watching costs little; that none is left
 * is found by going through the table once, never back.
 */
export async function watchCommits(
  rows: NeutronRows,
  { last = LAST, status = 'ACTIVE', sample = [] }: Watched = {},
): Promise<Commits> {
  const sampleAtMs: number[] = [];
  const unseen = new Set(sample);
  let first = '';
  for (;;) {
    for (const id of await thoseThatAre(rows, status, [...unseen])) {
      unseen.delete(id);
      sampleAtMs.push(systemClock.now());
    }
    const left = await firstThatIsNot(rows, status, { first, last });
    if (left === undefined && unseen.size === 0) return { sampleAtMs, lastAtMs: systemClock.now() };
    first = left ?? first;
    await systemClock.sleep(LOOK_MS);
  }
}

/** Behind every id. */
const LAST = 'g';

/** Of these ports, those that have that status now. */
export async function thoseThatAre(
  rows: NeutronRows,
  status: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const places = ids.map(() => '?').join(', ');
  const found = await rows.run(`select id from ports where status = ? and id in (${places})`, [
    status,
    ...ids,
  ]);
  return found.map(({ id }) => String(id));
}

async function firstThatIsNot(
  rows: NeutronRows,
  status: string,
  { first, last }: { readonly first: string; readonly last: string },
): Promise<string | undefined> {
  const [port] = await rows.run(
    'select id from ports where id >= ? and id <= ? and status <> ? order by id limit 1',
    [first, last, status],
  );
  return port === undefined ? undefined : String(port['id']);
}
