import { deviceOf, plantBinding, plantPort, plantTrunk } from '../neutron-rows.js';
import type { NeutronRows } from '../neutron-rows.js';
import { portIdOf } from './port-ids.js';
import type { Rig } from './rig.js';
import type { Journal } from './journal.js';

/** What can be bound: most ports are a VM's on Open vSwitch; of the others only Neutron may write the status. */
export type Kind = 'vm' | 'volume' | 'router' | 'trunk' | 'foreign-driver';

/** What neutron-server does. `dhcp`: whether the DHCP agent has to get ready, too. */
export type NeutronStep = { readonly port: number } & (
  | { readonly kind: 'create'; readonly chassis: string; readonly like: Kind; readonly dhcp: boolean }
  | { readonly kind: 'bind'; readonly chassis: string; readonly vifType: string; readonly dhcp: boolean }
  | { readonly kind: 'migrate'; readonly chassis: string; readonly by: 'binding' | 'profile' }
  /** `activate`: a live migration ends at its target. `forgetInactive`: it is given up, or its source is cleaned up. */
  | { readonly kind: 'activate' | 'forgetInactive' }
  /** `beginDhcp`: the DHCP agent is ready, and neutron-server looks for other blocks; in `endDhcp` it acts on that. */
  | { readonly kind: 'needDhcp' | 'beginDhcp' | 'endDhcp' }
  /** `raise` and `lower` the administrative state; `build`: an agent of Neutron's wires the port again. */
  | { readonly kind: 'raise' | 'lower' | 'build' | 'delete' }
);

/** A look of neutron-server at a port's blocks, on which it acts later: `provisioning_complete`. */
interface DhcpLook {
  readonly revision: number;
  readonly isLast: boolean;
}

/** What neutron-server does to its own rows, each in one transaction. */
export class NeutronApi {
  readonly #rig: Rig;
  readonly #journal: Journal;
  readonly #looks = new Map<number, DhcpLook>();
  /** How often each port was made: every time for another instance. */
  readonly #made = new Map<number, number>();
  readonly #drivers = new Map<number, string>();

  constructor(rig: Rig, journal: Journal) {
    this.#rig = rig;
    this.#journal = journal;
  }

  async take(step: NeutronStep): Promise<void> {
    switch (step.kind) {
      case 'create':
        return this.#create(step);
      case 'bind':
        return this.#bind(step);
      case 'migrate':
        return this.#migrate(step);
      case 'activate':
        return this.#activate(step.port);
      case 'forgetInactive':
        return this.#forgetInactive(step.port);
      case 'needDhcp':
        return this.#needDhcp(step.port);
      case 'beginDhcp':
        return this.#beginDhcp(step.port);
      case 'endDhcp':
        return this.#endDhcp(step.port);
      case 'raise':
      case 'lower':
        return this.#setAdminState(step.port, step.kind === 'raise');
      case 'build':
        return this.#change(step.port, (rows) => this.#setStatus(rows, step.port, 'BUILD'));
      case 'delete':
        return this.#delete(step.port);
    }
  }

