import { systemClock } from '../../src/runtime/clock.js';
import type { NeutronRows } from '../../src/simulator/neutron-rows.js';

/** How often Neutron's database is asked. */
const LOOK_MS = 20;

/** When ports were first seen ACTIVE in Neutron's database, by a client of its own. */
export interface Commits {
  /** Of a sample, in milliseconds since 1970. */
  readonly sampleAtMs: readonly number[];
  /** When no port was left. */
  readonly lastAtMs: number;
}

/**
 * Watches until every port is ACTIVE. A sample is asked for by its keys, so that watching costs little; that none is left
 * is found by going through the table once, never back.
 */
export async function watchCommits(rows: NeutronRows, sample: readonly string[]): Promise<Commits> {
  const sampleAtMs: number[] = [];
  const unseen = new Set(sample);
  let first = '';
  for (;;) {
    for (const id of await activeOf(rows, [...unseen])) {
      unseen.delete(id);
      sampleAtMs.push(systemClock.now());
    }
    const left = await firstThatIsNot(rows, first);
    if (left === undefined && unseen.size === 0) return { sampleAtMs, lastAtMs: systemClock.now() };
    first = left ?? first;
    await systemClock.sleep(LOOK_MS);
  }
}

async function activeOf(rows: NeutronRows, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const found = await rows.run(
    `select id from ports where status = 'ACTIVE' and id in (${ids.map(() => '?').join(', ')})`,
    ids,
  );
  return found.map(({ id }) => String(id));
}

async function firstThatIsNot(rows: NeutronRows, from: string): Promise<string | undefined> {
  const [port] = await rows.run(
    "select id from ports where id >= ? and status <> 'ACTIVE' order by id limit 1",
    [from],
  );
  return port === undefined ? undefined : String(port['id']);
}
