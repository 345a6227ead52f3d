#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemClock } from '../runtime/clock.js';
import { systemRandom } from '../runtime/random.js';
import { stopOnSignals } from '../runtime/shutdown.js';
import { presentError } from './present-error.js';
import { openTerminal } from './terminal.js';
import { EXIT_INTERRUPTED } from './exit-codes.js';
import { run } from './run.js';

// The program: the only file that touches the process itself.

const shutdown = stopOnSignals(process, () => process.exit(EXIT_INTERRUPTED));

// Whatever escapes everyone ends the program with the exit code of a bug; Node's own would be 1, "the answer is no".
process.on('uncaughtException', (error) => process.exit(presentError(error, process.stderr)));

// Whoever closed our output (`| head`) has read enough.
const output = new AbortController();
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  output.abort(new Error('nobody reads the output any more'));
});

// A log that can not be written (its disk is full, its reader is gone) must not stop what it tells of.
process.stderr.on('error', () => undefined);

const exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  hostName: hostname(),
  version: readVersion(),
  stdout: process.stdout,
  stderr: process.stderr,
  terminal: openTerminal(process),
  onExit: (work) => {
    process.prependListener('exit', work);
    return () => process.off('exit', work);
  },
  signal: shutdown.signal,
  outputClosed: output.signal,
  heedHangUp: shutdown.heedHangUp,
  clock: systemClock,
  random: systemRandom,
  readFile: (path) => readFileSync(path, 'utf8'),
});
process.stdout.write('', () => process.exit(exitCode));

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}
