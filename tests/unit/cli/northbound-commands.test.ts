import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { World } from '../../../src/cli/world.js';
import type { ChassisNote, Membership } from '../../../src/northbound/northbound.js';
import { SqliteNorthbound } from '../../../src/northbound/sqlite/sqlite-northbound.js';
import { systemRandom } from '../../../src/runtime/random.js';
import { createShiftedClock } from '../../support/shifted-clock.js';
import type { ShiftedClock } from '../../support/shifted-clock.js';
import { makeSqliteHome } from '../../support/sqlite-fixture.js';
import type { SqliteHome } from '../../support/sqlite-fixture.js';
import { runIn } from './io.js';
import type { Ran } from './io.js';

const TTL_MS = 30_000;
const PORT = '15e2c509-be19-4dfd-a2e0-c08cb1499a3e';

let home: SqliteHome;
let clock: ShiftedClock;
let northbound: SqliteNorthbound;

beforeEach(() => {
  home = makeSqliteHome();
  clock = createShiftedClock();
  northbound = new SqliteNorthbound(home.path, { clock, random: systemRandom });
});

afterEach(async () => {
  await northbound.close();
  home.remove();
});

function run(line: string, over: Partial<World> = {}): Promise<Ran> {
  const [command = '', ...words] = line.split(' ');
  return runIn([command, `--northbound-url sqlite:${home.path}`, ...words].join(' '), { clock, ...over });
}

/** The answer of a command that was asked for JSON. */
async function runJson<T>(line: string): Promise<T> {
  return JSON.parse((await run(`${line} --json`)).stdout) as T;
}

function join(id: string, versions: readonly number[] = [1, 2]): Promise<Membership> {
  return northbound.join({ id, ttlMs: TTL_MS, versions, program: '0.2.0' });
}

/** An agent that has spoken. */
async function speak(chassis: string, note: Partial<ChassisNote> = {}): Promise<void> {
  const registration = await northbound.registerChassis(chassis);
  await northbound.keepChassis(registration, { version: '0.1.0', complete: 1, ...note });
}

async function publish(chassis: string): Promise<void> {
  const registration = await northbound.registerChassis(chassis);
  const report = { portId: PORT, chassis, revision: 1, version: 1, isDown: false, body: '{}' };
  await northbound.publish(registration, [report]);
}

const TERMINAL = {
  columns: 80,
  rows: 24,
  write: () => undefined,
  hasKeys: false,
  listen: () => () => undefined,
};

describe('port-status listeners', () => {
  it('draws a table, and says with 0 that all are live', async () => {
    const done = { forMs: 1000, written: 0, told: 0 };
    await northbound.heartbeat(await join('a'), { done: { ...done, received: 300 } });
    await northbound.heartbeat(await join('server-2', [1]), { done: { ...done, received: 100 } });
    await publish('cn1');
    const { exitCode, stdout, stderr } = await run('listeners');
    expect([exitCode, stderr]).toEqual([0, '']);
    const rows = stdout
      .replaceAll(/\d\.\d s/g, '0.0 s')
      .trimEnd()
      .split('\n');
    const waiting = rows.map((row) => row.split(/\s{2,}/)[3]);
    expect(rows[0]).toBe('SERVER    STATE   HEARD OF  WAITING  OLDEST  SHARE  PROGRAM  WIRE');
    expect(rows[2]).toMatch(
      /^server-2 {2}live {3}0\.0 s ago {8}[01] {3} *(-|0\.0 s) {3}25 % {2}0\.2\.0 {4}1$/,
    );
    expect(waiting.slice(1).sort()).toEqual(['0', '1']);
  });

  it.each([
    ['is late', async () => clock.shift(TTL_MS / 2 + 1000), 'late'],
    ['has lapsed', async () => clock.shift(TTL_MS + 1000), 'lapsed'],
    ['was told to leave', () => northbound.drain('a'), 'draining'],
  ] as const)('says with 1 that one %s', async (_what, change, state) => {
    await join('a');
    await change();
    await join('b');
    expect((await run('listeners')).exitCode).toBe(1);
    const { listeners } = await runJson<{ listeners: object[] }>('listeners');
    expect(listeners).toMatchObject([
      { id: 'a', state },
      { id: 'b', state: 'live' },
    ]);
  });

  it('says with 1 that there is none', async () => {
    await northbound.incarnation();
    const { exitCode, stdout } = await run('listeners');
    expect([exitCode, stdout]).toEqual([
      1,
      'SERVER  STATE  HEARD OF  WAITING  OLDEST  SHARE  PROGRAM  WIRE\n',
    ]);
  });

  it('prints all that it knows as JSON', async () => {
    await join('a');
    await publish('cn1');
    expect(await runJson('listeners')).toEqual({
      exitCode: 0,
      listeners: [
        {
          id: 'a',
          state: 'live',
          ageMs: expect.any(Number) as number,
          ttlMs: TTL_MS,
          backlog: 1,
          oldestMs: expect.any(Number) as number,
          share: 0,
          program: '0.2.0',
          versions: [1, 2],
        },
      ],
    });
  });

  it('makes no file where there is none', async () => {
    const { exitCode, stderr } = await run('listeners');
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(/does not exist; check northbound\.url/);
  });
});

