import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { SqliteNorthbound } from '../../../src/northbound/sqlite/sqlite-northbound.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { systemRandom } from '../../../src/runtime/random.js';
import { has } from '../../support/needs.js';
import { ROOT } from '../../support/root.js';
import { makeSqliteHome } from '../../support/sqlite-fixture.js';
import type { SqliteHome } from '../../support/sqlite-fixture.js';

const MAIN = fileURLToPath(new URL('dist/cli/main.js', ROOT));
const CTRL_C = '\x03';
const [CUT_LINES, WRAP_LINES] = ['\x1b[?7l', '\x1b[?7h'];
const [HIDE_CURSOR, SHOW_CURSOR] = ['\x1b[?25l', '\x1b[?25h'];

/** A program and what it has written so far. */
interface Watching {
  readonly child: ChildProcess;
  readonly written: () => string;
  /** Resolves when it has written that behind what is left out. */
  readonly writes: (text: string) => Promise<void>;
  readonly exitCode: Promise<number | null>;
}

describe('--watch', () => {
  let home: SqliteHome;
  let northbound: SqliteNorthbound;
  beforeEach(async () => {
    home = makeSqliteHome();
    northbound = new SqliteNorthbound(home.path, { clock: systemClock, random: systemRandom });
    await northbound.join({ id: 'n1', ttlMs: 60_000, versions: [1], program: '1' });
  });
  afterEach(async () => {
    await northbound.close();
    home.remove();
  });

  /** What a shell would be told. */
  function watchingOf(words: string): string {
    return `"${process.execPath}" "${MAIN}" listeners --watch 1 ${words} --northbound-url sqlite:${home.path}`;
  }

  function start(program: string, ...args: readonly string[]): Watching {
    const { PATH } = process.env;
    const child = spawn(program, args, { env: { PATH, TERM: 'xterm' }, stdio: 'pipe' });
    onTestFinished(() => void child.kill('SIGKILL'));
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
    const writes = async (wanted: string): Promise<void> => {
      while (!text.includes(wanted)) await once(child.stdout, 'data');
    };
    const exitCode = once(child, 'close').then(([code]: unknown[]) => code as number | null);
    return { child, written: () => text, writes, exitCode };
  }

  it.runIf(has('--watch', { script: 'bsdutils' }))(
    'draws what changes in a terminal, and gives the terminal back at Ctrl-C with exit code 0',
    async () => {
      const watching = start(
        'script',
        '--quiet',
        '--return',
        '--command',
        `exec ${watchingOf('')}`,
        '/dev/null',
      );
      await watching.writes('n1');
      await northbound.drain('n1');
      await watching.writes('draining');
      watching.child.stdin?.write(CTRL_C);
      expect(await watching.exitCode).toBe(0);
      const written = watching.written();
      expect(written).toMatch(/HEARD OF[^]*draining/);
      expect(written.startsWith(CUT_LINES + HIDE_CURSOR)).toBe(true);
      expect(written.endsWith(WRAP_LINES + SHOW_CURSOR)).toBe(true);
    },
  );

  it('prints a line of JSON for each change, until a signal, and nothing else', async () => {
    const watching = start('sh', '-c', `exec ${watchingOf('--json')}`);
    await watching.writes('"live"');
    await northbound.drain('n1');
    await watching.writes('"draining"');
    watching.child.kill('SIGINT');
    expect(await watching.exitCode).toBe(0);
    const lines = watching.written().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { exitCode: 0, listeners: [{ id: 'n1', state: 'live' }] },
      { exitCode: 1, listeners: [{ id: 'n1', state: 'draining' }] },
    ]);
  });

  it('ends when nobody reads it any more', async () => {
    const watching = start('sh', '-c', `${watchingOf('--json')} | head -n 1`);
    await watching.writes('"live"');
    await northbound.drain('n1');
    expect(await watching.exitCode).toBe(0);
    expect(watching.written()).not.toContain('draining');
  });
});
