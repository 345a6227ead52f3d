import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { systemClock } from '../../src/runtime/clock.js';
import { has } from '../support/needs.js';
import { ETCD } from '../support/etcd.js';
import { MARIADB } from '../support/mariadb.js';
import { OVS_PROGRAMS } from '../support/ovs.js';
import { REDIS } from '../support/redis.js';
import { runChaos } from './run.js';
import type { Report } from './run.js';

/** Within so long after the last fault everything has to be true and told. */
const RIGHT_WITHIN_MS = 10_000;

const PROGRAMS = { ...MARIADB, ...OVS_PROGRAMS, faketime: 'faketime' };

const program = new Command('chaos')
  .description(
    'Lets everything happen at once to real processes, switches and databases; then compares the switches, Neutron and Nova. Exit code 1: something was lost, wrong or late.',
  )
  .option('--engine <name>', 'redis or etcd', 'redis')
  .option('--minutes <number>', 'how long faults happen', Number, 5)
  .option('--seed <number>', 'what happens', Number, 1)
  .option('--json <file>', 'also write the report there')
  .action(async ({ engine, minutes, seed, json }: Options) => {
    if (!has('chaos', { ...PROGRAMS, ...(engine === 'redis' ? REDIS : ETCD) })) {
      process.exitCode = 78;
      return;
    }
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    const { signal } = stoppedByHand();
    const report = await runChaos({ engine, forMs: minutes * 60_000, seed, clock: systemClock, say, signal });
    process.stdout.write(`${verdictOf(report)}\n`);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
    process.exitCode = isRight(report) ? 0 : 1;
  });

/** Namespaces and disks outlive a process that just ends. */
function stoppedByHand(): AbortController {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
  return stop;
}

interface Options {
  readonly engine: string;
  readonly minutes: number;
  readonly seed: number;
  readonly json?: string;
}

function isRight({ rightAfterMs = Infinity, appliedTwice, quarantined, complaints }: Report): boolean {
  return rightAfterMs <= RIGHT_WITHIN_MS && appliedTwice + quarantined + complaints.length === 0;
}

function verdictOf(report: Report): string {
  const { engine, seed, faults, moves, writes, appliedTwice, quarantined, rightAfterMs, complaints } = report;
  const right =
    rightAfterMs === undefined
      ? 'not right within a minute of the last fault'
      : `right ${(rightAfterMs / 1000).toFixed(1)} s after the last fault`;
  return [
    `${isRight(report) ? 'passed' : 'FAILED'}: ${engine}, seed ${seed}: ${faults} faults, ${moves} boots and stops, ${writes} statuses written; ${right}; ${appliedTwice} applied twice, ${quarantined} in quarantine`,
    ...complaints,
  ].join('\n');
}

await program.parseAsync();
