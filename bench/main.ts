import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { engines } from './engines.js';
import { foreignKeys } from './foreign-keys.js';
import { sweep } from './sweep.js';
import { tableOf } from './table.js';
import type { Scenario } from './scenario.js';

/** Every benchmark, by its name on the command line. */
const SCENARIOS: readonly Scenario[] = [engines, foreignKeys, sweep];

const program = new Command('bench').description(
  'Measures on private servers; prints a table and writes JSON.',
);
for (const { name, doc, run } of SCENARIOS) {
  program
    .command(name)
    .description(doc)
    .option('--json <file>', 'also write the figures there')
    .option('--engine <names...>', 'only these engines')
    .option('--seed <number>', 'what is drawn', Number, 1)
    .action(async ({ json, engine, seed }: { json?: string; engine?: readonly string[]; seed: number }) => {
      const result = await run({ engines: engine, seed, say: (line) => process.stderr.write(`${line}\n`) });
      process.stdout.write(`${[tableOf(result.rows), result.footer ?? []].flat().join('\n\n')}\n`);
      if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
      process.exitCode = result.verdict === 'failed' ? 1 : 0;
    });
}
await program.parseAsync();
