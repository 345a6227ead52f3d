import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { measureAll } from './all.js';
import type { AllOptions } from './all.js';
import { lineOf } from './bounds.js';
import { engines } from './engines.js';
import { flap } from './flap.js';
import { foreignKeys } from './foreign-keys.js';
import { idle } from './idle.js';
import { commitOf } from './machine.js';
import { neighbour } from './neighbour.js';
import { page } from './page.js';
import { isTaken, refusalOf } from './refusal.js';
import { repeats } from './repeats.js';
import { scale } from './scale.js';
import { steady } from './steady.js';
import { storm } from './storm.js';
import { sweep } from './sweep.js';
import { takeover } from './takeover.js';
import { tableOf } from './table.js';
import { fileOf } from './result-file.js';
import { USUAL_SIZE } from './options.js';
import type { Scenario } from './scenario.js';
import type { ScenarioOptions } from './options.js';

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
  /** Of what is measured, where who started this has found it out. */
  readonly commit?: string;
}

const program = new Command('bench').description(
  'Measures on private servers; prints a table and writes JSON.',
);
for (const scenario of SCENARIOS) {
  const { name, doc, takes } = scenario;
  const { ports, chassis } = takes.size ?? USUAL_SIZE;
  const command = program.command(name).description(doc);
  const options = [
    new Option('--json <file>', 'also write the figures there'),
    new Option('--engine <names...>', `northbound database: ${takes.engines.join(', ')}`),
    new Option('--db <name>', `Neutron's database: ${takes.dbs.join(', ')}`).default('mariadb'),
    new Option('--ports <number>', 'ports').default(ports).argParser(Number),
    new Option('--chassis <number>', 'chassis').default(chassis).argParser(Number),
    new Option('--servers <number>', 'servers').default(1).argParser(Number),
    new Option('--runs <number>', 'how often everything is measured').default(3).argParser(Number),
    new Option('--profile <folder>', 'where servers write CPU profiles'),
    new Option('--seed <number>', 'what is drawn').default(1).argParser(Number),
  ];
  for (const option of options) command.addOption(option.hideHelp(!isTaken(takes, option.attributeName())));
  command.addOption(new Option('--commit <name>').hideHelp());
  command.action(async (flags: Flags) => {
    const given = options
      .map((option) => option.attributeName())
      .filter((option) => command.getOptionValueSource(option) === 'cli');
    process.exitCode = await play(scenario, flags, given);
  });
}

/** @returns the exit code: 1 where a bound is not kept, 2 where the scenario is not played. */
async function play(scenario: Scenario, flags: Flags, given: readonly string[]): Promise<number> {
  const { json, engine: engines, commit = commitOf(), ...rest } = flags;
  const { ports, chassis, servers, runs, seed } = rest;
  const numbers = { ports, chassis, servers, runs, seed };
  const refusal = refusalOf(scenario, { given, engines: engines ?? [], db: rest.db, numbers });
  if (refusal !== undefined) {
    say(refusal);
    return 2;
  }
  const result = await scenario.run({ ...rest, engines, engine: engines?.[0] ?? 'redis', say });
  const verdicts = result.bounds.map(lineOf).join('\n');
  const printed = [tableOf(result.rows), result.footer ?? '', verdicts].filter((part) => part !== '');
  process.stdout.write(`${printed.join('\n\n')}\n`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(fileOf(result, seed, commit), null, 2)}\n`);
  return result.bounds.every(({ holds }) => holds) ? 0 : 1;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
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
