import { rmSync, writeFileSync } from 'node:fs';
import Database from 'libsql';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { conformance } from '../../../src/northbound/conformance/conformance.js';
import { portId, say, sayRange } from '../../../src/northbound/conformance/scene.js';
import { checkLayout, TABLES } from '../../../src/northbound/sqlite/layout.js';
import { Session } from '../../../src/northbound/sqlite/session.js';
import { SqliteNorthbound } from '../../../src/northbound/sqlite/sqlite-northbound.js';
import { systemClock } from '../../../src/runtime/clock.js';
import type { Clock } from '../../../src/runtime/clock.js';
import { createLogger } from '../../../src/runtime/logger.js';
import type { Logger } from '../../../src/runtime/logger.js';
import { systemRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { makeSqliteHome, openSqliteFixture } from '../../support/sqlite-fixture.js';

conformance({ test: it, engine: openSqliteFixture, faults: ['cut', 'loseEverything', 'rollBack'] });

it('is opened also where another process makes the file between two looks at it', () => {
  const path = makePath();
  const session = new Session(new Database(path), { clock: systemClock, random: systemRandom });
  const look = vi.spyOn(session, 'rows').mockImplementationOnce(() => {
    look.mockRestore();
    const found = session.rows('PRAGMA user_version');
    new Database(path).exec(TABLES);
    return found;
  });
  expect(() => checkLayout(session, path)).not.toThrow();
  session.close();
});

describe('the incarnation', () => {
  it('stays when the file is opened again', async () => {
    const path = makePath();
    const first = await open(path).incarnation();
    expect(await open(path).incarnation()).toBe(first);
  });

  it('is another one after the host was booted, and the ttl of the listeners starts again', async () => {
    const path = makePath();
    const clock = new VirtualClock();
    const before = open(path, { clock, boot: 'one' });
    const incarnation = await before.incarnation();
    await before.join({ id: 'n1', ttlMs: 3000, versions: [1], program: '1' });
    await clock.advance(3001);
    const after = open(path, { clock, boot: 'two' });
    expect(await after.incarnation()).not.toBe(incarnation);
    expect(await after.listeners()).toMatchObject([{ id: 'n1', state: 'live', ageMs: 0 }]);
  });

  it('after the host was booted, a chassis is as old as that, whatever the clock said before', async () => {
    const path = makePath();
    const before = new VirtualClock();
    await before.advance(86_400_000);
    await open(path, { clock: before, boot: 'one' }).registerChassis('cn1');
    const clock = new VirtualClock();
    const after = open(path, { clock, boot: 'two' });
    await after.incarnation();
    await clock.advance(70_000);
    expect(await after.chassis()).toMatchObject([{ chassis: 'cn1', ageMs: 70_000 }]);
  });

  it('is another one when the file bears an older mark than was left beside it', async () => {
    const path = makePath();
    const incarnation = await open(path).incarnation();
    alter(path, "UPDATE meta SET mark = 'of an opening before'");
    expect(await open(path).incarnation()).not.toBe(incarnation);
  });

  it('is another one when the file was deleted while it was not open', async () => {
    const path = makePath();
    const before = open(path);
    const incarnation = await before.incarnation();
    await before.close();
    rmSync(path);
    expect(await open(path).incarnation()).not.toBe(incarnation);
  });
});

describe('the file', () => {
  it('of an unknown layout is refused', async () => {
    const path = makePath();
    await open(path).incarnation();
    alter(path, 'PRAGMA user_version = 99');
    await expect(open(path).incarnation()).rejects.toMatchObject({ code: 'LAYOUT' });
  });

  it('of another program is refused and left as it is', async () => {
    const path = makePath();
    alter(path, 'CREATE TABLE ports (id TEXT); PRAGMA user_version = 1');
    await expect(open(path).registerChassis('cn1')).rejects.toMatchObject({ code: 'LAYOUT' });
    const found = read(
      path,
      'SELECT name, (SELECT journal_mode FROM pragma_journal_mode) AS mode FROM sqlite_master',
    );
    expect(found).toEqual([{ name: 'ports', mode: 'delete' }]);
  });

  it('that is no database is refused', async () => {
    const path = makePath();
    writeFileSync(path, 'no database'.repeat(1000));
    await expect(open(path).incarnation()).rejects.toMatchObject({ code: 'LAYOUT' });
  });

  it('that a program made which did not know what servers have done is shared with that program', async () => {
    const path = makePath();
    alter(
      path,
      TABLES.replace('done TEXT', '').replace(
        /timestamp INTEGER NOT NULL,\s*\) STRICT/,
        'timestamp INTEGER NOT NULL) STRICT',
      ),
    );
    const earlier = earlierServer(path);
    const northbound = open(path);
    expect(await northbound.listeners()).toEqual([]);
    const membership = await northbound.join({ id: 'n1', ttlMs: 60_000, versions: [1], program: '1' });
    earlier.join('n0');
    const done = { forMs: 1000, received: 3, written: 2, told: 1 };
    for (const turn of [1, 2]) await northbound.heartbeat(membership, { done: { ...done, told: turn } });
    earlier.beat('n0');
    earlier.join('n2');
    expect(earlier.list()).toMatchObject(
      ['n0', 'n1', 'n2'].map((id) => ({ id, program: '1', timestamp: expect.any(Number) as number })),
    );
    expect((await northbound.listeners()).map(({ id, done: told }) => [id, told])).toEqual([
      ['n0', undefined],
      ['n1', { ...done, told: 2 }],
      ['n2', undefined],
    ]);
  });

  it('survives its process: what was published is there for the next', async () => {
    const path = makePath();
    const before = open(path);
    await before.publish(await before.registerChassis('cn1'), [say(1, 10)]);
    await before.close();
    expect(await open(path).reports('cn1', { limit: 10 })).toMatchObject([say(1, 10)]);
  });
});

