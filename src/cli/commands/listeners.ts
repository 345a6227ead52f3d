import type { ListenerState } from '../../domain/listener.js';
import { listWaitedListeners } from '../../views/listeners.js';
import type { WaitedListener } from '../../views/listeners.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { ANSWER_FLAGS } from '../answer.js';
import { answerFrom } from '../northbound-database.js';
import { ago, drawTable, forPeople, mayColour } from '../table.js';
import type { Column, Tone } from '../table.js';

export const listeners = configuredCommand({
  name: 'listeners',
  summary: 'list the servers and how they stand',
  doc: 'Lists the servers that are registered in the northbound database: live, draining (told to leave), late (silent for half their ttl) or lapsed (silent for their ttl: others take over); when each was heard of last, how many reports wait for it, how long the oldest has, and which share of the work it has had since its program started, the version of that and the wire versions that it reads; with --json also what it has done since its program started. Writes nothing.',
  examples: [
    'listeners',
    'listeners --watch',
    'listeners --json | jq -r \'.listeners[] | select(.state != "live") | .id\'',
  ],
  exitCodes: { 0: 'there are servers, and all are live', 1: 'not so' },
  runsUntilStopped: false,
  arguments: {},
  flags: ANSWER_FLAGS,
  run: runListeners,
});

async function runListeners(context: CommandContext<'listeners', typeof ANSWER_FLAGS>): Promise<number> {
  return answerFrom(context, async (northbound) => {
    const listed = await listWaitedListeners(northbound);
    return {
      exitCode: listed.length > 0 && listed.every(({ state }) => state === 'live') ? 0 : 1,
      facts: { listeners: listed },
      text: drawTable(COLUMNS, listed, mayColour(context)),
    };
  });
}

export const LISTENER_TONES = {
  live: 'good',
  draining: 'doubtful',
  late: 'doubtful',
  lapsed: 'bad',
} as const satisfies Record<ListenerState, Tone>;

const COLUMNS: readonly Column<WaitedListener>[] = [
  { head: 'SERVER', cell: ({ id }) => ({ text: id }) },
  { head: 'STATE', cell: ({ state }) => ({ text: state, tone: LISTENER_TONES[state] }) },
  { head: 'HEARD OF', isNumber: true, cell: ({ ageMs }) => ({ text: ago(ageMs) }) },
  { head: 'WAITING', isNumber: true, cell: ({ backlog }) => ({ text: String(backlog) }) },
  { head: 'OLDEST', isNumber: true, cell: ({ backlog, oldestMs }) => ageOf(backlog, oldestMs) },
  { head: 'SHARE', isNumber: true, cell: ({ share }) => ({ text: `${Math.round(share * 100)} %` }) },
  { head: 'PROGRAM', cell: ({ program }) => ({ text: program }) },
  { head: 'WIRE', cell: ({ versions }) => ({ text: versions.join(', ') }) },
];

/** How long the oldest of what waits has waited. */
export function ageOf(backlog: number, oldestMs: number): { readonly text: string } {
  return { text: backlog === 0 ? '-' : forPeople(oldestMs) };
}
