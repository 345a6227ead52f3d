import { NEXT_STEPS } from '../../domain/stage.js';
import { ANSWER_FLAGS } from '../answer.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { ADVICE } from '../../views/advice.js';
import type { Explained } from '../../views/explain.js';
import { describePorts } from '../../views/port.js';
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
  doc: "Explains a port: what its switch showed, what was reported, judged, written and said to Nova, when and by whom, with the last 20 entries of what became of earlier reports; how long Nova still waits; then the first stage that is missing, and the next step. Asks Neutron's database, the ledger and the northbound database, and writes nothing. The codes of stages and next steps are those of decision 20.",
  examples: [
    'port 15e2c509-be19-4dfd-a2e0-c08cb1499a3e',
    'port 15e2c509-be19-4dfd-a2e0-c08cb1499a3e --watch',
    'port tap15e2c509-be --json | jq -r .ports[0].stage',
  ],
  exitCodes: { 0: 'the port is ACTIVE, and no word to Nova is owed', 1: 'not so, or there is no such port' },
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
    context.config.nova.vif_plugging_timeout * 1000,
    (neutron) => neutron.stories(wanted),
    (explained) => ({
      exitCode: explained.length > 0 && explained.every(({ stage }) => stage === 'done') ? 0 : 1,
      facts: { ports: describePorts(wanted, explained) },
      text: explained.length === 0 ? notFound(wanted) : explained.map(inWords).join('\n'),
    }),
  );
}

function notFound(wanted: string): string {
  return `${printable(wanted)}\n${end('no-such-port')}`;
}

function inWords(explained: Explained): string {
  const { story, host, stage, leftMs } = explained;
  const { portId, port: found } = story;
  const vm = found === undefined || found.deviceId === '' ? '' : `, server ${found.deviceId}`;
  const head = `port ${portId}, bound to ${host ?? 'no host'}${vm}\n`;
  const lines = [...timelineOf(explained), ...patience(leftMs)].map(lineOf);
  return printableLines(head + lines.join('')) + end(stage);
}

function patience(leftMs: number | undefined): readonly Moment[] {
  if (leftMs === undefined) return [];
  return [{ where: 'nova', what: `waits for the port, and gives up in ${Math.round(leftMs / 1000)} s` }];
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
