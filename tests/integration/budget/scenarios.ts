import type { Report } from '../../../src/domain/report.js';
import { plantBindings, plantPorts, portIdOf } from '../../support/neutron-rows.js';
import type { NeutronRows, PlantedPort } from '../../support/neutron-rows.js';
import type { AgentBench } from './agent-bench.js';
import type { Bench } from './bench.js';
import { chassisOf, NUMBERS } from './chassis.js';
import type { Figures } from './figures.js';

/** Something that happens to 1,000 ports, and what is counted meanwhile. */
export interface Scenario<B> {
  readonly name: string;
  readonly run: (bench: B) => Promise<Figures>;
}

export const AGENT_SCENARIOS: readonly Scenario<AgentBench>[] = [
  {
    name: 'an agent starts for the first time with 1,000 ports',
    run: (bench) => bench.measure(() => bench.start()),
  },
  {
    name: 'an agent starts again with 1,000 ports',
    run: async (bench) => {
      await bench.start();
      return bench.measure(() => bench.start());
    },
  },
  {
    name: 'an agent with 1,000 ports, and nothing happens for 60 s',
    run: async (bench) => {
      await bench.start();
      return bench.measure(() => bench.pass(60_000));
    },
  },
];

export const SERVER_SCENARIOS: readonly Scenario<Bench>[] = [
  {
    name: '1,000 ports boot',
    run: async (bench) => {
      await plant(bench);
      return report(bench, 'ACTIVE');
    },
  },
  {
    name: '1,000 ports boot and wait 10 s for DHCP',
    run: async (bench) => {
      await plant(bench, { blocks: ['DHCP', 'L2'] });
      await bench.say('ACTIVE');
      return bench.measure(async () => {
        await bench.handle();
        await bench.pass(10_000);
      });
    },
  },
  {
    name: '1,000 ports are said to be up again',
    run: async (bench) => {
      await boot(bench);
      return report(bench, 'ACTIVE');
    },
  },
  {
    name: '1,000 ports go down',
    run: async (bench) => {
      await boot(bench);
      return report(bench, 'DOWN');
    },
  },
  {
    name: '1,000 ports of a delegated driver boot',
    run: async (bench) => {
      await plant(bench, { driver: 'ovn' });
      return report(bench, 'ACTIVE');
    },
  },
  {
    name: '1,000 ports are plugged where they will migrate to',
    run: async (bench) => {
      await plant(bench, { host: 'elsewhere', status: 'ACTIVE', blocks: [] });
      const targets = NUMBERS.map((number) => ({ id: portIdOf(number), host: chassisOf(number) }));
      await plantBindings(
        bench.place.rows,
        targets.map((target) => ({ ...target, status: 'INACTIVE' })),
      );
      await freeze(bench);
      return report(bench, 'ACTIVE');
    },
  },
  {
    name: 'a server knows 1,000 ports, and nothing happens for 60 s',
    run: async (bench) => {
      await boot(bench);
      await bench.complete();
      return bench.measure(() => bench.pass(60_000));
    },
  },
];

/** What it costs that every port is reported. */
async function report(bench: Bench, status: Report['status']): Promise<Figures> {
  await bench.say(status);
  return bench.measure(() => bench.handle());
}

async function boot(bench: Bench): Promise<void> {
  await plant(bench);
  await bench.say('ACTIVE');
  await bench.handle();
  await freeze(bench);
}

/** Makes the ports as Neutron leaves them behind after binding: DOWN, with an L2 block. */
async function plant(bench: Bench, port: Partial<PlantedPort> = {}): Promise<void> {
  const { rows } = bench.place;
  await plantPorts(
    rows,
    NUMBERS.map((number) => [number, { id: portIdOf(number), host: chassisOf(number), ...port }]),
  );
  await freeze(bench);
}

/** Makes what a statement has to do and to answer the same each time: ages have twelve digits, tables are measured. */
async function freeze({ place }: Bench): Promise<void> {
  await setUpdatedAt(place.rows, '2020-01-01 00:00:00');
  await place.analyze();
}

async function setUpdatedAt(rows: NeutronRows, time: string): Promise<void> {
  await rows.run('update standardattributes set updated_at = ?', [time]);
}
