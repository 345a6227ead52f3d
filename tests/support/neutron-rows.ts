import type { NeutronRows } from '../../src/simulator/neutron-rows.js';

export * from '../../src/simulator/neutron-rows.js';

/** An L2 agent that said `silentMs` ago that it lives. */
export async function plantAgent(
  rows: NeutronRows,
  host: string,
  { l2population, silentMs }: { readonly l2population: boolean; readonly silentMs: number },
): Promise<void> {
  const time = naiveUtc(silentMs);
  await rows.run(
    `insert into agents (id, agent_type, \`binary\`, topic, host, admin_state_up, created_at, started_at,
       heartbeat_timestamp, configurations, \`load\`)
     values (?, 'Open vSwitch agent', 'neutron-openvswitch-agent', 'N/A', ?, ?, ?, ?, ?, ?, 0)`,
    [`agent-${host}`, host, 1, time, time, time, JSON.stringify({ l2_population: l2population })],
  );
}

/** Makes a port look as if Neutron had changed it `ageMs` ago. */
export async function setAge(rows: NeutronRows, number: number, ageMs: number): Promise<void> {
  await rows.run('update standardattributes set updated_at = ? where id = ?', [
    naiveUtc(ageMs),
    10_000 + number,
  ]);
}

/** A time in the past as Neutron writes it. */
function naiveUtc(agoMs: number): string {
  return new Date(Date.now() - agoMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** What a test asserts of one port: its status, revision and blocks. */
export async function portState(
  rows: NeutronRows,
  portId: string,
): Promise<{ status: unknown; revision: unknown; updatedAt: unknown; blocks: string }> {
  const found = await rows.run(
    `select p.status as status, s.revision_number as revision, s.updated_at as updated_at, s.id as sid
     from ports p join standardattributes s on s.id = p.standard_attr_id where p.id = ?`,
    [portId],
  );
  const [row] = found;
  if (row === undefined) throw new Error(`no port ${portId}`);
  const blocks = await rows.run(
    'select entity from provisioningblocks where standard_attr_id = ? order by entity',
    [Number(row['sid'])],
  );
  return {
    status: row['status'],
    revision: row['revision'],
    updatedAt: row['updated_at'],
    blocks: blocks.map(({ entity }) => String(entity)).join(','),
  };
}
