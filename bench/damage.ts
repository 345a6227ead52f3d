import type { Kind } from '../src/cli/reconcile/finding.js';
import { portIdOf } from '../tests/support/neutron-rows.js';
import type { MillionCloud } from './million-cloud.js';

/** How many ports are damaged in each way. */
const PER_WAY = 100;

interface Way {
  readonly kind: Kind;
  /** `(?)` stands for the ids of the ports. */
  readonly statements?: readonly string[];
  readonly damageOne?: (cloud: MillionCloud, number: number) => Promise<void>;
}

/** By hand, as nothing of ours would. */
const WAYS: readonly Way[] = [
  {
    kind: 'status', // ACTIVE, and its chassis says DOWN
    statements: ["update port_status.reports set status = 'DOWN' where port in (?)"],
  },
  {
    kind: 'not-activated',
    statements: ["update neutron.ports set status = 'BUILD' where id in (?)"],
  },
  {
    kind: 'debt', // the server died before Nova answered
    statements: [
      "update port_status.reports set told_no = owed_no - 1, word = 'plugged', settle_at = 1 where port in (?)",
    ],
  },
  {
    kind: 'no-port',
    statements: [
      'delete from neutron.standardattributes where id in (select standard_attr_id from neutron.ports where id in (?))',
    ],
  },
  {
    kind: 'lost-entry',
    damageOne: async (cloud, number) => {
      await cloud.publish([number], number);
      await cloud.removeEntry(number);
    },
  },
];

export const WAYS_COUNT = WAYS.length;

export interface Damaged {
  readonly number: number;
  readonly portId: string;
  readonly kind: Kind;
}

/** Damages some of so many ports, spread over them. */
export async function damage(cloud: MillionCloud, ports: number): Promise<readonly Damaged[]> {
  const step = Math.floor(ports / (WAYS.length * PER_WAY));
  const all: Damaged[] = [];
  for (const [at, way] of WAYS.entries()) {
    const numbers = Array.from({ length: PER_WAY }, (_, index) => 2 + (index * WAYS.length + at) * step);
    await damageThem(cloud, way, numbers);
    all.push(...numbers.map((number) => ({ number, portId: portIdOf(number), kind: way.kind })));
  }
  return all;
}

async function damageThem(cloud: MillionCloud, way: Way, numbers: readonly number[]): Promise<void> {
  const ids = numbers.map(portIdOf);
  const marks = `(${ids.map(() => '?').join(', ')})`;
  for (const statement of way.statements ?? []) await cloud.rows.run(statement.replace('(?)', marks), ids);
  for (const number of numbers) await way.damageOne?.(cloud, number);
}
