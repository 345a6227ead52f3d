import type { MisplacedReports, OldDebt } from '../../neutron/diagnosis.js';
import { check, count, ok, orOk, seconds, some, warn } from './check.js';
import type { Finding } from './check.js';
import type { Facts } from './facts.js';

type Stored = Pick<Facts, 'stored'>;

export const STORED_CHECKS = [
  check({
    name: 'pause',
    looksAt: 'Whether an operator has paused all writing.',
    mend: 'run `port-status resume` when writing may go on',
    needs: ['stored'],
    judge: ({ stored: { isPaused } }) =>
      isPaused ? [warn('all writing is paused; reports wait')] : ok('writing is not paused'),
  }),
  check({
    name: 'quarantine',
    looksAt: 'Reports that can never be written as they are.',
    mend: 'run `port-status quarantine list`, which gives the reasons and the next steps',
    needs: ['stored'],
    judge: ({ stored: { quarantined } }) =>
      quarantined > 0 ? [warn(`${count(quarantined, 'report')} can never be written`)] : ok('empty'),
  }),
  check({
    name: 'misplaced reports',
    looksAt: 'Ports that a chassis reports as UP while Neutron has bound them to another host.',
    mend: "set `agent.chassis` to the host's name in Neutron where all ports of a chassis are misplaced; else the port is plugged where it should not be",
    needs: ['stored'],
    judge: ({ stored: { misplaced } }) => orOk(misplaced.map(warnMisplaced), 'none'),
  }),
  check({
    name: 'delegated ports',
    looksAt: 'Ports that are left to neutron-server, by reason. For information.',
    mend: 'nothing is wrong; for `driver-not-allowed` see `neutron.drivers`',
    needs: ['stored'],
    judge: ({ stored: { delegated } }) =>
      ok(delegated.map(({ reason, ports }) => `${reason} ${ports}`).join(', ') || 'none'),
  }),
  check({
    name: 'debts to Nova',
    looksAt: 'Words that Nova has been owed for longer than 60 s.',
    mend: 'look at the servers: is one live, does it run with `apply.mode` `write`, what does its log say of Nova?',
    needs: ['stored'],
    judge: judgeDebts,
  }),
  check({
    name: "agents' clocks",
    looksAt:
      "Chassis whose clock is ahead of that of Neutron's database. For information: nothing depends on it.",
    mend: 'nothing needs to be mended here',
    needs: ['stored'],
    judge: ({ stored: { clocksAhead } }) => {
      const ahead = clocksAhead.filter(({ aheadMs }) => aheadMs >= SHOWN_FROM_MS);
      return ok(
        ahead.length === 0
          ? 'none is known to be ahead'
          : `ahead: ${some(ahead.map(({ chassis, aheadMs }) => `${chassis} by ${seconds(aheadMs)}`))}; nothing depends on it`,
      );
    },
  }),
];

const SHOWN_FROM_MS = 1000;

function warnMisplaced({ chassis, ports, example }: MisplacedReports): Finding {
  const bound = example.boundTo === undefined ? '' : `, which Neutron has bound to ${example.boundTo}`;
  return warn(`${chassis} reports ${count(ports, 'port')} of other hosts, such as ${example.portId}${bound}`);
}

function judgeDebts({ stored: { oldDebts } }: Stored): readonly Finding[] {
  const { count: words, oldest } = oldDebts;
  if (words === 0 || oldest === undefined) return ok('none is older than 60 s');
  return [warn(`${count(words, 'word')} owed for more than 60 s; ${describeDebt(oldest)}`)];
}

function describeDebt({ portId, chassis, word, ageMs, lastResult }: OldDebt): string {
  const said = lastResult === undefined ? 'never said' : `said in vain: ${lastResult}`;
  return `the oldest is "${word}" of ${portId} (${chassis}), ${seconds(ageMs)} old, ${said}`;
}