describe('port-status topics', () => {
  it('draws a table, and says with 0 that all that waits is with a server that works', async () => {
    await join('a');
    await publish('cn1');
    clock.shift(2000);
    await join('b');
    const { exitCode, stdout } = await run('topics');
    expect(exitCode).toBe(0);
    expect(stdout.replaceAll(/\d\.\d s/g, '2.0 s').split('\n')).toEqual([
      'TOPIC  SERVER  WAITING  SHARE  OLDEST  OF CHASSIS  PORT',
      `a      live          1  100 %   2.0 s  cn1         ${PORT}`,
      'b      live          0    0 %       -  -           -',
      '',
    ]);
  });

  it.each<[string, (member: Membership) => unknown, object]>([
    ['a server that has lapsed', () => clock.shift(TTL_MS + 1000), { topic: 'a', listener: 'lapsed' }],
    ['a server that is gone', (member) => northbound.leave(member), { topic: 'a', listener: 'gone' }],
  ])('says with 1 that something waits with %s', async (_what, end, shown) => {
    const member = await join('a');
    await publish('cn1');
    await end(member);
    expect(await runJson('topics')).toEqual({
      exitCode: 1,
      topics: [
        {
          ...shown,
          ...{ backlog: 1, share: 1, oldest: { portId: PORT, chassis: 'cn1' } },
          oldestMs: expect.any(Number) as number,
        },
      ],
    });
  });

  it("says with 1 that something waits in nobody's topic", async () => {
    await publish('cn1');
    expect(await runJson('topics')).toMatchObject({
      exitCode: 1,
      topics: [{ listener: 'none', backlog: 1 }],
    });
    expect((await run('topics')).stdout).toMatch(/\n- {6}none /);
  });

  it('says with 0 that nothing waits, whoever is live', async () => {
    await join('a');
    clock.shift(TTL_MS + 1000);
    expect(await run('topics')).toMatchObject({ exitCode: 0 });
  });
});

describe('port-status chassis', () => {
  it('says with 0 that all are live and complete', async () => {
    await speak('cn1');
    const { exitCode, stdout } = await run('chassis');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^CHASSIS {2}STATE {2,}HEARD OF {2}COMPLETE {2}HELD BACK {2}AGENT\ncn1 {6}live {3}0\.\d s ago {2}yes {7}- {10}0\.1\.0\n$/,
    );
  });

  it.each<[string, (() => unknown) | undefined, Partial<ChassisNote>, object]>([
    ['late', () => clock.shift(16_000), {}, { state: 'late', isComplete: true }],
    ['silent as no agent is that lives', () => clock.shift(70_000), {}, { state: 'lapsed' }],
    ['not complete', undefined, { complete: undefined }, { state: 'live', isComplete: false }],
    [
      'holding ports back',
      undefined,
      { hold: { id: 'h', ports: 30, sinceMs: 0 } },
      { hold: { id: 'h', ports: 30, sinceMs: 0 } },
    ],
  ])('says with 1 that one is %s', async (_what, change, note, shown) => {
    await speak('cn1', note);
    change?.();
    expect((await run('chassis')).exitCode).toBe(1);
    expect(await runJson('chassis')).toMatchObject({ exitCode: 1, chassis: [{ chassis: 'cn1', ...shown }] });
  });

  it('calls one late by the heartbeat, and lapsed by the time, that are configured', async () => {
    await speak('cn1');
    clock.shift(20_000);
    const stateOf = async (flags: string): Promise<string> =>
      (await runJson<{ chassis: { state: string }[] }>(`chassis ${flags}`)).chassis[0]?.state ?? '';
    expect(await stateOf('--agent-heartbeat-ms 10000')).toBe('live');
    expect(await stateOf('--chassis-down-after-ms 30000')).toBe('late');
    clock.shift(15_000);
    expect(await stateOf('--chassis-down-after-ms 30000')).toBe('lapsed');
  });

  it('takes a completeness of other data for none', async () => {
    await speak('cn1');
    await home.faults.rollBack?.checkpoint();
    await home.faults.rollBack?.rollBack();
    await northbound.incarnation();
    expect(await runJson('chassis')).toMatchObject({
      exitCode: 1,
      chassis: [{ state: 'live', isComplete: false }],
    });
  });

  it('says since when ports are held back', async () => {
    await speak('cn1', { hold: { id: 'h', ports: 30, sinceMs: 0 } });
    expect((await run('chassis')).stdout).toContain('DOWN of 30 since 1970-01-01T00:00:00.000Z');
  });

  it('says whose ports are kept because so many are silent, and how to let one go', async () => {
    for (const name of ['cn1', 'cn2']) await publish(name);
    await speak('empty');
    clock.shift(40_000);
    await speak('cn3');
    const flags = '--chassis-down-after-ms 30000 --chassis-down-most-percent 50';
    const { stdout } = await run(`chassis ${flags}`);
    expect(stdout).toMatch(/\n2 of 4 chassis are silent at once.*run "port-status approve <chassis>"\n$/);
    const kept = async (): Promise<readonly string[]> =>
      (await runJson<{ chassis: { chassis: string; isKept: boolean }[] }>(`chassis ${flags}`)).chassis
        .filter(({ isKept }) => isKept)
        .map(({ chassis }) => chassis);
    expect(await kept()).toEqual(['cn1', 'cn2']);
    expect((await run('approve cn2 --chassis-down-after-ms 30000')).exitCode).toBe(0);
    expect(await kept()).toEqual(['cn1']);
  });

  it('lets no agent steer the terminal', async () => {
    await speak('cn1', { version: '1\x1b]0;x\x07' });
    expect((await run('chassis', { terminal: TERMINAL })).stdout).toContain('1?]0;x?');
  });
});

