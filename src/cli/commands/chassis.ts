import type { ChassisState } from '../../domain/chassis-silence.js';
import { listChassis } from '../../views/chassis.js';
import type { ListedChassis } from '../../views/chassis.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { ANSWER_FLAGS } from '../answer.js';
import { answerFrom } from '../northbound-database.js';
import { ago, drawTable, mayColour } from '../table.js';
import type { Column, Tone } from '../table.js';

export const chassis = configuredCommand({
  name: 'chassis',
  summary: 'list the chassis and how they stand',
  doc: "Lists the chassis that are registered in the northbound database: live (heard of within 3 × agent.heartbeatMs), late, or lapsed (silent for chassis.downAfterMs, or for 65 s where that is not set); when each was heard of last, whether every port of it is published, what its agent's guard holds back and since when, and its agent's version. Where chassis.downAfterMs is set it also says whose ports are kept because so many are silent at once. Writes nothing, and does not read the reports.",
  examples: [
    'chassis',
    'chassis --watch 10',
    'chassis --json | jq -r \'.chassis[] | select(.state == "lapsed") | .chassis\'',
  ],
  exitCodes: { 0: 'there are chassis, all are live and complete, and nothing is held', 1: 'not so' },
  runsUntilStopped: false,
  arguments: {},
  flags: ANSWER_FLAGS,
  run: runChassis,
});

async function runChassis(context: CommandContext<'chassis', typeof ANSWER_FLAGS>): Promise<number> {
  const { agent, chassis: silence } = context.config;
  return answerFrom(context, async (northbound) => {
    const listed = await listChassis(northbound, { ...agent, ...silence });
    return {
      exitCode: listed.length > 0 && listed.every(isWell) ? 0 : 1,
      facts: { chassis: listed },
      text: drawTable(COLUMNS, listed, mayColour(context)) + remarkOf(listed),
    };
  });
}

function isWell({ state, isComplete, hold }: ListedChassis): boolean {
  return state === 'live' && isComplete && hold === undefined;
}

function remarkOf(listed: readonly ListedChassis[]): string {
  const kept = listed.filter(({ isKept }) => isKept);
  if (kept.length === 0) return '';
  return `\n${kept.length} of ${listed.length} chassis are silent at once, which looks like a fault of the network or of the northbound database: the servers keep their ports. Where a chassis is really dead, run "port-status approve <chassis>"\n`;
}

const TONES = { live: 'good', late: 'doubtful', lapsed: 'bad' } as const satisfies Record<ChassisState, Tone>;

const COLUMNS: readonly Column<ListedChassis>[] = [
  { head: 'CHASSIS', cell: ({ chassis: name }) => ({ text: name }) },
  { head: 'STATE', cell: ({ state }) => ({ text: state, tone: TONES[state] }) },
  { head: 'HEARD OF', isNumber: true, cell: ({ ageMs }) => ({ text: ago(ageMs) }) },
  { head: 'COMPLETE', cell: ({ isComplete }) => yesOrNo(isComplete) },
  { head: 'HELD BACK', cell: (one) => describeHeld(one) },
  { head: 'AGENT', cell: ({ version }) => ({ text: version ?? '-' }) },
];

function yesOrNo(isSo: boolean): { readonly text: string; readonly tone: Tone } {
  return isSo ? { text: 'yes', tone: 'good' } : { text: 'no', tone: 'doubtful' };
}

function describeHeld({ hold, isKept }: ListedChassis): { readonly text: string; readonly tone?: Tone } {
  if (isKept) return { text: 'DOWN of all its ports', tone: 'bad' };
  if (hold === undefined) return { text: '-' };
  const since = new Date(hold.sinceMs).toISOString();
  return { text: `DOWN of ${hold.ports} since ${since}`, tone: 'doubtful' };
}
