import type { Pool } from 'mysql2/promise';
import { rowsOf } from './mariadb.js';
import { plantBinding, plantBlock, portIdOf } from './neutron-rows.js';
import type { NeutronRows } from './neutron-rows.js';

/**
 * What neutron-server does to ports when its API or an agent asks: each in one transaction, with the next revision
 * number. Ports go by the numbers of neutron-rows.ts.
 */
export class NeutronApi {
  readonly #admin: Pool;

  constructor(admin: Pool) {
    this.#admin = admin;
  }

  /** Binds a port that is not bound, as when Nova names its host. */
  bind(number: number, host: string): Promise<void> {
    return this.#change(number, async (rows) => {
      await rows.run('delete from ml2_port_bindings where port_id = ?', [portIdOf(number)]);
      await plantBinding(rows, portIdOf(number), { host });
    });
  }

  /** Binds a port anew to the host that it is bound to: it is not wired until its agent says so again. */
  rebind(number: number): Promise<void> {
    return this.#change(number, async (rows) => {
      await plantBlock(rows, number, 'L2');
      await setColumn(rows, number, 'status', 'DOWN');
    });
  }

  /** Adds the binding of a live migration's target. */
  addInactiveBinding(number: number, host: string): Promise<void> {
    return this.#change(number, (rows) => plantBinding(rows, portIdOf(number), { host, status: 'INACTIVE' }));
  }

  /** Lets a live migration's target take over: the binding of the source becomes INACTIVE, the port DOWN. */
  activateBinding(number: number, host: string): Promise<void> {
    return this.#change(number, async (rows) => {
      await rows.run(
        "update ml2_port_bindings set status = if(host = ?, 'ACTIVE', 'INACTIVE') where port_id = ?",
        [host, portIdOf(number)],
      );
      await setColumn(rows, number, 'status', 'DOWN');
    });
  }

  deleteBinding(number: number, host: string): Promise<void> {
    return this.#change(number, async (rows) => {
      for (const table of ['ml2_port_binding_levels', 'ml2_port_bindings'])
        await rows.run(`delete from ${table} where port_id = ? and host = ?`, [portIdOf(number), host]);
    });
  }

  setAdminState(number: number, isUp: boolean): Promise<void> {
    return this.#change(number, (rows) => setColumn(rows, number, 'admin_state_up', Number(isUp)));
  }

  /** What neutron-openvswitch-agent has neutron-server write: BUILD when it begins to wire a port, then ACTIVE. */
  setStatus(number: number, status: 'BUILD' | 'ACTIVE'): Promise<void> {
    return this.#change(number, async (rows) => {
      if (status === 'ACTIVE')
        await rows.run('delete from provisioningblocks where standard_attr_id = ?', [sidOf(number)]);
      await setColumn(rows, number, 'status', status);
    });
  }

  /** The rest of its rows goes with the first. */
  delete(number: number): Promise<void> {
    return this.#change(number, async (rows) => {
      await rows.run('delete from standardattributes where id = ?', [sidOf(number)]);
    });
  }

  async #change(number: number, change: (rows: NeutronRows) => Promise<void>): Promise<void> {
    const connection = await this.#admin.getConnection();
    try {
      await connection.beginTransaction();
      const rows = rowsOf(connection);
      await rows.run(
        'update standardattributes set revision_number = revision_number + 1, updated_at = utc_timestamp() where id = ?',
        [sidOf(number)],
      );
      await change(rows);
      await connection.commit();
    } catch (error) {
      await connection.rollback();
      throw error;
    } finally {
      connection.release();
    }
  }
}

async function setColumn(
  rows: NeutronRows,
  number: number,
  column: 'status' | 'admin_state_up',
  value: string | number,
): Promise<void> {
  await rows.run(`update ports set ${column} = ? where id = ?`, [value, portIdOf(number)]);
}

function sidOf(number: number): number {
  return 10_000 + number;
}
