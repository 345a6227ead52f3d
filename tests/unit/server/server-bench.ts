import { onTestFinished } from 'vitest';
import type { Report } from '../../../src/domain/report.js';
import { nextRevision } from '../../../src/domain/revision.js';
import { encodeReport } from '../../../src/domain/wire.js';
import type { Envelope } from '../../../src/domain/wire.js';
import type { ChassisRegistration, StoredReport } from '../../../src/northbound/northbound.js';
import { PATIENCE_MS } from '../../../src/runtime/check.js';
import type { Check } from '../../../src/runtime/check.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { openTables, Rig } from '../../../src/simulator/histories/rig.js';
import type { RunningServer } from '../../../src/simulator/histories/rig.js';
import { plantPort, portIdOf, portState } from '../../support/neutron-rows.js';
import type { PlantedPort } from '../../support/neutron-rows.js';

/** A rig, and what a test does and looks up in it. */
export class ServerBench extends Rig {
  readonly #chassis = new Map<string, ChassisRegistration>();
  readonly #revisions = new Map<string, number>();

  /** A bench with a database of its own. */
  static async open(): Promise<ServerBench> {
    const clock = new VirtualClock();
    return new ServerBench(clock, await openTables(clock));
  }

  async plant(number: number, port: Partial<PlantedPort> = {}): Promise<void> {
    await plantPort(this.rows, number, { id: portIdOf(number), ...port });
  }

  /** Changes columns of a planted port, as Neutron's API would. */
  async change(number: number, columns: Readonly<Record<string, string | number>>): Promise<void> {
    const sets = Object.keys(columns).map((name) => `${name} = ?`);
    await this.rows.run(`update ports set ${sets.join(', ')} where id = ?`, [
      ...Object.values(columns),
      portIdOf(number),
    ]);
  }

  /** Deletes provisioning blocks of a planted port, as whoever set them would. */
  async unblock(number: number, entity: string): Promise<void> {
    await this.rows.run('delete from provisioningblocks where standard_attr_id = ? and entity = ?', [
      10_000 + number,
      entity,
    ]);
  }

  async status(number: number): Promise<unknown> {
    return (await this.port(number)).status;
  }

  async port(number: number): ReturnType<typeof portState> {
    return portState(this.rows, portIdOf(number));
  }

  /** A row of the ledger, or undefined. */
  async ledger(number: number, chassis = 'cn1'): Promise<Readonly<Record<string, unknown>> | undefined> {
    const rows = await this.rows.run('select * from port_status_reports where port = ? and chassis = ?', [
      portIdOf(number),
      chassis,
    ]);
    return rows[0];
  }

  /** A chassis says something about a port. */
  async say(number: number, status: Report['status'], more: Partial<Report> = {}): Promise<Report> {
    const chassis = more.chassis ?? 'cn1';
    const report: Report = {
      portId: portIdOf(number),
      chassis,
      status,
      attachment: `plug-${number}`,
      revision: await this.nextRevision(chassis),
      observedAt: this.clock.now(),
      ...more,
    };
    await this.publish(encodeReport(report, 1));
    return report;
  }

  async publish(...envelopes: readonly Envelope[]): Promise<void> {
    const [first] = envelopes;
    if (first === undefined) return;
    const registration = await this.registerChassis(first.chassis);
    await this.northbound.publish(registration, envelopes);
  }

  /** A chassis says that everything it has was published. */
  async complete(chassis = 'cn1'): Promise<void> {
    const registration = await this.registerChassis(chassis);
    const complete = await this.nextRevision(chassis);
    await this.northbound.keepChassis(registration, { complete, version: '0.1.0' });
  }

  async nextRevision(chassis: string): Promise<number> {
    await this.registerChassis(chassis);
    const revision = nextRevision(this.#revisions.get(chassis) ?? 0, this.clock.now());
    this.#revisions.set(chassis, revision);
    return revision;
  }

  /** Forgets the greatest revision of a chassis, as an agent does that starts on a machine without it. */
  restartChassis(chassis = 'cn1'): void {
    this.#revisions.delete(chassis);
    this.#chassis.delete(chassis);
  }

  /** The chassis' registration in the present incarnation. */
  async registerChassis(chassis: string): Promise<ChassisRegistration> {
    const known = this.#chassis.get(chassis);
    if (known?.incarnation === this.database.state.incarnation) return known;
    const registration = await this.northbound.registerChassis(chassis);
    this.#chassis.set(chassis, registration);
    return registration;
  }

  /** What a server says of itself, by name; what does not answer is waited for no longer than it waits. */
  async checks({ server }: RunningServer): Promise<Readonly<Record<string, Check>>> {
    const found = server.checks();
    await this.pass(0);
    await this.pass(PATIENCE_MS);
    return Object.fromEntries((await found).map((check) => [check.name, check]));
  }

  /** The record of a port, or undefined. */
  async record(number: number, chassis = 'cn1'): Promise<StoredReport | undefined> {
    const [record] = await this.northbound.lookUp([{ portId: portIdOf(number), chassis }]);
    return record;
  }
}

/** A bench that ends with the test. */
export async function openBench(): Promise<ServerBench> {
  const bench = await ServerBench.open();
  onTestFinished(() => bench.end());
  return bench;
}
