import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { ROOT } from './root.js';

const MAIN = fileURLToPath(new URL('dist/cli/main.js', ROOT));

/** How a run of the program ended, and all that it wrote. */
export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One line of the program's log: JSON on standard error. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event?: string };

/** The program as a process of its own. */
export interface Program {
  readonly pid: number;
  /** Every line logged so far. */
  log(): readonly LogLine[];
  /** How many lines of this event were logged so far. */
  count(event: string): number;
  /** Waits until the event was logged so many times, and gives the last of them. */
  logged(event: string, options?: { readonly times?: number; readonly withinMs?: number }): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ended>;
  /** Stops it in order, a paused one too, and waits for its end. */
  stop(): Promise<Ended>;
  /** Ends it at once. */
  kill(): Promise<Ended>;
}

export interface ProgramOptions {
  /** Its whole environment. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** What runs it instead of this user: `setpriv …`, for example. */
  readonly prefix?: readonly string[] | undefined;
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[] | undefined;
}

/** Starts `port-status` with these words. */
export function startProgram(words: readonly string[], options: ProgramOptions = {}): Program {
  const [command = '', ...args] = [
    ...(options.prefix ?? []),
    process.execPath,
    ...(options.nodeFlags ?? []),
    MAIN,
    ...words,
  ];
  const child = spawn(command, args, { env: { ...options.environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => (written[name] += chunk));
  const log = (): readonly LogLine[] => logLines(written.stderr);
  const ended = endOf(child, written);
  return {
    pid: child.pid ?? 0,
    log,
    count: (event) => log().filter((line) => line.event === event).length,
    logged: (event, waiting) => waitForLine(log, ended, words, event, waiting),
    signal: (name) => void child.kill(name),
    ended,
    stop: () => {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      return ended;
    },
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

/** Runs a command to its end. */
export function runProgram(words: readonly string[], options?: ProgramOptions): Promise<Ended> {
  return startProgram(words, options).ended;
}

function endOf(child: ChildProcess, written: { stdout: string; stderr: string }): Promise<Ended> {
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ exitCode: null, stdout: '', stderr: message }));
    child.once('close', (exitCode) => resolve({ exitCode, ...written }));
  });
}

/** Lines that are no JSON are errors said to people; they are not the log's. */
function logLines(text: string): readonly LogLine[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
}

async function waitForLine(
  log: () => readonly LogLine[],
  ended: Promise<Ended>,
  words: readonly string[],
  event: string,
  { times = 1, withinMs }: { readonly times?: number; readonly withinMs?: number } = {},
): Promise<LogLine> {
  let end: Ended | undefined;
  void ended.then((how) => (end = how));
  return eventually(() => {
    const line = log().filter((one) => one.event === event)[times - 1];
    if (line !== undefined) return line;
    const why = end === undefined ? JSON.stringify(log().slice(-3)) : `it ended: ${JSON.stringify(end)}`;
    throw new Error(`port-status ${words.join(' ')} did not log "${event}" ${times} times; ${why}`);
  }, withinMs);
}
