import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLOUD_PROGRAMS, setUpCloud } from '../support/cloud-set-up.js';
import type { CloudSetUp, ServerName } from '../support/cloud-set-up.js';
import { eventually, pass } from '../support/eventually.js';
import { LogicalPorts } from '../support/logical-ports.js';
import { has } from '../support/needs.js';
import { portIdOf } from '../support/neutron-rows.js';
import type { Program } from '../support/process.js';

/** The default of `listener.ttlMs`. */
const TTL_MS = 3000;

/** Well below the 90 s after which systemd kills. */
const ORDERLY_STOP_MS = 10_000;

describe.runIf(has('e2e/stopped-servers', CLOUD_PROGRAMS))('a server that is stopped', () => {
  let set: CloudSetUp;
  let ports: LogicalPorts;
  let servers: Record<ServerName, Program>;

  beforeAll(async () => {
    set = await setUpCloud();
    ports = new LogicalPorts(set);
    await set.startAgent();
  });
  afterAll(() => set.dispose());
  beforeEach(async () => {
    const [a, b] = await Promise.all([set.startServer('a'), set.startServer('b')]);
    servers = { a, b };
  });
  afterEach(() => Promise.all([servers.a.stop(), servers.b.stop()]));

  it('in its tracks and killed with reports pending: the other applies them within its ttl and a second', async () => {
    const numbers = await ports.plant(20);
    servers.a.signal('SIGSTOP');
    servers.b.signal('SIGSTOP');
    await ports.plug(numbers);
    const orphans = await eventually(async () => {
      const pending = await pendingAt(set, numbers);
      expect(pending.size).toBe(numbers.length);
      return numbers.filter((number) => pending.get(number) === 'a');
    });
    expect(orphans.length).toBeGreaterThan(0);
    const killedAt = Date.now();
    await servers.a.kill();
    servers.b.signal('SIGCONT');
    await ports.settled(numbers, 'ACTIVE');
    for (const number of orphans) {
      const { server, applied_at } = await ports.ledger(number);
      expect(server).toBe('b');
      expect(applied_at - killedAt).toBeLessThan(TTL_MS + 1000);
    }
  });

  it('in its tracks inside a transaction: others write to its ports within 6 s, and it overwrites nothing when it goes on', async () => {
    const numbers = await ports.plant(12);
    await ports.plug(numbers, { tagged: false });
    await ports.settled(numbers, 'DOWN');
    const { last, release } = await holdLastRow(set, numbers);
    await ports.tag(numbers);
    const inside = await serverThatWaits(set);
    const other = inside === 'a' ? 'b' : 'a';
    const locked = await lockedAmong(
      set,
      numbers.filter((number) => number !== last),
    );
    servers[inside].signal('SIGSTOP');
    await release();

    expect(await lockedAmong(set, [locked])).toBe(locked);
    const startedAt = performance.now();
    await rename(set, locked);
    expect(performance.now() - startedAt).toBeLessThan(6000);

    await ports.settled(numbers, 'ACTIVE');
    await ports.unplug([locked]);
    await ports.settled([locked], 'DOWN');
    expect((await ports.ledger(locked)).server).toBe(other);
    expect(await ports.state(locked)).toMatchObject({ status: 'DOWN', revision: 6, blocks: 'L2' });
    const [state, ledger] = [await ports.state(locked), await ports.ledger(locked)];
    servers[inside].signal('SIGCONT');
    await servers[inside].logged('listener.joined', { times: 2 });
    await pass(2000);
    expect(await ports.state(locked)).toEqual(state);
    expect(await ports.ledger(locked)).toEqual(ledger);
    expect(ports.words(locked)).toEqual(['network-vif-plugged completed', 'network-vif-unplugged completed']);
  });

  it('in order while others hold the rows that it needs: it ends soon, and its report is not lost', async () => {
    const numbers = await ports.plant(1);
    const { release } = await holdLastRow(set, numbers);
    await ports.plug(numbers);
    const waiting = servers[await serverThatWaits(set)];
    const startedAt = performance.now();
    expect(await waiting.stop()).toMatchObject({ exitCode: 0 });
    expect(performance.now() - startedAt).toBeLessThan(ORDERLY_STOP_MS);
    await release();
    await ports.settled(numbers, 'ACTIVE');
  });
});

/** The servers in whose topics the reports of these ports are pending. */
async function pendingAt(
  { northbound }: CloudSetUp,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const keys = numbers.map((number) => ({ portId: portIdOf(number), chassis: 'cn1' }));
  const stored = await northbound.lookUp(keys);
  return new Map(
    stored.flatMap(({ portId, place }) =>
      place?.kind === 'topic'
        ? [[numbers.find((number) => portIdOf(number) === portId) ?? 0, place.listener]]
        : [],
    ),
  );
}

/** Locks the row of the last port, as a slow API request of Neutron does: whoever needs it waits holding the others. */
async function holdLastRow(
  { mariadb }: CloudSetUp,
  numbers: readonly number[],
): Promise<{ last: number; release: () => Promise<void> }> {
  const last = Math.max(...numbers);
  const connection = await mariadb.admin();
  await connection.query('start transaction');
  await connection.query('select id from neutron.standardattributes where id = ? for update', [
    10_000 + last,
  ]);
  const release = async (): Promise<void> => {
    await connection.query('rollback');
    await connection.end();
  };
  return { last, release };
}

/** InnoDB shows the same picture again to whoever asks sooner than 0.1 s after the last time. */
const INNODB_PICTURE_MS = 120;

/** The server whose transaction waits for a lock now. */
function serverThatWaits({ rows }: CloudSetUp): Promise<ServerName> {
  return eventually(async () => {
    await pass(INNODB_PICTURE_MS);
    const [waiting] = await rows.run(
      `select p.user as user from information_schema.innodb_trx t
       join information_schema.processlist p on p.id = t.trx_mysql_thread_id where t.trx_state = 'LOCK WAIT'`,
    );
    expect(waiting).toBeDefined();
    return waiting?.['user'] === 'ps_a' ? 'a' : 'b';
  });
}

/** What Neutron's API does to give a port another name. */
async function rename({ rows }: CloudSetUp, number: number): Promise<void> {
  const id = 10_000 + number;
  await rows.run('update standardattributes set revision_number = 4 where id = ? and revision_number = 3', [
    id,
  ]);
  await rows.run("update ports set name = 'renamed' where id = ?", [portIdOf(number)]);
}

/** One of these ports whose row is locked. */
async function lockedAmong({ mariadb }: CloudSetUp, numbers: readonly number[]): Promise<number> {
  const connection = await mariadb.admin();
  try {
    for (const number of numbers) if (await isLocked(connection, number)) return number;
    throw new Error('the server that waits holds no other row');
  } finally {
    await connection.end();
  }
}

async function isLocked(connection: Connection, number: number): Promise<boolean> {
  try {
    await connection.query('select id from neutron.standardattributes where id = ? for update nowait', [
      10_000 + number,
    ]);
    return false;
  } catch {
    return true;
  }
}
