import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { measureAll } from './all.js';
import type { AllOptions } from './all.js';
import { engines } from './engines.js';
import { flap } from './flap.js';
import { foreignKeys } from './foreign-keys.js';
import { idle } from './idle.js';
import { neighbour } from './neighbour.js';
import { page } from './page.js';
import { repeats } from './repeats.js';
import { scale } from './scale.js';
import { steady } from './steady.js';
import { storm } from './storm.js';
import { sweep } from './sweep.js';
import { takeover } from './takeover.js';
import { tableOf } from './table.js';
import { fileOf } from './result-file.js';
import type { Scenario, ScenarioOptions } from './scenario.js';

/** Every benchmark, by its name on the command line. */
const SCENARIOS: readonly Scenario[] = [
  engines,
  flap,
  foreignKeys,
  idle,
  neighbour,
  page,
  repeats,
  scale,
  steady,
  storm,
  sweep,
  takeover,
];

interface Flags extends Omit<ScenarioOptions, 'engines' | 'engine' | 'say'> {
  readonly json?: string;
  readonly engine?: readonly string[];
}

const program = new Command('bench').description(
  'Measures on private servers; prints a table and writes JSON.',
);
for (const { name, doc, run } of SCENARIOS) {
  program
    .command(name)
    .description(doc)
    .option('--json <file>', 'also write the figures there')
    .option('--engine <names...>', 'only these engines')
    .option('--db <name>', "Neutron's database: mariadb, postgresql or sqlite", 'mariadb')
    .option('--ports <number>', 'ports', Number, 50_000)
    .option('--chassis <number>', 'chassis', Number, 1000)
    .option('--servers <number>', 'servers', Number, 1)
    .option('--runs <number>', 'how often everything is measured', Number, 3)
    .option('--profile <folder>', 'where servers write CPU profiles')
    .option('--seed <number>', 'what is drawn', Number, 1)
    .action(async ({ json, engine: engines, ...rest }: Flags) => {
      const say = (line: string): void => void process.stderr.write(`${line}\n`);
      const result = await run({ ...rest, engines, engine: engines?.[0] ?? 'redis', say });
      process.stdout.write(`${[tableOf(result.rows), result.footer ?? []].flat().join('\n\n')}\n`);
      if (json !== undefined) writeFileSync(json, `${JSON.stringify(fileOf(result, rest.seed), null, 2)}\n`);
      process.exitCode = result.verdict === 'failed' ? 1 : 0;
    });
}
program
  .command('all')
  .description('measures everything, and writes docs/performance.md')
  .option('--only <names...>', 'only these measurements, such as storm-redis-mariadb; none: "--only none"')
  .option('--runs <number>', 'how often everything is measured', Number, 3)
  .action(async (options: AllOptions) => {
    process.exitCode = await measureAll(options);
  });
await program.parseAsync();
