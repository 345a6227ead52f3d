import type { Report } from '../../../src/domain/report.js';
import type { Case, Judged, Judging, Neutron, Outcome } from '../../../src/neutron/neutron.js';
import { openDatabase } from '../../../src/neutron/open.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { portIdOf } from '../../support/neutron-rows.js';
import type { NeutronRows } from '../../support/neutron-rows.js';
import { empty } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';

/** A database with Neutron's tables and the ledger, empty for each test. */
export interface StoreFixture {
  readonly neutron: Neutron;
  readonly rows: NeutronRows;
  /** The ledger's table of that name, as a statement spells it. */
  readonly ledger: (name: string) => string;
  dispose(): Promise<void>;
}

/** A store on a server that several tests share, emptied. */
export async function openOn(server: NeutronServer): Promise<StoreFixture> {
  const rows = await server.connect();
  await empty(rows);
  const opened = openDatabase(server.url, 'port_status', systemClock);
  const neutron = createNeutron(opened, { clock: systemClock, random: seededRandom(1) });
  return {
    neutron,
    rows,
    ledger: (name) => `port_status.${name}`,
    dispose: async () => {
      await neutron.close();
      await rows.end();
    },
  };
}

export const POLICY = { drivers: new Set(['openvswitch']), buildGraceMs: 10_000 };

export const JUDGING: Judging = {
  server: 'A',
  policy: POLICY,
  mayWrite: () => true,
  lookEveryMs: 2000,
  incarnation: 'inc-1',
  epoch: 1,
};

/** When a chassis saw what it reports. */
export const OBSERVED_AT = 1_790_000_000_000;

export function reportOf(number: number, revision: number, more: Partial<Report> = {}): Case {
  const report: Report = {
    portId: portIdOf(number),
    chassis: 'cn1',
    status: 'ACTIVE',
    attachment: `row-${number}`,
    revision,
    observedAt: OBSERVED_AT,
    ...more,
  };
  return { portId: report.portId, chassis: report.chassis, arrival: { report, incarnation: 'inc-1' } };
}

export function outcomesOf(judged: Judged): readonly Outcome[] {
  if (judged.kind === 'paused') throw new Error('paused');
  return judged.outcomes;
}

export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('absent');
  return value;
}
