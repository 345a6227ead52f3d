import { createHash } from 'node:crypto';
import { encodeReport } from '../src/domain/wire.js';
import type { Judging, Neutron } from '../src/neutron/neutron.js';
import { openDatabase } from '../src/neutron/open.js';
import { createNeutron } from '../src/neutron/sql/store.js';
import type { ChassisRegistration, Membership, Northbound } from '../src/northbound/northbound.js';
import { openNorthbound } from '../src/northbound/open.js';
import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { seededRandom } from '../src/runtime/random.js';
import { startOnMariadb } from '../tests/support/neutron-server.js';
import type { NeutronServer } from '../tests/support/neutron-server.js';
import type { NeutronConnection } from '../tests/support/neutron-rows.js';
import { plantNetwork, plantPort, portIdOf } from '../tests/support/neutron-rows.js';
import { startRedis } from '../tests/support/redis.js';
import type { RedisServer } from '../tests/support/redis.js';
import { redisVersionOf } from './engine-homes.js';
import { chassisOf, cloneFirstPort, PER_CHASSIS } from './million-ports.js';

const LISTENER = { id: 'bench', ttlMs: 60_000, versions: [1, 2], program: 'bench' };

export interface Size {
  /** Ports of which the northbound database, the ledger and Neutron agree that they are ACTIVE. */
  readonly ports: number;
  /** Besides, ports that are ACTIVE on chassis without agents. */
  readonly silent: number;
}

/** MariaDB and Redis with many ports, as agents and servers leave them behind that have done their work. */
export class MillionCloud {
  readonly neutronUrl: string;
  readonly northboundUrl: string;
  readonly rows: NeutronConnection;
  readonly #server: NeutronServer;
  readonly #redis: RedisServer;
  readonly #neutron: Neutron;
  readonly #northbound: Northbound;
  readonly #registrations = new Map<string, ChassisRegistration>();
  /** Chassis that have agents. */
  readonly #reported: string[] = [];
  #member: Membership | undefined;

  constructor(server: NeutronServer, redis: RedisServer, rows: NeutronConnection) {
    const parts = { clock: systemClock, random: seededRandom(1) };
    this.neutronUrl = server.url;
    this.northboundUrl = `redis://127.0.0.1:${redis.port}`;
    this.rows = rows;
    this.#server = server;
    this.#redis = redis;
    this.#neutron = createNeutron(openDatabase(server.url, 'port_status', systemClock), parts);
    this.#northbound = openNorthbound(this.northboundUrl, parts);
  }

  /** Of what it consists of, each with how sure a commit is. */
  async versions(): Promise<Readonly<Record<string, string>>> {
    const [found] = await this.rows.run('select version() as version');
    return {
      engine: `Redis ${await redisVersionOf(this.#redis.admin)}, not persistent`,
      database: `${String(found?.['version'])}, innodb_flush_log_at_trx_commit = 2`,
    };
  }

  async fill({ ports, silent }: Size): Promise<void> {
    this.#member = await this.#northbound.join(LISTENER);
    await plantNetwork(this.rows);
    await this.#settleFirst(this.#member.incarnation);
    await cloneFirstPort(this.rows, { from: 2, to: ports, areReported: true });
    await cloneFirstPort(this.rows, { from: ports + 1, to: ports + silent, areReported: false });
    for (let first = 1; first <= ports; first += PER_CHASSIS) await this.#report(this.#member, first);
  }

  /** The first port is judged ACTIVE as a report has it judged; the others will be as it is. */
  async #settleFirst(incarnation: string): Promise<void> {
    await plantPort(this.rows, 1, { id: portIdOf(1), host: chassisOf(1) });
    const report = reportOf(1, 1);
    const { portId, chassis } = report;
    await this.#neutron.judge(
      [{ portId, chassis, arrival: { report, incarnation } }],
      judgingIn(incarnation),
    );
    await this.rows.run("update neutron.standardattributes set updated_at = '2026-01-01 00:00:00'");
    await this.rows.run('update port_status.reports set told_no = owed_no, settle_at = null, look_at = null');
  }

  /** The records of one chassis, published, received and acknowledged. */
  async #report(member: Membership, first: number): Promise<void> {
    this.#reported.push(chassisOf(first));
    await this.#northbound.heartbeat(member);
    const numbers = Array.from({ length: PER_CHASSIS }, (_, index) => first + index);
    await this.publish(numbers, 1);
    for (let left = PER_CHASSIS; left > 0;) {
      const deliveries = await this.#northbound.receive(member, { max: left });
      left -= await this.#northbound.acknowledge(member, deliveries);
    }
  }

  /** Publishes that these ports of one chassis are ACTIVE. */
  async publish([first = 1, ...others]: readonly number[], revision: number): Promise<void> {
    const registration = await this.#registrationOf(chassisOf(first));
    const reports = [first, ...others].map((number) => encodeReport(reportOf(number, revision), 1));
    await this.#northbound.publish(registration, reports);
  }

  async #registrationOf(chassis: string): Promise<ChassisRegistration> {
    const known = this.#registrations.get(chassis);
    if (known !== undefined) return known;
    const registration = await this.#northbound.registerChassis(chassis);
    this.#registrations.set(chassis, registration);
    return registration;
  }

  /** Removes the entry of a pending report, as somebody may who has rights to the topic. */
  async removeEntry(number: number): Promise<void> {
    const removed = await this.#redis.admin.zrem(
      `{port-status}:topic:${LISTENER.id}`,
      `${chassisOf(number)}/${portIdOf(number)}`,
    );
    if (removed !== 1) throw new Error(`port ${number} has no entry`);
  }

  /** All records, in a few bytes. */
  async digestRecords(): Promise<string> {
    const digest = createHash('sha256');
    for (const chassis of this.#reported) {
      const records = await this.#redis.admin.hgetall(`{port-status}:reports:${chassis}`);
      digest.update(JSON.stringify(Object.entries(records).sort()));
    }
    return digest.digest('hex');
  }

  /** Lets go of the topic, so that a server adopts what is in it. */
  async leave(): Promise<void> {
    if (this.#member !== undefined) await this.#northbound.leave(this.#member);
  }

  /** The northbound database loses everything, and agents register anew, who have not published yet. */
  async loseNorthbound(): Promise<void> {
    await this.#redis.admin.flushall();
    this.#registrations.clear();
    for (const chassis of this.#reported) await this.#registrationOf(chassis);
  }

  async close(): Promise<void> {
    await this.#neutron.close();
    await this.#northbound.close();
    await this.rows.end();
    await this.#redis.dispose();
    await this.#server.dispose();
  }
}

export async function openMillionCloud(opened: Opened): Promise<MillionCloud> {
  const server = await startOnMariadb(['--innodb-buffer-pool-size=2G', '--innodb-flush-log-at-trx-commit=2']);
  return opened.add(new MillionCloud(server, await startRedis(), await server.connect()));
}

function reportOf(number: number, revision: number): Parameters<typeof encodeReport>[0] {
  const key = { portId: portIdOf(number), chassis: chassisOf(number) };
  return { ...key, status: 'ACTIVE', attachment: 'row', revision, observedAt: 1 };
}

function judgingIn(incarnation: string): Judging {
  const policy = { drivers: new Set(['openvswitch']), buildGraceMs: 10_000 };
  return { server: 'bench', policy, mayWrite: () => true, lookEveryMs: 5000, incarnation, epoch: 1 };
}
