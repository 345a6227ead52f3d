import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../../src/domain/report.js';
import { encodeReport } from '../../../src/domain/wire.js';
import type { Neutron } from '../../../src/neutron/neutron.js';
import { openDatabase } from '../../../src/neutron/open.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { MemoryDatabase } from '../../../src/northbound/memory/database.js';
import { MemoryNorthbound } from '../../../src/northbound/memory/memory-northbound.js';
import type { ChassisRegistration, Northbound } from '../../../src/northbound/northbound.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import type { Metrics } from '../../../src/runtime/metrics.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { createServer } from '../../../src/server/server.js';
import type { ServerOptions } from '../../../src/server/session.js';
import { completeDhcp } from '../../support/dhcp-agent.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { plantNetwork, plantPort, portIdOf, portState } from '../../support/neutron-rows.js';
import type { NeutronConnection } from '../../support/neutron-rows.js';
import { startOnMariadb, startOnPostgresql } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { POSTGRESQL } from '../../support/postgresql.js';
import { POLICY } from './scene.js';

/** Ports of one spread: of 25, the wires of the first 4 are cut soon after they were ready. */
const PORTS = 1000;
const OVERTAKEN = 100_000;
/** Neutron's workers: that many ports are provisioned at a time. */
const WORKERS = 8;
/** How long neutron-server takes between its look and its commit, at most. */
const THINK_MS = 20;
/** How far apart a wire and its DHCP get ready, at most. */
const SPREADS_MS = [0, 5, 20, 200];

const OPTIONS: ServerOptions = {
  id: 'A',
  program: '1',
  lease: { ttlMs: 60_000, heartbeatMs: 1000 },
  batch: 500,
  policy: POLICY,
  willWrite: true,
  mayWrite: () => true,
  lookEveryMs: 2000,
  reconcileRate: Infinity,
  reconcileEveryMs: 600_000, // the sweep mends nothing here
  settleEveryMs: 1000,
  settle: { helpsForMs: 300_000, backoffMs: { first: 250, most: 15_000 }, refusedAttempts: 5 },
  wireGreatest: 2,
  quarantineMax: 10,
  leastOfCall: 2,
};

/** A server with all its loops, a chassis that publishes, and Neutron's own workers on one database. */
interface Race {
  readonly neutron: Neutron;
  readonly northbound: Northbound;
  readonly registration: ChassisRegistration;
  readonly metrics: Metrics;
  readonly workers: readonly NeutronConnection[];
  readonly stop: AbortController;
  readonly running: Promise<void>;
}

const numbers = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => from + i);
const isCut = (number: number): boolean => number % 25 < 4;

describe.each([
  ['MariaDB', MARIADB, startOnMariadb],
  ['PostgreSQL', POSTGRESQL, startOnPostgresql],
])('when the wire and DHCP are ready at the same time, on %s', (name, programs, start) => {
  describe.runIf(has(`neutron/dhcp-race on ${name}`, programs))('with a private server', () => {
    let server: NeutronServer;
    let race: Race;
    beforeAll(async () => {
      server = await start();
      race = await startRace(server);
    });
    afterAll(async () => {
      race.stop.abort();
      await race.running;
      await race.neutron.close();
      for (const worker of race.workers) await worker.end();
      await server.dispose();
    });

    it.each(SPREADS_MS)(
      'of 1,000 ports, up to %i ms apart, every one whose wire is up is ACTIVE 2 s later, and no other',
      async (apartMs) => {
        const ports = numbers(1 + SPREADS_MS.indexOf(apartMs) * PORTS, PORTS);
        const wired = ports.filter((number) => !isCut(number));
        await plantPorts(race.workers, ports);
        await finishTogether(race, ports, apartMs);
        const endMs = systemClock.monotonicMs() + 2000;
        let active = await activePorts(race, ports);
        while (active.join() !== wired.join() && systemClock.monotonicMs() < endMs) {
          await systemClock.sleep(25);
          active = await activePorts(race, ports);
        }
        expect(active).toEqual(wired);
      },
      120_000,
    );

    it('a port whose wire went down after DHCP looked, and which DHCP then set ACTIVE, is set DOWN', async () => {
      const [worker, other] = race.workers;
      if (worker === undefined || other === undefined) throw new Error('two workers are needed');
      await plantPort(other, OVERTAKEN, { id: portIdOf(OVERTAKEN), blocks: ['DHCP', 'L2'] });
      await say(race, OVERTAKEN, 'ACTIVE');
      await until(async () => (await portState(other, portIdOf(OVERTAKEN))).blocks === 'DHCP');
      await completeDhcp(worker, portIdOf(OVERTAKEN), async () => {
        await say(race, OVERTAKEN, 'DOWN');
        await until(async () => (await portState(other, portIdOf(OVERTAKEN))).blocks === 'DHCP,L2');
      });
      await until(async () => (await portState(other, portIdOf(OVERTAKEN))).status === 'DOWN');
      expect(await portState(other, portIdOf(OVERTAKEN))).toMatchObject({ revision: 5, blocks: 'L2' });
    });

    it('some ports are finished only because the server looks again', async () => {
      const { values } = await race.metrics.looks.get();
      const looked = values.find(({ labels }) => labels['occasion'] === 'look');
      expect(looked?.value).toBeGreaterThan(0);
      const { values: judged } = await race.metrics.judged.get();
      const applied = judged.filter(({ labels }) => labels['verdict'] === 'applied');
      expect(applied.map(({ labels }) => labels['occasion'])).toContain('look');
    });
  });
});