  async #create({ port, chassis, like, dhcp }: NeutronStep & { kind: 'create' }): Promise<void> {
    if (await this.#exists(port)) return;
    const made = (this.#made.get(port) ?? 0) + 1;
    this.#made.set(port, made);
    const device = deviceOf(1000 * made + port);
    const owner = OWNERS[like];
    const driver = like === 'foreign-driver' ? 'sriovnicswitch' : 'openvswitch';
    this.#drivers.set(port, driver);
    await this.#journal.note({ kind: 'created', port: portIdOf(port), device, owner });
    await this.#write(async (rows) => {
      await plantPort(rows, port, {
        id: portIdOf(port),
        host: chassis,
        owner,
        deviceId: device,
        driver,
        blocks: [...(owner === 'compute:nova' ? ['L2'] : []), ...(dhcp ? ['DHCP'] : [])],
      });
      if (like === 'trunk') await plantTrunk(rows, port, portIdOf(port));
    });
  }

  /** The instance that a port belongs to; undefined where there is no such port. */
  async deviceOf(port: number): Promise<string | undefined> {
    const [row] = await this.#rig.rows.run('select device_id from ports where id = ?', [portIdOf(port)]);
    return row === undefined ? undefined : String(row['device_id']);
  }

  async #delete(port: number): Promise<void> {
    this.#looks.delete(port);
    if (!(await this.#exists(port))) return;
    await this.#journal.note({ kind: 'deleted', port: portIdOf(port), device: '', owner: '' });
    await this.#write((rows) =>
      rows.run('delete from standardattributes where id in (?, ?)', [sidOf(port), 20_000 + port]),
    );
  }

  /** Binds a port anew, to the same host or to another: it is DOWN until it is wired there. */
  async #bind({ port, chassis, vifType, dhcp }: NeutronStep & { kind: 'bind' }): Promise<void> {
    await this.#change(port, async (rows) => {
      for (const table of ['ml2_port_bindings', 'ml2_port_binding_levels'])
        await rows.run(`delete from ${table} where port_id = ?`, [portIdOf(port)]);
      await plantBinding(rows, portIdOf(port), { host: chassis, vifType, driver: this.#drivers.get(port) });
      await this.#setStatus(rows, port, 'DOWN');
      await block(rows, port, 'L2');
      if (dhcp) await block(rows, port, 'DHCP');
    });
  }

  /** Nova begins a live migration: with an inactive binding, or with a word in the active one's profile. */
  async #migrate({ port, chassis, by }: NeutronStep & { kind: 'migrate' }): Promise<void> {
    const id = portIdOf(port);
    await this.#change(port, async (rows) => {
      if (by === 'profile') {
        const profile = JSON.stringify({ migrating_to: chassis });
        await rows.run("update ml2_port_bindings set profile = ? where port_id = ? and status = 'ACTIVE'", [
          profile,
          id,
        ]);
        return;
      }
      const bound = await rows.run('select host from ml2_port_bindings where port_id = ? and host = ?', [
        id,
        chassis,
      ]);
      if (bound.length > 0) return;
      await plantBinding(rows, id, { host: chassis, status: 'INACTIVE', driver: this.#drivers.get(port) });
    });
  }

  async #activate(port: number): Promise<void> {
    const id = portIdOf(port);
    await this.#change(port, async (rows) => {
      const [target] = await rows.run(
        "select host from ml2_port_bindings where port_id = ? and status = 'INACTIVE'",
        [id],
      );
      if (target === undefined) return;
      await rows.run(
        "update ml2_port_bindings set status = 'INACTIVE', profile = '' where port_id = ? and status = 'ACTIVE'",
        [id],
      );
      await rows.run("update ml2_port_bindings set status = 'ACTIVE' where port_id = ? and host = ?", [
        id,
        String(target['host']),
      ]);
      await this.#setStatus(rows, port, 'DOWN');
      await block(rows, port, 'L2');
    });
  }

  async #forgetInactive(port: number): Promise<void> {
    const id = portIdOf(port);
    await this.#change(port, async (rows) => {
      await rows.run(
        `delete from ml2_port_binding_levels where port_id = ? and host in (
         select host from ml2_port_bindings b where b.port_id = ? and b.status = 'INACTIVE')`,
        [id, id],
      );
      await rows.run("delete from ml2_port_bindings where port_id = ? and status = 'INACTIVE'", [id]);
      await rows.run("update ml2_port_bindings set profile = '' where port_id = ?", [id]);
    });
  }

  /** The addresses of a port that is not ACTIVE change: DHCP has to get ready again. */
  async #needDhcp(port: number): Promise<void> {
    await this.#change(port, async (rows) => {
      const { status } = await this.#look(rows, port);
      if (status !== 'ACTIVE') await block(rows, port, 'DHCP');
    });
  }

  async #beginDhcp(port: number): Promise<void> {
    if (!(await this.#exists(port))) return;
    const { revision, blocks } = await this.#look(this.#rig.rows, port);
    if (blocks.includes('DHCP')) this.#looks.set(port, { revision, isLast: blocks.length === 1 });
  }

  /** Takes DHCP's block away, and sets the port ACTIVE where it was the last. What changed meanwhile makes it look again. */
  async #endDhcp(port: number): Promise<void> {
    const before = this.#looks.get(port);
    if (before === undefined) return;
    this.#looks.delete(port);
    await this.#change(port, async (rows) => {
      const now = await this.#look(rows, port);
      const isLast =
        now.revision === before.revision ? before.isLast : now.blocks.every((entity) => entity === 'DHCP');
      await rows.run("delete from provisioningblocks where standard_attr_id = ? and entity = 'DHCP'", [
        sidOf(port),
      ]);
      if (isLast && now.mayBeActive && now.status !== 'ACTIVE') await this.#setStatus(rows, port, 'ACTIVE');
    });
  }

  async #look(
    rows: NeutronRows,
    port: number,
  ): Promise<{
    readonly revision: number;
    readonly status: unknown;
    readonly blocks: readonly unknown[];
    /** Neutron activates no port that is administratively down or not bound. */
    readonly mayBeActive: boolean;
  }> {
    const [row] = await rows.run(
      `select status, isAdminUp, vifType, revision_number as revision
       from journal_ports p join standardattributes s on s.id = p.sid where p.id = ?`,
      [portIdOf(port)],
    );
    const blocks = await rows.run('select entity from provisioningblocks where standard_attr_id = ?', [
      sidOf(port),
    ]);
    return {
      revision: Number(row?.['revision']),
      status: row?.['status'],
      blocks: blocks.map(({ entity }) => entity),
      mayBeActive: row?.['isAdminUp'] === 1 && row['vifType'] === 'ovs',
    };
  }

  async #setAdminState(port: number, isUp: boolean): Promise<void> {
    await this.#change(port, (rows) =>
      rows.run('update ports set admin_state_up = ? where id = ?', [Number(isUp), portIdOf(port)]),
    );
  }

  async #exists(port: number): Promise<boolean> {
    return (await this.deviceOf(port)) !== undefined;
  }

  /** Changes a port, where there is one. */
  async #change(port: number, change: (rows: NeutronRows) => Promise<unknown>): Promise<void> {
    if (await this.#exists(port)) await this.#write(change);
  }

  /** Writes in Neutron's name. */
  async #write(change: (rows: NeutronRows) => Promise<unknown>): Promise<void> {
    await this.#rig.inTransaction(async (rows) => {
      await rows.run("update journal_author set name = 'neutron'");
      await change(rows);
      await rows.run("update journal_author set name = 'servers'");
    });
  }

  async #setStatus(rows: NeutronRows, port: number, status: string): Promise<void> {
    const now = new Date(this.#rig.clock.now()).toISOString().slice(0, 19).replace('T', ' ');
    await rows.run(
      'update standardattributes set revision_number = revision_number + 1, updated_at = ? where id = ?',
      [now, sidOf(port)],
    );
    await rows.run('update ports set status = ? where id = ?', [status, portIdOf(port)]);
  }
}

const OWNERS: Readonly<Record<Kind, string>> = {
  vm: 'compute:nova',
  volume: 'baremetal:none',
  router: 'network:router_interface',
  trunk: 'compute:nova',
  'foreign-driver': 'compute:nova',
};

function sidOf(port: number): number {
  return 10_000 + port;
}

async function block(rows: NeutronRows, port: number, entity: string): Promise<void> {
  await rows.run('insert or ignore into provisioningblocks values (?, ?)', [sidOf(port), entity]);
}