describe('one transaction', () => {
  it('holds the writing verbs that were called in one turn', async () => {
    const northbound = open(makePath());
    const registration = await northbound.registerChassis('cn1');
    const exec = vi.spyOn(Database.prototype, 'exec');
    onTestFinished(() => exec.mockRestore());
    await Promise.all(sayRange(1, 50).map((report) => northbound.publish(registration, [report])));
    expect(exec.mock.calls.filter(([sql]) => sql === 'COMMIT')).toHaveLength(1);
    expect(await northbound.reports('cn1', { limit: 100 })).toHaveLength(50);
  });

  it('goes on without the verb whose value the file refuses', async () => {
    const northbound = open(makePath());
    const registration = await northbound.registerChassis('cn1');
    const refused = northbound.publish(registration, [say(1, 10.5)]);
    const stored = northbound.publish(registration, [say(2, 11)]);
    await expect(refused).rejects.toMatchObject({ code: 'BUG' });
    expect(await stored).toEqual({ stored: 1, late: 0 });
  });
});

describe('while another process holds the lock', () => {
  it('a publish waits without stopping the event loop, and succeeds', async () => {
    const { northbound, registration, release } = await openLocked();
    const publication = northbound.publish(registration, [say(1, 10)]);
    for (let turn = 0; turn < 10; turn++) await systemClock.turn();
    release();
    expect(await publication).toEqual({ stored: 1, late: 0 });
  });

  it('reading goes on', async () => {
    const { northbound, release } = await openLocked();
    expect(await northbound.chassis()).toMatchObject([{ chassis: 'cn1' }]);
    release();
  });

  it('a publish whose signal is aborted is given up, and stores nothing', async () => {
    const { northbound, registration, release } = await openLocked();
    const giveUp = new AbortController();
    const publication = northbound.publish(registration, [say(1, 10)], { signal: giveUp.signal });
    const reason = new Error('enough');
    giveUp.abort(reason);
    await expect(publication).rejects.toBe(reason);
    release();
    expect(await northbound.publish(registration, [say(2, 11)])).toEqual({ stored: 1, late: 0 });
    expect(await northbound.lookUp([{ chassis: 'cn1', portId: portId(1) }])).toEqual([]);
  });

  it('a publish throws CLOSED when its connection is closed', async () => {
    const { northbound, registration, release } = await openLocked();
    const publication = northbound.publish(registration, [say(1, 10)]);
    const ending = expect(publication).rejects.toMatchObject({ code: 'CLOSED' });
    await northbound.close();
    await ending;
    release();
  });

  it('a publish throws UNAVAILABLE when the lock is never let go', async () => {
    const impatient: Clock = { ...systemClock, sleep: () => systemClock.turn() };
    const { northbound, registration, release } = await openLocked(impatient);
    await expect(northbound.publish(registration, [say(1, 10)])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    release();
  });
});

it('a ring that was lost costs until the next heartbeat', async () => {
  const path = makePath();
  const [server, agent] = [open(path), open(path)];
  const membership = await server.join({ id: 'n1', ttlMs: 60_000, versions: [1], program: '1' });
  const registration = await agent.registerChassis('cn1');
  const deliveries = server.receive(membership, { max: 10 });
  rmSync(`${path}-doorbells`, { recursive: true });
  await agent.publish(registration, [say(1, 10)]);
  await server.heartbeat(membership);
  expect(await deliveries).toMatchObject([{ revision: 10 }]);
});

it('where the host has no watch to give, a listener joins, says so once, and hears with its heartbeats until it has one', async () => {
  const path = makePath();
  const events: unknown[] = [];
  const logger = createLogger('info', {
    write: (line) => void events.push((JSON.parse(line) as { readonly event: unknown }).event),
  });
  writeFileSync(`${path}-doorbells`, 'in the way of the folder');
  const [server, agent] = [open(path, { logger }), open(path)];
  const membership = await server.join({ id: 'n1', ttlMs: 60_000, versions: [1], program: '1' });
  const registration = await agent.registerChassis('cn1');
  const unwatched = server.receive(membership, { max: 10 });
  await agent.publish(registration, [say(1, 10)]);
  await server.heartbeat(membership);
  expect(await unwatched).toMatchObject([{ revision: 10 }]);
  expect(events).toEqual(['doorbell.unwatched']);
  rmSync(`${path}-doorbells`);
  await server.heartbeat(membership);
  const watched = server.receive(membership, { max: 10 });
  await agent.publish(registration, [say(1, 11)]);
  expect(await watched).toMatchObject([{ revision: 11 }]);
  expect(events).toEqual(['doorbell.unwatched', 'doorbell.watched']);
});

it('no statement scans the reports', async () => {
  const path = makePath();
  const prepare = vi.spyOn(Database.prototype, 'prepare');
  onTestFinished(() => prepare.mockRestore());
  await callEveryVerb(open(path));
  const statements = [...new Set(prepare.mock.calls.map(([sql]) => sql))].filter((sql) =>
    /\breports\b/.test(sql),
  );
  prepare.mockRestore();
  expect(statements.length).toBeGreaterThan(10);
  const scans = statements.filter((sql) => planOf(path, sql).some((step) => step.startsWith('SCAN reports')));
  expect(scans).toEqual([]);
});

interface OpenOptions {
  readonly clock?: Clock;
  readonly boot?: string;
  readonly logger?: Logger;
}

/** A connection that is closed when the test ends. */
function open(path: string, { clock = systemClock, ...more }: OpenOptions = {}): SqliteNorthbound {
  const northbound = new SqliteNorthbound(path, { clock, random: systemRandom, ...more });
  onTestFinished(() => northbound.close());
  return northbound;
}

function makePath(): string {
  const { path, remove } = makeSqliteHome();
  onTestFinished(remove);
  return path;
}

function alter(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

/** What a program of before did with the table of listeners, by statements that it prepared before the table changed. */
function earlierServer(path: string) {
  const database = new Database(path);
  onTestFinished(() => void database.close());
  const insert = database.prepare(
    `INSERT OR REPLACE INTO listeners (id, ttl_ms, versions, program, generation, number, timestamp)
     VALUES (?, 60000, '[1]', '1', '1-a', 1, ?)`,
  );
  const update = database.prepare('UPDATE listeners SET timestamp = ? WHERE id = ?');
  const select = database.prepare('SELECT * FROM listeners');
  const now = (): number => Math.floor(systemClock.monotonicMs());
  return {
    join: (id: string) => insert.run([id, now()]),
    beat: (id: string) => update.run([now(), id]),
    list: () => select.all([]),
  };
}

function read(path: string, sql: string): unknown[] {
  const database = new Database(path);
  const rows = database.prepare(sql).all();
  database.close();
  return rows;
}

async function openLocked(clock?: Clock) {
  const path = makePath();
  const northbound = open(path, clock === undefined ? {} : { clock });
  const registration = await northbound.registerChassis('cn1');
  const other = new Database(path);
  other.exec('BEGIN IMMEDIATE');
  const release = (): void => {
    other.exec('ROLLBACK');
    other.close();
  };
  return { northbound, registration, release };
}

async function callEveryVerb(northbound: SqliteNorthbound): Promise<void> {
  const registration = await northbound.registerChassis('cn1');
  await northbound.publish(registration, sayRange(1, 3));
  await northbound.keepChassis(registration, { complete: 1, version: '1' });
  const membership = await northbound.join({ id: 'n1', ttlMs: 60_000, versions: [1], program: '1' });
  await northbound.adopt(membership, { max: 10 });
  await northbound.heartbeat(membership);
  await northbound.acknowledge(membership, await northbound.receive(membership, { max: 10 }));
  await northbound.listeners();
  await northbound.topics();
  await northbound.chassis();
  await northbound.reports('cn1', { limit: 10 });
  await northbound.lookUp([{ chassis: 'cn1', portId: portId(1) }]);
  await northbound.approve('cn1');
  await northbound.leave(membership);
}

/** How SQLite would carry a statement out, one line per step. */
function planOf(path: string, sql: string): readonly string[] {
  return read(path, `EXPLAIN QUERY PLAN ${sql}`).map((step) => (step as { readonly detail: string }).detail);
}
