import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { PortStatusError } from '../../domain/errors.js';
import { parseJson } from '../../domain/json.js';
import { replay, simulate as playAll } from '../../simulator/histories/simulate.js';
import type { Outcome, Recipe, Violation } from '../../simulator/histories/simulate.js';
import type { CommandDefinition, FlagValues } from '../command.js';
import { drawTable } from '../table.js';
import type { Column } from '../table.js';
import type { World } from '../world.js';

const MOST_SEED = 4_294_967_295;

const FLAGS = {
  seeds: {
    kind: 'string',
    pattern: /^\d{1,10}(\.\.\d{1,10})?$/,
    like: '7, or 1..1000',
    default: '1..100',
    doc: 'Which histories are played: a seed, or the first and the last.',
  },
  steps: { kind: 'integer', least: 1, most: 10_000, default: 400, doc: 'How much happens in each.' },
  jobs: {
    kind: 'integer',
    least: 1,
    most: 256,
    doc: 'How many are played at the same time. Default: as many as there are processors.',
  },
  keep: {
    kind: 'string',
    isPath: true,
    default: '.',
    doc: 'The folder for the file of each history that went wrong.',
  },
  replay: { kind: 'string', isPath: true, doc: 'Plays the history of this file again, and nothing else.' },
  reproducible: {
    kind: 'boolean',
    default: false,
    doc: 'Leaves out how fast it went: the same seeds then print the same bytes.',
  },
  json: { kind: 'boolean', default: false, doc: 'Print one JSON object.' },
} as const;

export const simulate: CommandDefinition = {
  name: 'simulate',
  summary: 'look for a history in which something is lost',
  doc: 'Plays histories of a small cloud, each drawn from its seed: plugs, rebinds, migrations and DHCP, crashes before and after every call, pauses, lost data, set clocks, a failing Nova. The servers are the real ones, time is virtual, and an oracle that knows nothing of them judges what comes out. A history that goes wrong is shortened to what it needs for that, told, and kept in a file that `--replay` plays again. Touches nothing but these files.',
  examples: ['simulate --seeds 1..1000', 'simulate --replay port-status-history-7.json'],
  exitCodes: {
    0: 'none went wrong',
    1: 'a history went wrong, or a thousand of them never came by some row of the crash table',
  },
  runsUntilStopped: true,
  arguments: {},
  flags: FLAGS,
  options: [],
  // The command line was read by this very table.
  run: ({ flags }, world) => runSimulate(flags as FlagValues<typeof FLAGS>, world),
};

async function runSimulate(flags: FlagValues<typeof FLAGS>, world: World): Promise<number> {
  const { stdout, stderr, clock, signal } = world;
  if (flags.replay !== undefined) return replayFile(flags.replay, world);
  const outcome = await playAll({
    ...parseSeeds(flags.seeds),
    steps: flags.steps,
    jobs: flags.jobs ?? availableParallelism(),
    ...{ clock, signal },
    say: (line) => void stderr.write(`${line}\n`),
  });
  const files = outcome.violations.map((violation) => keep(violation, flags.keep));
  if (flags.json) stdout.write(`${toJson(outcome, files, flags.reproducible)}\n`);
  else stdout.write(`${describe(outcome, files)}\n`);
  return outcome.violations.length === 0 && missedRows(outcome).length === 0 ? 0 : 1;
}

/** So many histories have to come by every row of the crash table. */
const ENOUGH = 1000;

function missedRows({ histories, crashTable }: Outcome): readonly string[] {
  if (histories < ENOUGH) return [];
  return Object.entries(crashTable).flatMap(([row, hits]) => (hits === 0 ? [row] : []));
}

function parseSeeds(text: string): { readonly first: number; readonly last: number } {
  const [first = 0, last = first] = text.split('..').map(Number);
  if (last >= first && last <= MOST_SEED) return { first, last };
  throw new PortStatusError(
    'CONFIG',
    `--seeds is ${text}: write the lower seed first, and none above ${MOST_SEED}`,
  );
}

const RECIPE = z.object({
  seed: z.int().min(0).max(MOST_SEED),
  steps: z.int().min(1).max(10_000),
  kept: z.array(z.int().min(0)),
  story: z.array(z.string()),
}) satisfies z.ZodType<Recipe>;

async function replayFile(path: string, world: World): Promise<number> {
  const { stdout } = world;
  const recipe = RECIPE.safeParse(parseJson(read(path, world)));
  if (!recipe.success)
    throw new PortStatusError('CONFIG', `${path} is not a history that "port-status simulate" wrote`);
  stdout.write(`${recipe.data.story.join('\n')}\n`);
  const complaints = await replay(recipe.data);
  stdout.write(complaints.length === 0 ? 'nothing is wrong\n' : `${complaints.join('\n')}\n`);
  return complaints.length === 0 ? 0 : 1;
}

function read(path: string, world: World): string {
  try {
    return world.readFile(path);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new PortStatusError('CONFIG', `--replay: ${path} can not be read (${detail})`, { cause: error });
  }
}

/** @returns where it is kept. */
function keep({ seed, steps, kept, story, complaints }: Violation, folder: string): string {
  const path = join(folder, `port-status-history-${seed}.json`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, `${JSON.stringify({ seed, steps, kept, story, complaints }, undefined, 2)}\n`);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new PortStatusError(
      'CONFIG',
      `${path} can not be written (${detail}); choose a folder with --keep`,
    );
  }
  return path;
}

function toJson(outcome: Outcome, files: readonly string[], isReproducible: boolean): string {
  const { historiesPerSecond, ...rest } = outcome;
  const violations = outcome.violations.map((violation, index) => ({ ...violation, file: files[index] }));
  return JSON.stringify({ ...rest, violations, ...(isReproducible ? {} : { historiesPerSecond }) });
}

const CRASH_COLUMNS: readonly Column<readonly [row: string, hits: number]>[] = [
  { head: 'crash or fault', cell: ([row]) => ({ text: row }) },
  { head: 'came', isNumber: true, cell: ([, hits]) => ({ text: String(hits) }) },
];

function describe(outcome: Outcome, files: readonly string[]): string {
  const { histories, steps, violations, crashTable, crashPoints, historiesPerSecond } = outcome;
  return [
    ...violations.flatMap(({ seed, story, complaints }, index) => [
      `seed ${seed}:`,
      ...story,
      ...complaints,
      `to play it again: port-status simulate --replay ${files[index] ?? ''}`,
      '',
    ]),
    drawTable(CRASH_COLUMNS, Object.entries(crashTable), false),
    `${Object.keys(crashPoints).length} points at which a process died: before or after the effect of a call`,
    ...missedRows(outcome).map((row) => `never came: ${row}`),
    `${histories} histories of ${steps} steps: ${violations.length} went wrong; ${historiesPerSecond} histories/s`,
  ].join('\n');
}