describe('port-status approve', () => {
  it.each<[string, Partial<ChassisNote>, number, Ran]>([
    [
      'what the agent of a chassis that lives holds back',
      { hold: { id: 'h1', ports: 7, sinceMs: 1 } },
      0,
      { exitCode: 0, stdout: 'approved: cn1 reports what it held\n', stderr: '' },
    ],
    ['nothing of one that holds nothing', {}, 0, { exitCode: 1, stdout: 'cn1 holds nothing\n', stderr: '' }],
    [
      'the silence of one that is silent, whatever it held',
      { hold: { id: 'h1', ports: 7, sinceMs: 1 } },
      70_000,
      {
        exitCode: 0,
        stdout: 'approved: cn1 is silent, and servers may report its ports DOWN\n',
        stderr: '',
      },
    ],
  ])('approves %s', async (_what, note, silentMs, ran) => {
    await speak('cn1', note);
    clock.shift(silentMs);
    const [view] = await northbound.chassis(['cn1']);
    expect(await run('approve cn1')).toEqual(ran);
    const [after] = await northbound.chassis(['cn1']);
    expect(after?.approved).toBe(silentMs > 0 ? view?.beat : note.hold?.id);
  });

  it('knows no chassis that never registered', async () => {
    await northbound.incarnation();
    expect(await run('approve cn9')).toEqual({
      exitCode: 1,
      stdout: 'cn9 is not registered; "port-status chassis" lists who is\n',
      stderr: '',
    });
  });
});

describe('port-status drain', () => {
  /** Leaves as a server does: when a heartbeat tells it. */
  async function leaveWhenTold(member: Membership): Promise<void> {
    while (!(await northbound.heartbeat(member)).isDraining) await clock.sleep(20);
    await northbound.leave(member);
  }

  it('waits until the server has left, and says so', async () => {
    const leaving = leaveWhenTold(await join('a'));
    await join('b');
    const { exitCode, stdout } = await run('drain a');
    await leaving;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^a: was live and is told to leave; 0 reports wait in its topic\na: has left after \d\.\d s\n$/,
    );
    expect((await northbound.listeners()).map(({ id }) => id)).toEqual(['b']);
  });

  it('says that it has left where it has been started again meanwhile', async () => {
    const member = await join('a');
    await join('b');
    const again = leaveWhenTold(member).then(() => join('a'));
    const { exitCode, stdout } = await run('drain a');
    await again;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/a: has left/);
  });

  it('says with 1 that the server has not left in time', async () => {
    await join('a');
    await join('b');
    const { exitCode, stdout } = await run('drain a --timeout 0s');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/a: is still registered after \d\.\d s \(draining, 0 reports wait\)/);
  });

  it('says with 1 that there is no such server, and which there are', async () => {
    await join('a');
    await join('b');
    expect(await run('drain c')).toEqual({
      exitCode: 1,
      stdout: 'c: no such server; registered: a, b\n',
      stderr: '',
    });
  });

  it('refuses where no other is live, unless it is forced', async () => {
    await join('b');
    clock.shift(TTL_MS);
    const leaving = leaveWhenTold(await join('a'));
    const refused = await run('drain a');
    expect(refused).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^a: refused: .* --force/) as string,
    });
    expect((await northbound.listeners())[0]?.state).toBe('live');
    expect((await run('drain a --force')).exitCode).toBe(0);
    await leaving;
  });
});

describe.each(['listeners', 'topics', 'chassis'])('the table of port-status %s', (command) => {
  it('has colours in a terminal alone, and none where NO_COLOR asks for none', async () => {
    await join('a');
    await speak('cn1');
    const green = '\x1b[32mlive\x1b[0m';
    const shown = async (over: Partial<World>): Promise<string> => (await run(command, over)).stdout;
    expect(await shown({ terminal: TERMINAL })).toContain(green);
    expect(await shown({})).not.toContain('\x1b');
    expect(await shown({ terminal: TERMINAL, environment: { NO_COLOR: '1' } })).not.toContain('\x1b');
  });
});
