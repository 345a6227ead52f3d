import type { ListedQuarantined } from '../../../views/quarantine.js';
import { configuredSubcommand } from '../../configured-command.js';
import type { CommandContext } from '../../configured-command.js';
import { ago, drawTable, mayColour } from '../../table.js';
import type { Column } from '../../table.js';
import { withQuarantine } from './open-quarantine.js';

const FLAGS = {
  json: { kind: 'boolean', default: false, doc: 'Print JSON, with the reports as they came.' },
  limit: { kind: 'integer', least: 1, most: 100_000, default: 100, doc: 'The most reports that are listed.' },
} as const;

export const list = configuredSubcommand('quarantine', {
  name: 'list',
  summary: 'list the reports that can never be written',
  doc: 'Lists the reports in quarantine, the oldest first, each with the reason and the next step. Writes nothing.',
  examples: ['quarantine list', "quarantine list --json | jq -r '.reports[] | [.id, .nextStep] | @tsv'"],
  exitCodes: { 0: 'there is none', 1: 'there are some' },
  runsUntilStopped: false,
  arguments: {},
  flags: FLAGS,
  run: runList,
});

async function runList(context: CommandContext<'quarantine', typeof FLAGS>): Promise<number> {
  const { io, flags } = context;
  const listed = await withQuarantine(context, ({ look }) =>
    look((neutron) => neutron.listQuarantined(flags.limit)),
  );
  const exitCode = listed.length === 0 ? 0 : 1;
  io.stdout.write(
    flags.json
      ? `${JSON.stringify({ exitCode, reports: listed })}\n`
      : drawTable(COLUMNS, listed, mayColour(context)),
  );
  return exitCode;
}

const COLUMNS: readonly Column<ListedQuarantined>[] = [
  { head: 'PORT', cell: ({ portId }) => ({ text: portId }) },
  { head: 'CHASSIS', cell: ({ chassis }) => ({ text: chassis }) },
  { head: 'SET ASIDE', isNumber: true, cell: ({ ageMs }) => ({ text: ago(ageMs) }) },
  { head: 'BY', cell: ({ server }) => ({ text: server }) },
  { head: 'NEXT STEP', cell: ({ nextStep }) => ({ text: nextStep }) },
  { head: 'REASON', cell: ({ reason }) => ({ text: reason, tone: 'bad' }) },
];
