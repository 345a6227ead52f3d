import { listTopics } from '../../views/listeners.js';
import type { ListedTopic } from '../../views/listeners.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { ANSWER_FLAGS } from '../answer.js';
import { answerFrom } from '../northbound-database.js';
import { drawTable, mayColour } from '../table.js';
import type { Column, Tone } from '../table.js';
import { ageOf, LISTENER_TONES } from './listeners.js';

export const topics = configuredCommand({
  name: 'topics',
  summary: 'list where reports wait, and for how long',
  doc: 'Lists the topics of the northbound database, which all tenants share: each registered server has one. Beside those, which "port-status listeners" shows as servers, it lists what no server has: topics that a server which is gone left behind, and nobody\'s topic, "-", for reports that were published while no server was live. For each: how its server stands (live, draining, late, lapsed, gone, or none), how many reports wait there, which share of all that is, how long the oldest has waited, and of which port and chassis that is. Writes nothing.',
  examples: [
    'topics',
    'topics --watch',
    "topics --json | jq -r '.topics[] | select(.oldestMs > 10000) | .oldest.portId'",
  ],
  exitCodes: {
    0: 'nothing waits but with a server that works',
    1: "something waits with a server that has lapsed or is gone, or in nobody's topic: others take it over within a ttl and a sixth, if one is live",
  },
  runsUntilStopped: false,
  arguments: {},
  flags: ANSWER_FLAGS,
  run: runTopics,
});

async function runTopics(context: CommandContext<'topics', typeof ANSWER_FLAGS>): Promise<number> {
  return answerFrom(context, async (northbound) => {
    const listed = await listTopics(northbound);
    return {
      exitCode: listed.some(isAbandoned) ? 1 : 0,
      facts: { topics: listed },
      text: drawTable(COLUMNS, listed, mayColour(context)),
    };
  });
}

/** Whether something waits there and nobody works on it. */
function isAbandoned({ listener, backlog }: ListedTopic): boolean {
  return backlog > 0 && TONES[listener] === 'bad';
}

const TONES = {
  ...LISTENER_TONES,
  gone: 'bad',
  none: 'bad',
} as const satisfies Record<ListedTopic['listener'], Tone>;

const COLUMNS: readonly Column<ListedTopic>[] = [
  { head: 'TOPIC', cell: ({ topic }) => ({ text: topic ?? '-' }) },
  { head: 'SERVER', cell: ({ listener }) => ({ text: listener, tone: TONES[listener] }) },
  { head: 'WAITING', isNumber: true, cell: ({ backlog }) => ({ text: String(backlog) }) },
  { head: 'SHARE', isNumber: true, cell: ({ share }) => ({ text: `${Math.round(share * 100)} %` }) },
  { head: 'OLDEST', isNumber: true, cell: ({ backlog, oldestMs }) => ageOf(backlog, oldestMs) },
  { head: 'OF CHASSIS', cell: ({ oldest }) => ({ text: oldest?.chassis ?? '-' }) },
  { head: 'PORT', cell: ({ oldest }) => ({ text: oldest?.portId ?? '-' }) },
];
