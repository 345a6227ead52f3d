import type { Report } from '../../../src/domain/report.js';
import { encodeReport } from '../../../src/domain/wire.js';
import type { Neutron } from '../../../src/neutron/neutron.js';
import { openDatabase } from '../../../src/neutron/open.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { openNorthbound } from '../../../src/northbound/open.js';
import type {
  ChassisRegistration,
  Delivery,
  Membership,
  Northbound,
} from '../../../src/northbound/northbound.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { plantNetwork, plantPort, portIdOf } from '../../support/neutron-rows.js';
import type { NeutronConnection } from '../../support/neutron-rows.js';
import { empty, startOnMariadb } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { startRedis } from '../../support/redis.js';
import type { RedisServer } from '../../support/redis.js';
import { JUDGING, must, reportOf } from '../neutron/scene.js';

/** Whatever is stored: rows by table, and Redis' keys with what they hold. */
interface Dump {
  readonly neutron: Readonly<Record<string, unknown>>;
  readonly northbound: unknown;
}

const SERVER = { id: 'n1', ttlMs: 60_000, versions: [1, 2], program: '1' };

/** MariaDB with Neutron's tables and the ledger, Redis, an agent of `cn1` and a server that works when it is told to. */
export class ReconcileCloud {
  readonly flags: string;
  readonly neutron: Neutron;
  readonly rows: NeutronConnection;
  readonly #server: NeutronServer;
  readonly #redis: RedisServer;
  readonly northbound: Northbound;
  #registration: ChassisRegistration | undefined;
  #member: Membership | undefined;
  #revision = 0;

  constructor(server: NeutronServer, redis: RedisServer, rows: NeutronConnection) {
    const url = `redis://127.0.0.1:${redis.port}`;
    const parts = { clock: systemClock, random: seededRandom(1) };
    this.flags = `--neutron-url ${server.url} --northbound-url ${url} --neutron-drivers openvswitch --log-level silent`;
    this.neutron = createNeutron(openDatabase(server.url, 'port_status', systemClock), parts);
    this.rows = rows;
    this.#server = server;
    this.#redis = redis;
    this.northbound = openNorthbound(url, parts);
  }

  /** Both databases as at the beginning: an agent and a server that have registered, and nothing else. */
  async reset(): Promise<void> {
    await empty(this.rows);
    await plantNetwork(this.rows);
    await this.loseNorthbound();
    await this.registerAnew();
    this.#member = await this.northbound.join(SERVER);
    const { greatest } = await this.neutron.epochOf(this.#member.incarnation);
    await this.neutron.enterIncarnation(this.#member.incarnation, greatest + 1);
  }

  async loseNorthbound(): Promise<void> {
    await this.#redis.admin.flushall();
  }

  async registerAnew(chassis = 'cn1'): Promise<void> {
    const registration = await this.northbound.registerChassis(chassis);
    if (chassis === 'cn1') this.#registration = registration;
  }

  /** Ports that are ACTIVE, by a report that was judged and acknowledged, and of which Nova was told. */
  async settle(...numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      await plantPort(this.rows, number, { id: portIdOf(number) });
      await this.publish(number, 'ACTIVE');
    }
    await this.judge(...numbers);
    await this.rows.run("update standardattributes set updated_at = '2026-01-01 00:00:00'");
    await this.tellNova();
  }

  /** What was published of these ports, ACTIVE, is judged and acknowledged. */
  async judge(...numbers: readonly number[]): Promise<void> {
    const cases = (await this.acknowledgeUnjudged()).map(({ portId, revision, incarnation }) => {
      const number = numbers.find((one) => portIdOf(one) === portId) ?? 0;
      const one = reportOf(number, revision);
      return { ...one, arrival: { report: must(one.arrival).report, incarnation } };
    });
    await this.neutron.judge(cases, { ...JUDGING, incarnation: must(this.#member).incarnation });
  }

  /** All that is owed is told, and nothing is to be looked at again. */
  async tellNova(): Promise<void> {
    await this.rows.run('update port_status.reports set told_no = owed_no, settle_at = null, look_at = null');
  }

  async publish(number: number, status: Report['status']): Promise<void> {
    const { arrival } = reportOf(number, ++this.#revision, { status });
    await this.northbound.publish(must(this.#registration), [encodeReport(must(arrival).report, 1)]);
  }

  receive(): Promise<readonly Delivery[]> {
    return this.northbound.receive(must(this.#member), { max: 100 });
  }

  async acknowledgeUnjudged(): Promise<readonly Delivery[]> {
    const deliveries = await this.receive();
    await this.northbound.acknowledge(must(this.#member), deliveries);
    return deliveries;
  }

  /** The agent says that all it has is published. */
  async complete(): Promise<void> {
    const complete = ++this.#revision;
    await this.northbound.keepChassis(must(this.#registration), { complete, version: '1' });
  }

  async forgetRecord(number: number): Promise<void> {
    await this.#redis.admin.hdel('{port-status}:reports:cn1', portIdOf(number));
  }

  /** A server died before Nova answered. */
  async oweAgain(number: number): Promise<void> {
    await this.rows.run(
      'update port_status.reports set told_no = owed_no - 1, settle_at = 1 where port = ?',
      [portIdOf(number)],
    );
  }

  /** Somebody removed the entry of a report that is pending. */
  async loseEntry(number: number): Promise<void> {
    await this.publish(number, 'ACTIVE');
    await this.#redis.admin.zrem('{port-status}:topic:n1', `cn1/${portIdOf(number)}`);
  }

  /** @param number of one port only: then of its rows in Neutron and the ledger alone. */
  async dump(number?: number): Promise<Dump> {
    const only = (column: string): string => (number === undefined ? '' : ` where ${column}`);
    const read = (table: string, where = ''): Promise<unknown> =>
      this.rows.run(`select * from ${table}${only(where)} order by 1, 2`);
    const id = `'${portIdOf(number ?? 0)}'`;
    const sid = String(10_000 + (number ?? 0));
    const neutron = {
      ports: await read('ports', `id = ${id}`),
      attributes: await read('standardattributes', `id = ${sid}`),
      blocks: await read('provisioningblocks', `standard_attr_id = ${sid}`),
      bindings: await read('ml2_port_bindings', `port_id = ${id}`),
      reports: await read('port_status.reports', `port = ${id}`),
    };
    if (number !== undefined) return { neutron, northbound: {} };
    const ledger = {
      incarnations: await read('port_status.incarnations'),
      quarantine: await read('port_status.quarantine'),
    };
    return { neutron: { ...neutron, ...ledger }, northbound: await this.#dumpRedis() };
  }

  async #dumpRedis(): Promise<unknown> {
    const { admin } = this.#redis;
    const keys = (await admin.keys('*')).sort();
    return Promise.all(keys.map(async (key) => [key, (await admin.dumpBuffer(key)).toString('hex')]));
  }

  async dispose(): Promise<void> {
    await this.neutron.close();
    await this.northbound.close();
    await this.rows.end();
    await this.#redis.dispose();
    await this.#server.dispose();
  }
}

export async function openReconcileCloud(): Promise<ReconcileCloud> {
  const server = await startOnMariadb();
  return new ReconcileCloud(server, await startRedis(), await server.connect());
}
