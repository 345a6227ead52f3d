import { OUTLOOKS } from '../../../views/quarantine.js';
import type { ListedQuarantined } from '../../../views/quarantine.js';
import { configuredSubcommand } from '../../configured-command.js';
import type { CommandContext } from '../../configured-command.js';
import { ago, printable } from '../../table.js';
import { tellNotFound, withQuarantine } from './open-quarantine.js';

const FLAGS = { json: { kind: 'boolean', default: false, doc: 'Print JSON.' } } as const;

const ARGUMENTS = { id: "The port's id, or port@chassis." } as const;

export const show = configuredSubcommand('quarantine', {
  name: 'show',
  summary: 'show a report that can never be written',
  doc: 'Shows a report in quarantine as it came: its body, why, when and by which server it was set aside, what can become of it, and the next step. It can be repeatable (its record is stored, servers can judge it again), unreadable (no report can be made of its body), unrecorded (nothing is stored of it any more) or overtaken (its chassis has said something newer). Writes nothing.',
  examples: [
    'quarantine show 15e2c509-be19-4dfd-a2e0-c08cb1499a3e',
    'quarantine show 15e2c509-be19-4dfd-a2e0-c08cb1499a3e@compute-17 --json | jq -r .reports[0].body',
  ],
  exitCodes: { 0: 'it is shown', 1: 'there is none of that name' },
  runsUntilStopped: false,
  arguments: ARGUMENTS,
  flags: FLAGS,
  run: runShow,
});

async function runShow(
  context: CommandContext<'quarantine', typeof FLAGS, typeof ARGUMENTS>,
): Promise<number> {
  const { io, flags, clock } = context;
  const { id } = context.arguments;
  const found = await withQuarantine(context, ({ look }) => look((neutron) => neutron.findQuarantined([id])));
  const exitCode = found.length === 0 ? 1 : 0;
  if (flags.json) io.stdout.write(`${JSON.stringify({ exitCode, reports: found })}\n`);
  else if (found.length === 0) io.stdout.write(tellNotFound([id]));
  else io.stdout.write(found.map((one) => describeWhole(one, clock.now()) + adviseOn(one)).join('\n'));
  return exitCode;
}

/** The report as it came. */
export function describeWhole(report: ListedQuarantined, nowMs: number): string {
  const { id, ageMs, server, reason, revision, incarnation, body } = report;
  const putAt = new Date(nowMs - ageMs).toISOString();
  return [
    id,
    `  set aside  ${putAt} (${ago(ageMs)}) by ${server}`,
    `  reason     ${reason}`,
    `  revision   ${revision} in incarnation ${incarnation}`,
    `  body       ${body}`,
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function adviseOn({ prospect, nextStep }: ListedQuarantined): string {
  return `state: ${prospect}\nnext:  ${nextStep}\n${OUTLOOKS[prospect].advice}\n`;
}
