import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { World } from '../../../src/cli/world.js';
import type { QuarantineEntry } from '../../../src/neutron/neutron.js';
import type { Envelope } from '../../../src/domain/wire.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { portIdOf } from '../../support/neutron-rows.js';
import { runIn } from '../../unit/cli/io.js';
import type { Ran } from '../../unit/cli/io.js';
import { sqliteCloud, withNorthbound, withStore } from './cloud.js';
import type { Cloud } from './cloud.js';

const BODY = '{"status":"ACTIVE","attachment":"a","observedAt":1}';
const [GOOD, BROKEN, DOWN] = [portIdOf(1), portIdOf(2), portIdOf(3)] as const;

interface Answer {
  readonly exitCode: number;
  readonly reports: readonly (QuarantineEntry & { readonly id: string })[];
  readonly released: number;
  readonly refused: readonly QuarantineEntry[];
  readonly unknown: readonly string[];
}

describe('port-status quarantine', () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await sqliteCloud();
    const incarnation = await store();
    await withStore(cloud, (neutron) =>
      neutron.quarantine(
        [
          entryOf(GOOD, incarnation, { reason: 'out of range' }),
          entryOf(BROKEN, incarnation, { body: '{"a":\u001b[31m', reason: 'no JSON' }),
          entryOf(DOWN, incarnation, { body: BODY.replace('ACTIVE', 'DOWN'), reason: 'out of range' }),
        ],
        10,
      ),
    );
  });
  afterEach(() => cloud.dispose());

  /** The records of what was set aside; that of the one which says DOWN is gone. @returns their incarnation. */
  function store(): Promise<string> {
    return withNorthbound(cloud, 0, async (northbound) => {
      const registration = await northbound.registerChassis('cn1');
      const one: Envelope = {
        ...{ portId: GOOD, chassis: 'cn1', revision: 1, version: 1, isDown: false, body: BODY },
      };
      await northbound.publish(registration, [one, { ...one, portId: BROKEN, body: '{"a":\u001b[31m' }]);
      return registration.incarnation;
    });
  }

  function entryOf(portId: string, incarnation: string, over: Partial<QuarantineEntry>): QuarantineEntry {
    const entry = { portId, chassis: 'cn1', revision: 1, incarnation, body: BODY, reason: '', server: 'n1' };
    return { ...entry, ...over };
  }

  function run(words: string, over: Partial<World> = {}): Promise<Ran> {
    const databases = `--neutron-url ${cloud.url} --northbound-url sqlite:${cloud.northboundFile}`;
    return runIn(`quarantine ${words} ${databases}`, { clock: systemClock, ...over });
  }

  async function runJson(words: string): Promise<Answer> {
    return JSON.parse((await run(`${words} --json`)).stdout) as Answer;
  }

  async function left(): Promise<readonly string[]> {
    return (await runJson('list')).reports.map(({ portId }) => portId);
  }

  /** A person who presses this key. */
  function person(key: string): { readonly terminal: World['terminal']; readonly shown: () => string } {
    let shown = '';
    const terminal: World['terminal'] = {
      columns: 80,
      rows: 24,
      write: (text) => (shown += text),
      hasKeys: true,
      listen: (hear) => {
        setImmediate(() => hear(key));
        return () => undefined;
      },
    };
    return { terminal, shown: () => shown };
  }

  it('lists the reports with the next step of each, and says with 1 that there are some', async () => {
    const { exitCode, reports } = await runJson('list');
    expect(exitCode).toBe(1);
    expect(reports).toMatchObject([
      { id: `${GOOD}@cn1`, prospect: 'repeatable', nextStep: 'mend-and-retry', body: BODY },
      { portId: BROKEN, prospect: 'unreadable', nextStep: 'restart-agent-and-drop', reason: 'no JSON' },
      { portId: DOWN, prospect: 'unrecorded', nextStep: 'drop' },
    ]);
    const { stdout } = await run('list --limit 2');
    expect(stdout.split('\n')).toHaveLength(4);
    expect(stdout).toMatch(/^PORT +CHASSIS +SET ASIDE +BY +NEXT STEP +REASON\n/);
  });

  it('says with 0 that there is none', async () => {
    await run(`drop --yes ${GOOD} ${BROKEN} ${DOWN}`);
    expect(await runJson('list')).toEqual({ exitCode: 0, reports: [] });
  });

  it('shows a report whole, and what to do about it', async () => {
    const { exitCode, stdout } = await run(`show ${BROKEN}@cn1`);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^\S+@cn1\n {2}set aside {2}\d{4}-\S+Z \(0\.\d s ago\) by n1\n {2}reason {5}no JSON\n {2}revision {3}1 in incarnation \S+\n {2}body {7}\{"a":\?\[31m\nstate: unreadable\nnext: {2}restart-agent-and-drop\n.*Restart the agent/,
    );
    expect(await runJson(`show ${GOOD}`)).toMatchObject({ exitCode: 0, reports: [{ body: BODY }] });
    expect(await run('show nobody')).toEqual({
      exitCode: 1,
      stdout: 'nobody: is not in quarantine; "port-status quarantine list" shows what is\n',
      stderr: '',
    });
  });

  it('lets go of what servers can judge again', async () => {
    expect(await run(`retry ${GOOD}`)).toMatchObject({
      exitCode: 0,
      stdout: '1 let go; the next sweep has them judged again\n',
    });
    expect(await left()).toEqual([BROKEN, DOWN]);
  });

  it('refuses to let go of what nobody could judge again, and leaves it where it is', async () => {
    const { exitCode, stdout } = await run(`retry ${BROKEN} ${GOOD} nobody`);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`${BROKEN}@cn1: refused, it stays in quarantine. No report can be made`);
    expect(stdout).toContain('1 let go');
    expect(stdout).toContain('nobody: is not in quarantine; "port-status quarantine list" shows what is\n');
    expect(await left()).toEqual([BROKEN, DOWN]);
    expect(await runJson('retry --all')).toMatchObject({
      exitCode: 1,
      released: 0,
      refused: [{ portId: BROKEN }, { portId: DOWN }],
      unknown: [],
    });
    expect(await left()).toEqual([BROKEN, DOWN]);
  });

  it.each(['retry', `retry ${GOOD} --all`])('%s: wants to know which', async (words) => {
    const { exitCode, stderr } = await run(words);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('name the reports, or all of them with --all');
    expect(await left()).toHaveLength(3);
  });

  it('drops what a person confirms, and prints it whole first', async () => {
    const { terminal, shown } = person('y');
    const { exitCode, stdout } = await run(`drop ${GOOD} ${BROKEN}`, { terminal });
    expect(exitCode).toBe(0);
    expect(shown()).toBe('drop these 2 reports? [y/N] \n');
    expect(stdout).toContain(`  body       ${BODY}\n`);
    expect(stdout).toMatch(
      /may be dropped: its record stays[^]*may be dropped: no report[^]*2 of 2 dropped\n$/,
    );
    expect(await left()).toEqual([DOWN]);
  });

  it('drops nothing where the person says no, or where nobody can be asked', async () => {
    expect(await run(`drop ${GOOD}`, person('\r'))).toMatchObject({ exitCode: 1 });
    for (const [words, over] of [
      [`drop ${GOOD}`, {}],
      [`drop ${GOOD}`, { terminal: { ...person('y').terminal, hasKeys: false } }],
      [`drop ${GOOD} --json`, person('y')],
    ] as const) {
      const { exitCode, stdout, stderr } = await run(words, over as Partial<World>);
      expect([exitCode, stdout]).toEqual([78, '']);
      expect(stderr).toContain('add --yes');
    }
    expect(await left()).toHaveLength(3);
  });

  it('drops without a question for scripts, each report in a line of its own', async () => {
    const { exitCode, stdout } = await run(`drop --yes --json ${DOWN} nobody`);
    expect(exitCode).toBe(1);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { report: { portId: DOWN, body: BODY.replace('ACTIVE', 'DOWN') }, why: expect.any(String) as string },
      { exitCode: 1, dropped: 1, unknown: ['nobody'] },
    ]);
    expect(await left()).toEqual([GOOD, BROKEN]);
  });

  it('drops nothing where it is stopped while it asks', async () => {
    const stop = new AbortController();
    const terminal = {
      ...{ columns: 80, rows: 24, hasKeys: true, write: () => undefined },
      listen: () => {
        setImmediate(() => stop.abort(new Error('stopped')));
        return () => undefined;
      },
    };
    const { exitCode } = await run(`drop ${GOOD}`, { terminal, signal: stop.signal });
    expect(exitCode).toBe(130);
    expect(await left()).toHaveLength(3);
  });
});
