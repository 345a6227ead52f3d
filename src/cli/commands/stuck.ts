import { listStuck } from '../../views/port.js';
import type { StuckPort } from '../../views/port.js';
import { ANSWER_FLAGS } from '../answer.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { explainThose } from '../explain-those.js';
import { drawTable, mayColour } from '../table.js';
import type { Column } from '../table.js';

const FLAGS = {
  ...ANSWER_FLAGS,
  timeout: {
    kind: 'duration',
    leastMs: 1000,
    mostMs: 86_400_000,
    doc: "How long Nova waits for a port, instead of nova.vif_plugging_timeout. It counts from the port's last change in Neutron.",
  },
  limit: { kind: 'integer', least: 1, most: 10_000, default: 100, doc: 'The most ports that are listed.' },
} as const;

export const stuck = configuredCommand({
  name: 'stuck',
  summary: 'list the ports that Nova waits for',
  doc: 'Lists the ports that Nova waits for, those first that it will give up first: bound ports of VMs that are not ACTIVE, have a provisioning block, and were changed within its vif_plugging_timeout; with the time that is left, the first stage that is missing and the next step, as "port-status port" tells them. A VM that is stopped leaves such a port, too, until that time has passed: those of which Nova was told last that they are unplugged stand at the end, with "unplugged" behind them. Writes nothing.',
  examples: [
    'stuck',
    'stuck --watch 5',
    "stuck --timeout 10m --json | jq -r '.ports[] | [.leftMs, .portId, .stage] | @tsv'",
  ],
  exitCodes: { 0: 'there is none', 1: 'there are some' },
  runsUntilStopped: false,
  arguments: {},
  flags: FLAGS,
  run: runStuck,
});

async function runStuck(context: CommandContext<'stuck', typeof FLAGS>): Promise<number> {
  const { flags, config } = context;
  const { limit, timeout: withinMs = config.nova.vif_plugging_timeout * 1000 } = flags;
  return explainThose(
    context,
    withinMs,
    (neutron) => neutron.awaited({ withinMs, limit: limit + 1 }),
    (explained) => {
      const list = listStuck(explained, limit);
      const text = drawTable(COLUMNS, list.ports, mayColour(context)) + (list.isCut ? more(limit) : '');
      return { exitCode: list.ports.length === 0 ? 0 : 1, facts: list, text };
    },
  );
}

function more(limit: number): string {
  return `… and more than these ${limit}: --limit shows them\n`;
}

const COLUMNS: readonly Column<StuckPort>[] = [
  { head: 'PORT', cell: ({ portId }) => ({ text: portId }) },
  { head: 'HOST', cell: ({ host }) => ({ text: host ?? '-' }) },
  { head: 'NOVA SERVER', cell: ({ serverId }) => ({ text: serverId }) },
  { head: 'LEFT', isNumber: true, cell: ({ leftMs }) => ({ text: `${Math.round(leftMs / 1000)} s` }) },
  { head: 'STAGE', cell: ({ stage }) => ({ text: stage, tone: 'doubtful' }) },
  { head: 'NEXT STEP', cell: ({ nextStep }) => ({ text: nextStep }) },
  { head: 'LAST WORD', cell: ({ isUnplugged }) => ({ text: isUnplugged ? 'unplugged' : '' }) },
];
