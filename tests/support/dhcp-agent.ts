import type { NeutronConnection } from './neutron-rows.js';

const MAX_ATTEMPTS = 20;

/**
 * What neutron-server does when the DHCP agent says that a port is served: it takes DHCP's block away and looks, in the
 * same transaction, whether any other is left; if none is, it sets the port ACTIVE. Repeated after a conflict.
 *
 * @param think awaited between the look and what follows: neutron-server is slower than we are.
 */
export async function completeDhcp(
  connection: NeutronConnection,
  portId: string,
  think: () => Promise<void>,
): Promise<void> {
  for (
    let attempt = 1;
    !(await inTransaction(connection, () => provision(connection, portId, think)));
    attempt++
  ) {
    if (attempt === MAX_ATTEMPTS) throw new Error(`${portId} is changed too often`);
  }
}

/** Whether it was committed. */
async function inTransaction(connection: NeutronConnection, work: () => Promise<boolean>): Promise<boolean> {
  await connection.run('begin');
  try {
    const isDone = await work();
    await connection.run(isDone ? 'commit' : 'rollback');
    return isDone;
  } catch (error) {
    await connection.run('rollback');
    if (isConflict(error)) return false;
    throw error;
  }
}

/** False where somebody else changed the port meanwhile. */
async function provision(
  connection: NeutronConnection,
  portId: string,
  think: () => Promise<void>,
): Promise<boolean> {
  const [port] = await connection.run(
    `select s.id as sid, s.revision_number as revision, p.status as status
     from ports p join standardattributes s on s.id = p.standard_attr_id where p.id = ?`,
    [portId],
  );
  const sid = Number(port?.['sid']);
  await connection.run("delete from provisioningblocks where standard_attr_id = ? and entity = 'DHCP'", [
    sid,
  ]);
  const left = await connection.run('select entity from provisioningblocks where standard_attr_id = ?', [
    sid,
  ]);
  await think();
  if (left.length > 0 || port?.['status'] === 'ACTIVE') return true;
  return activate(connection, portId, sid, Number(port?.['revision']));
}

async function activate(
  connection: NeutronConnection,
  portId: string,
  sid: number,
  revision: number,
): Promise<boolean> {
  const matched = await connection.change(
    'update standardattributes set revision_number = ? where id = ? and revision_number = ?',
    [revision + 1, sid, revision],
  );
  if (matched === 0) return false;
  await connection.run("update ports set status = 'ACTIVE' where id = ?", [portId]);
  return true;
}

/** Deadlock and lock timeout, as MariaDB and PostgreSQL call them. */
function isConflict(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', '40P01', '40001'].includes(code);
}
