import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Summary } from '../../src/simulator/demo/tally.js';
import { BROWSER, openBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { has } from '../support/needs.js';
import { REDIS, startRedis } from '../support/redis.js';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const TIMEOUT_MS = 120_000;

/** The folder for temporary files that a demo is given: what it leaves behind is found there. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'port-status-demo-test-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Demo {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly written: { stdout: string; stderr: string };
  /** Resolves when its output has that text. */
  readonly said: (text: string) => Promise<void>;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

function startDemo(...flags: readonly string[]): Demo {
  const { PATH } = process.env;
  const child = spawn(process.execPath, [PROGRAM, 'demo', ...flags], { env: { PATH, TMPDIR: folder } });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text));
  const said = async (text: string): Promise<void> => {
    while (!written.stdout.includes(text)) await once(child.stdout, 'data');
  };
  const ended = once(child, 'close').then(([code]: unknown[]) => code as number | null);
  return { child, written, said, ended };
}

/** Ids of the processes that have the folder on their command line. */
function processesOf(word = folder): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => commandLineOf(pid).includes(word) && commandLineOf(pid).includes(folder));
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}

it(
  'a demo whose servers are killed loses nothing, applies nothing twice, and prints one object',
  async () => {
    const { written, ended } = startDemo(
      '--json',
      '--duration=8s',
      '--rate=10',
      '--kill-every=3s',
      '--seed=7',
    );
    expect(await ended).toBe(0);
    const summary = JSON.parse(written.stdout) as Summary;
    const { boots, perServer } = summary;
    expect(summary).toMatchObject({ active: boots, plugged: boots, lost: 0, appliedTwice: 0, seed: 7 });
    expect(summary.takeovers).toBeGreaterThan(0);
    expect(Object.keys(perServer)).toEqual(['A', 'B', 'C', 'D']);
    expect(Object.values(perServer).reduce((sum, count) => sum + count, 0)).toBe(boots);
    expect(written.stderr).toMatch(/^server [A-D] is killed$/m);
    expect(written.stderr).toMatch(
      /plugged on [XYZ] → Nova moved the binding after \d+ ms → ACTIVE by [A-D]/,
    );
    expect(readdirSync(folder)).toEqual([]);
  },
  TIMEOUT_MS,
);

it(
  'with the same seed the same happens to the same VMs',
  async () => {
    const runs = [1, 2].map(() => startDemo('--duration=2s', '--rate=10', '--servers=1', '--seed=7'));
    await Promise.all(runs.map(({ ended }) => ended));
    const [one, other] = runs.map(({ written }) => storyOf(written.stdout));
    expect(one).toHaveLength(20);
    expect(other).toEqual(one);
  },
  TIMEOUT_MS,
);

/** What happened to which VM, without times and servers. */
function storyOf(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.startsWith('VM '));
  return lines.map((line) => line.replace(/ →.*/, '')).sort();
}

