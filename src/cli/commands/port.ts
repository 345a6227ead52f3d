import { NEXT_STEPS } from '../../domain/stage.js';
import { ANSWER_FLAGS } from '../answer.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { ADVICE } from '../../views/advice.js';
import type { Explained } from '../../views/explain.js';
import { describePort } from '../../views/port.js';
import { timelineOf } from '../../views/timeline.js';
import type { Moment } from '../../views/timeline.js';
import { explainThose } from '../explain-those.js';
import { printable } from '../table.js';

const ARGUMENTS = {
  port: "The port's id, MAC address or device name, or the id of a Nova server: then all its ports.",
} as const;

export const port = configuredCommand({
  name: 'port',
  summary: 'explain why a port is not up',
  doc: "Explains a port: what its switch showed, what was reported, judged, written and said to Nova, when and by whom, with the last 20 entries of what became of earlier reports; then the first stage that is missing, and the next step. Asks Neutron's database, the ledger and the northbound database, and writes nothing. The codes of stages and next steps are those of decision 20.",
  examples: [
    'port 15e2c509-be19-4dfd-a2e0-c08cb1499a3e',
    'port 15e2c509-be19-4dfd-a2e0-c08cb1499a3e --watch',
    'port tap15e2c509-be --json | jq -r .ports[0].stage',
  ],
  exitCodes: { 0: 'the port is ACTIVE and Nova has heard of it', 1: 'not so, or there is no such port' },
  runsUntilStopped: false,
  arguments: ARGUMENTS,
  flags: ANSWER_FLAGS,
  run: runPort,
});

async function runPort(
  context: CommandContext<'port', typeof ANSWER_FLAGS, typeof ARGUMENTS>,
): Promise<number> {
  const wanted = context.arguments.port;
  return explainThose(
    context,
    (neutron) => neutron.stories(wanted),
    (explained) => ({
      exitCode: explained.length > 0 && explained.every(({ stage }) => stage === 'done') ? 0 : 1,
      facts: { ports: explained.map(describePort) },
      text: explained.length === 0 ? notFound(wanted) : explained.map(inWords).join('\n'),
    }),
  );
}

function notFound(wanted: string): string {
  return `${printable(wanted)}\n${end('no-such-port')}`;
}

function inWords(explained: Explained): string {
  const { story, host, stage } = explained;
  const { portId, port: found } = story;
  const vm = found === undefined || found.deviceId === '' ? '' : `, server ${found.deviceId}`;
  const head = `port ${portId}, bound to ${host ?? 'no host'}${vm}\n`;
  return printableLines(head + timelineOf(explained).map(lineOf).join('')) + end(stage);
}

function lineOf({ atMs, where, what }: Moment): string {
  const time = atMs === undefined ? 'now' : new Date(atMs).toISOString();
  return `  ${time.padEnd(24)}  ${where.padEnd(12)}  ${what}\n`;
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function end(stage: Explained['stage']): string {
  return `stage: ${stage}\nnext:  ${NEXT_STEPS[stage]}\n${ADVICE[stage]}\n`;
}
