import { Command } from 'commander';
import { tableOf } from '../../bench/table.js';
import type { Row } from '../../bench/table.js';
import { systemClock } from '../../src/runtime/clock.js';
import { feed } from './run.js';
import { TARGETS } from './targets.js';

const program = new Command('fuzz')
  .description(
    'Feeds what reads outside data with samples that were tampered with; exit code 1: something threw, hung or grew.',
  )
  .option('--inputs <number>', 'how many inputs each target gets', Number, 1_000_000)
  .option('--target <names...>', `only these: ${Object.keys(TARGETS).join(', ')}`)
  .option('--seed <number>', 'what is drawn', Number, 1)
  .action(async ({ inputs, target = Object.keys(TARGETS), seed }: Options) => {
    const rows = [];
    for (const name of target) rows.push(await fuzz(name, inputs, seed));
    process.stdout.write(`${tableOf(rows)}\n`);
    process.exitCode = rows.some(({ fault }) => fault !== 'none') ? 1 : 0;
  });

interface Options {
  readonly inputs: number;
  readonly target?: readonly string[];
  readonly seed: number;
}

async function fuzz(target: string, inputs: number, seed: number): Promise<Row & { readonly fault: string }> {
  process.stderr.write(`${target}\n`);
  const startMs = systemClock.monotonicMs();
  const { fed, heapMb, fault = 'none' } = await feed({ target, inputs, seed });
  const perSecond = (fed * 1000) / (systemClock.monotonicMs() - startMs);
  return {
    target,
    inputs: String(fed),
    'inputs/s': perSecond.toFixed(0),
    heap: `${heapMb.toFixed(0)} MiB`,
    fault,
  };
}

await program.parseAsync();