async function startRace(server: NeutronServer): Promise<Race> {
  const workers = await Promise.all(numbers(0, WORKERS).map(() => server.connect()));
  if (workers[0] !== undefined) await plantNetwork(workers[0]);
  const parts = { clock: systemClock, random: seededRandom(1) };
  const neutron = createNeutron(openDatabase(server.url, 'port_status', systemClock), parts);
  const northbound = new MemoryNorthbound(new MemoryDatabase(parts));
  const metrics = createMetrics();
  const stop = new AbortController();
  const registration = await northbound.registerChassis('cn1');
  const running = createServer({
    ...parts,
    neutron,
    northbound,
    metrics,
    logger: silentLogger,
    options: OPTIONS,
  }).run(stop.signal);
  return { neutron, northbound, registration, metrics, workers, stop, running };
}

async function plantPorts(workers: readonly NeutronConnection[], ports: readonly number[]): Promise<void> {
  await inParallel(workers, ports, (worker, n) =>
    plantPort(worker, n, { id: portIdOf(n), blocks: ['DHCP', 'L2'] }),
  );
}

/** Each port's wire and its DHCP get ready within a few milliseconds of each other; some wires are cut soon after. */
async function finishTogether(race: Race, ports: readonly number[], apartMs: number): Promise<void> {
  const random = seededRandom(7);
  const pause = (mostMs: number): Promise<void> => systemClock.sleep(random.next() * mostMs);
  await inParallel(race.workers, ports, async (worker, n) => {
    const dhcp = async (): Promise<void> => {
      await pause(apartMs);
      await completeDhcp(worker, portIdOf(n), () => pause(THINK_MS));
    };
    const wire = async (): Promise<void> => {
      await pause(apartMs);
      await say(race, n, 'ACTIVE');
      await pause(THINK_MS);
      if (isCut(n)) await say(race, n, 'DOWN');
    };
    await Promise.all([wire(), dhcp()]);
  });
}

async function say(
  { northbound, registration }: Race,
  number: number,
  status: Report['status'],
): Promise<void> {
  await northbound.publish(registration, [encodeReport(reportOf(number, status, nextRevision()), 1)]);
}

let revision = 0;
const nextRevision = (): number => ++revision;

function reportOf(number: number, status: Report['status'], atRevision: number): Report {
  return {
    portId: portIdOf(number),
    chassis: 'cn1',
    status,
    attachment: `row-${number}`,
    revision: atRevision,
    observedAt: systemClock.now(),
  };
}

async function activePorts({ workers }: Race, among: readonly number[]): Promise<readonly number[]> {
  const rows = await workers[0]?.run(
    "select id from ports where status = 'ACTIVE' and id between ? and ? order by id",
    [portIdOf(among[0] ?? 0), portIdOf(among.at(-1) ?? 0)],
  );
  return (rows ?? []).map(({ id }) => parseInt(String(id).slice(-12), 16));
}

/** Waits for what another connection brings about; a test that waits in vain runs into its time limit. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await systemClock.sleep(10);
}

/** Gives the items to the workers, one after the other to whoever is free. */
async function inParallel<W, T>(
  workers: readonly W[],
  items: readonly T[],
  work: (worker: W, item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const takeAll = async (worker: W): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(worker, item);
  };
  await Promise.all(workers.map(takeAll));
}