describe.skipIf(!existsSync('/proc/self/cmdline'))('a demo leaves no process and no folder behind', () => {
  it.each([
    ['Ctrl-C ends it', 'SIGINT'],
    ['its terminal is closed', 'SIGHUP'],
  ] as const)(
    'when %s while VMs boot',
    async (_, signal) => {
      const { child, said, ended } = startDemo('--duration=60s', '--servers=2');
      await said('Nova booted');
      expect(processesOf()).toHaveLength(5);
      child.kill(signal);
      expect(await ended).toBe(0);
      expect([processesOf(), readdirSync(folder)]).toEqual([[], []]);
    },
    TIMEOUT_MS,
  );

  it(
    'when Ctrl-C ends it before its processes have started',
    async () => {
      const { child, ended } = startDemo('--servers=2');
      await eventually(() => expect(processesOf('agent')).not.toEqual([]));
      child.kill('SIGINT');
      expect(await ended).toBe(0);
      expect([processesOf(), readdirSync(folder)]).toEqual([[], []]);
    },
    TIMEOUT_MS,
  );

  it(
    'when a second Ctrl-C does not wait for the first',
    async () => {
      const { child, said, ended } = startDemo('--duration=60s', '--servers=2');
      await said('Nova booted');
      const pids = processesOf();
      child.kill('SIGINT');
      child.kill('SIGINT');
      await ended;
      await eventually(() => expect(pids.filter(isAlive)).toEqual([]));
      expect(readdirSync(folder)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'when a server dies by itself, which it names',
    async () => {
      const { written, said, ended } = startDemo('--duration=60s');
      await said('Nova booted');
      const [pid = 0] = processesOf('--listener-id=B');
      process.kill(pid, 'SIGKILL');
      expect(await ended).toBe(69);
      expect(written.stderr).toMatch(
        /^port-status: server B ended by itself, after ".+"; start the demo again/m,
      );
      expect([processesOf(), readdirSync(folder)]).toEqual([[], []]);
    },
    TIMEOUT_MS,
  );
});

it.skipIf(!existsSync('/proc/self/cmdline'))(
  'the processes of a demo end when it is killed, in order',
  async () => {
    const { child, said, ended } = startDemo('--duration=60s', '--servers=2');
    await said('Nova booted');
    expect(processesOf()).toHaveLength(5);
    child.kill('SIGKILL');
    await ended;
    await eventually(() => expect(processesOf()).toEqual([]));
  },
  TIMEOUT_MS,
);

describe.runIf(has('integration/demo on Redis', REDIS))('on Redis', () => {
  it(
    'the demo plays like on a file, and leaves no key behind',
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.dispose());
      await redis.admin.set("somebody else's", '1');
      const url = `redis://127.0.0.1:${redis.port}`;
      const { written, ended } = startDemo(`--northbound=${url}`, '--duration=2s', '--servers=2', '--json');
      expect([await ended, written.stderr]).toMatchObject([0, expect.stringContaining('Nova booted')]);
      expect(JSON.parse(written.stdout)).toMatchObject({ lost: 0, appliedTwice: 0 });
      expect(await redis.admin.keys('*')).toEqual(["somebody else's"]);
      expect(readdirSync(folder)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it("the demo does not play on a file that may be somebody's", async () => {
    const { written, ended } = startDemo('--northbound=sqlite:/var/lib/port-status/northbound.db');
    expect(await ended).not.toBe(0);
    expect(written.stderr).toContain('a URL such as redis://127.0.0.1:6379');
  });
});

function isAlive(pid: number): boolean {
  return commandLineOf(pid) !== '';
}

it.runIf(has('demo page', BROWSER))(
  'is driven from its page: a server is killed, another takes over, and a thousand VMs boot',
  async () => {
    const demo = startDemo('--duration', '20s', '--rate', '5');
    await demo.said('page: ');
    const [, url = ''] = /page: (\S+)/.exec(demo.written.stdout) ?? [];
    const browser = await openBrowser();
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(url);
    await page.getByRole('button', { name: 'Kill a server' }).click();
    await page.getByText(/is gone, and its topic was taken over/).waitFor();
    await page.getByRole('button', { name: 'Boot 1,000 VMs' }).click();
    await page.getByText('A thousand VMs boot.').waitFor();
    await page.getByText(/joined and gets its share/).waitFor();
    expect(await demo.ended).toBe(0);
    expect(Number(/^(\d+) boots/m.exec(demo.written.stdout)?.[1])).toBeGreaterThan(1000);
  },
  TIMEOUT_MS,
);

it(
  'is driven by its own page alone, which serves no metrics',
  async () => {
    const demo = startDemo('--duration', '3s');
    await demo.said('page: ');
    const [, url = ''] = /page: (\S+)/.exec(demo.written.stdout) ?? [];
    expect((await fetch(`${url}demo/kill`, { method: 'POST' })).status).toBe(403);
    expect((await fetch(`${url}demo/nothing`, { method: 'POST' })).status).toBe(404);
    for (const path of ['metrics', 'readyz']) expect((await fetch(`${url}${path}`)).status).toBe(404);
    expect(await demo.ended).toBe(0);
    expect(demo.written.stdout).not.toContain('is killed');
  },
  TIMEOUT_MS,
);
