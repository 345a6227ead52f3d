import { sql } from 'kysely';
import type { Neutron } from '../../../src/neutron/neutron.js';
import { openDatabase } from '../../../src/neutron/open.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import type { Opened } from '../../../src/runtime/opened.js';
import { seededRandom } from '../../../src/runtime/random.js';
import type { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import type { TcpProxy } from '../../support/tcp-proxy.js';
import { SqlCount } from './count-sql.js';
import type { Figures } from './figures.js';
import type { Place } from './place.js';

export interface CountedNeutron {
  readonly neutron: Neutron;
  /** Verdicts and written statuses: what became of the reports, whatever the database. */
  outcome(): Figures;
  /** What the database was asked. */
  count(): Figures;
}

/** The real store on the real database; only the time of its statements is the virtual clock's. */
export async function openCountedNeutron(
  place: Place,
  clock: VirtualClock,
  opened: Opened,
): Promise<CountedNeutron> {
  const proxy = await openProxy(place.url, opened);
  const store = openDatabase(proxy?.url ?? place.url, 'port_status', clock);
  const statements = new SqlCount(place.readLocks);
  const dialect = { ...store.dialect, now: () => sql.raw<number>(String(clock.now())) };
  const real = createNeutron(
    { db: store.db.withPlugin(statements), dialect },
    { clock, random: seededRandom(2) },
  );
  opened.add({ close: () => store.db.destroy() });
  const outcomes = new Outcomes();
  return {
    neutron: { ...real, judge: outcomes.noting((...args) => real.judge(...args)) },
    outcome: () => outcomes.figures(),
    count: () => ({
      statements: { ...statements.statements },
      ...(place.readLocks === undefined ? {} : { rowsLocked: statements.rowsLocked }),
      ...proxy?.traffic(),
    }),
  };
}

async function openProxy(
  text: string,
  opened: Opened,
): Promise<{ readonly url: string; readonly traffic: () => Figures } | undefined> {
  if (text.startsWith('sqlite:')) return undefined;
  const url = new URL(text);
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  opened.add({ close: () => proxy.dispose() });
  url.port = String(proxy.port);
  return { url: url.href, traffic: () => trafficOf(proxy) };
}

export function trafficOf({ traffic }: TcpProxy): Figures {
  const { roundTrips, sent, received } = traffic;
  return { roundTrips, bytesSent: sent, bytesReceived: received };
}

class Outcomes {
  readonly #judged: Record<string, number> = {};
  readonly #written: Record<string, number> = {};

  /** The same call, with a note of what it decided. */
  noting(judge: Neutron['judge']): Neutron['judge'] {
    return async (...args) => {
      const judged = await judge(...args);
      for (const { verdict, wrote } of judged.kind === 'committed' ? judged.outcomes : []) {
        this.#judged[verdict] = (this.#judged[verdict] ?? 0) + 1;
        if (wrote !== undefined) this.#written[wrote] = (this.#written[wrote] ?? 0) + 1;
      }
      return judged;
    };
  }

  figures(): Figures {
    return { judged: { ...this.#judged }, written: { ...this.#written } };
  }
}
