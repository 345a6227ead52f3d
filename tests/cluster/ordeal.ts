import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Line } from '../../src/cli/doctor/diagnose.js';
import { systemClock } from '../../src/runtime/clock.js';
import { systemRandom } from '../../src/runtime/random.js';
import { expectEqualChance } from '../support/chi-square.js';
import { setUpCluster, TTL_MS } from '../support/cluster.js';
import type { Cluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { appliedTwice, writesOf } from '../support/write-history.js';

/** A private server of the engine under test, and what can happen to it. */
export interface EngineUnderTest {
  /** `northbound.url` of agents and servers. */
  readonly url: string;
  /** The same database past all that is put in the way. */
  readonly directUrl: string;
  dispose(): Promise<void>;
}

/** A fault of an engine or of the connections to it: resolves when it is over. */
export type EngineFault<E> = readonly [name: string, happen: (engine: E) => Promise<void>];

export interface Ordeal<E extends EngineUnderTest> {
  readonly name: string;
  /** Whether the machine has the programs that it needs. */
  readonly isThere: boolean;
  readonly start: () => Promise<E>;
  readonly faults: readonly EngineFault<E>[];
}

const SERVERS = ['a', 'b', 'c', 'd'];
const CHASSIS = 20;
const PORTS_PER_CHASSIS = 50;
const PREVIOUS_WIRE = ['--wire-greatest', '1'];

/**
 * What agents and servers have to survive on every engine that crosses machines: VMs boot and stop while processes are
 * killed, paused, drained and upgraded and while the engine and its connections fail. After each, every port must be
 * right and Nova told; in the end, nothing may have been applied twice.
 */
export function ordeal<E extends EngineUnderTest>({ name, isThere, start, faults }: Ordeal<E>): void {
  describe.runIf(isThere)(`a cluster on ${name}`, () => {
    const seed = Math.floor(systemRandom.next() * 1_000_000);
    let engine: E;
    let cluster: Cluster;

    beforeAll(async () => {
      engine = await start();
      const { url: northboundUrl, directUrl } = engine;
      cluster = await setUpCluster({
        ...{ northboundUrl, directUrl, seed },
        chassis: CHASSIS,
        portsPerChassis: PORTS_PER_CHASSIS,
      });
      await Promise.all(SERVERS.map((server) => cluster.startServer(server, ...PREVIOUS_WIRE)));
      await Promise.all(chassisNames().map((chassis) => cluster.startAgent(chassis, ...PREVIOUS_WIRE)));
    }, 180_000);
    afterAll(async () => {
      await cluster.dispose();
      await engine.dispose();
    });

    it(`boots 1,000 VMs at once; each of four servers handles an equal share (seed ${seed})`, async () => {
      cluster.tenants.bootAll();
      await cluster.tenants.settled();
      const shares = await cluster.rows.run(
        'select server, count(*) as share from port_status.reports group by server',
      );
      expect(shares).toHaveLength(SERVERS.length);
      expectEqualChance(
        shares.map(({ share }) => Number(share)),
        `on ${name}, seed ${seed}`,
      );
      cluster.tenants.stopAll();
      await cluster.tenants.settled();
    });

    it('survives servers that are killed and start again under the same name', async () => {
      const { tenants, servers } = cluster;
      await tenants.during(async () => {
        for (const server of ['a', 'b']) {
          await servers.get(server)?.kill();
          await cluster.startServer(server, ...PREVIOUS_WIRE);
        }
      });
      await tenants.settled();
    });

    it("takes over a killed server's reports within its ttl and a second", async () => {
      const orphans = await killWithReports(cluster, 'd');
      expect(orphans.took.length).toBeGreaterThan(0);
      for (const tookMs of orphans.took) expect(tookMs).toBeLessThan(TTL_MS + 1000);
      await cluster.startServer('d', ...PREVIOUS_WIRE);
      await cluster.tenants.settled();
    });

    it('survives a server that stands still past its ttl and goes on', async () => {
      const { tenants, servers } = cluster;
      await tenants.during(async () => {
        servers.get('c')?.signal('SIGSTOP');
        await systemClock.sleep(2 * TTL_MS);
        servers.get('c')?.signal('SIGCONT');
      });
      await tenants.settled();
    });

    it('gives a server that is added its share, and takes it back when it is drained', async () => {
      const { tenants, rows } = cluster;
      await tenants.during(async () => {
        const added = await cluster.startServer('e', ...PREVIOUS_WIRE);
        await eventually(async () => {
          const [row] = await rows.run(
            "select count(*) as share from port_status.reports where server = 'e'",
          );
          expect(Number(row?.['share'])).toBeGreaterThan(0);
        });
        expect(await cluster.run('drain', 'e')).toMatchObject({ exitCode: 0 });
        expect(await added.ended).toMatchObject({ exitCode: 0 });
      });
      await tenants.settled();
    });

    it('is upgraded to the next wire version one by one, servers first', async () => {
      const { tenants, servers, agents } = cluster;
      await tenants.during(async () => {
        for (const server of SERVERS) {
          await servers.get(server)?.stop();
          await cluster.startServer(server);
        }
        for (const chassis of ['cn1', 'cn2']) {
          await agents.get(chassis)?.stop();
          await cluster.startAgent(chassis);
        }
      });
      await tenants.settled();
    });

    it('survives agents that are killed', async () => {
      const { tenants, agents } = cluster;
      await tenants.during(async () => {
        for (const chassis of ['cn3', 'cn4']) {
          await agents.get(chassis)?.kill();
          await cluster.startAgent(chassis);
        }
      });
      await tenants.settled();
    });

    it.each(faults)('survives %s', async (_, happen) => {
      await cluster.tenants.during(() => happen(engine));
      await cluster.tenants.settled();
    });

    it('shows an operator how it stands, and reports what he approves', async () => {
      const { tenants, agents } = cluster;
      tenants.bootAll();
      await tenants.settled();
      for (const command of ['listeners', 'chassis'])
        expect(await cluster.run(command)).toMatchObject({ exitCode: 0 });
      await agents.get('cn5')?.stop();
      tenants.stopAll();
      const agent = await cluster.startAgent('cn5');
      await agent.logged('guard.held');
      expect(await cluster.run('approve', 'cn5')).toMatchObject({ exitCode: 0 });
      await tenants.settled();
    });

    it('is found in order by the doctor, and not removed while it runs', async () => {
      const { stdout } = await cluster.run('doctor', '--for', 'server', '--json');
      const { checks } = JSON.parse(stdout) as { readonly checks: readonly Line[] };
      expect(checks).toContainEqual(
        expect.objectContaining({ what: 'servers', level: 'ok', found: `live: ${SERVERS.join(', ')}` }),
      );
      expect(checks.filter(({ level }) => level === 'FAIL')).toEqual([]);
      const refused = await cluster.run('uninstall');
      expect(refused.exitCode).toBe(1);
      for (const server of SERVERS) expect(refused.stdout).toContain(`refused: server ${server} is live`);
    });

    it('has applied nothing twice', async () => {
      expect(await writesOf(cluster.rows)).toBeGreaterThan(2 * CHASSIS * PORTS_PER_CHASSIS);
      expect(await appliedTwice(cluster.rows)).toBe(0);
    });
  });
}

function chassisNames(): readonly string[] {
  return Array.from({ length: CHASSIS }, (_, index) => `cn${index + 1}`);
}

/** How many VMs boot while every server stands still, so that each has reports of them. */
const WAITING = 40;

/**
 * Kills a server with reports pending in its topic, while the others cannot take them. How long each of its reports took
 * from there to the commit by another, in milliseconds by one machine's clock.
 */
async function killWithReports(
  cluster: Cluster,
  victim: string,
): Promise<{ readonly took: readonly number[] }> {
  const { tenants, servers, northbound, rows } = cluster;
  tenants.stopAll();
  await tenants.settled();
  for (const program of servers.values()) program.signal('SIGSTOP');
  const booted = new Set(tenants.boot(WAITING));
  const orphans = await eventually(async () => {
    const pending = (
      await Promise.all(chassisNames().map((chassis) => northbound.reports(chassis, { limit: 100 })))
    ).flat();
    const placed = pending.filter(({ portId, place }) => booted.has(portId) && place?.kind === 'topic');
    expect(placed).toHaveLength(WAITING);
    return placed.filter(({ place }) => place?.kind === 'topic' && place.listener === victim);
  });
  const killedAt = systemClock.now();
  await servers.get(victim)?.kill();
  for (const program of servers.values()) program.signal('SIGCONT');
  await tenants.settled();
  const marks = orphans.map(() => '?').join(', ');
  const found = await rows.run(
    `select applied_at, server from port_status.reports where port in (${marks})`,
    orphans.map(({ portId }) => portId),
  );
  for (const { server } of found) expect(server).not.toBe(victim);
  return { took: found.map(({ applied_at }) => Number(applied_at) - killedAt) };
}
