import type { Neutron, Quarantined } from '../../neutron/neutron.js';
import { Opened } from '../../runtime/opened.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { openNeutron } from '../neutron-database.js';
import { firstAnswer } from '../startup.js';
import { ago, drawTable, mayColour } from '../table.js';
import type { Column } from '../table.js';

const FLAGS = {
  json: { kind: 'boolean', default: false, doc: 'Print JSON, with the reports as they came.' },
  retry: {
    kind: 'string',
    doc: 'Lets go of the reports of this port, or of "all": servers judge those that they can read again with their next sweep.',
  },
  limit: { kind: 'integer', least: 1, most: 100_000, default: 100, doc: 'The most reports that are listed.' },
} as const;

export const quarantine = configuredCommand({
  name: 'quarantine',
  summary: 'list the reports that can never be written',
  doc: 'Lists the reports that were set aside because they can never be written as they are, the oldest first, each with the reason. What a newer report of its port has overtaken leaves by itself. With --retry they are let go, once the cause is mended, and judged again: one that can still not be written comes back. A report whose body makes no sense can not be judged: it is let go for good, and its chassis has to say something newer. Exit code 0: there is none (left); 1: there are some.',
  examples: ['quarantine', 'quarantine --retry all'],
  runsUntilStopped: false,
  arguments: {},
  flags: FLAGS,
  run: runQuarantine,
});

type Context = CommandContext<'quarantine', typeof FLAGS>;

async function runQuarantine(context: Context): Promise<number> {
  const { io, flags } = context;
  await using opened = new Opened();
  const neutron = opened.add(openNeutron(context));
  const released = await firstAnswer("Neutron's database", context, () => release(neutron, flags.retry));
  const listed = await neutron.listQuarantined(flags.limit);
  const exitCode = listed.length === 0 ? 0 : 1;
  io.stdout.write(
    flags.json
      ? `${JSON.stringify({ exitCode, released, reports: listed })}\n`
      : inWords(released) + drawTable(COLUMNS, listed, mayColour(context)),
  );
  return exitCode;
}

/** @returns how many were let go; undefined where none was to be. */
async function release(neutron: Neutron, retry: string | undefined): Promise<number | undefined> {
  if (retry === undefined) return undefined;
  return neutron.releaseQuarantined(retry === 'all' ? undefined : retry);
}

function inWords(released: number | undefined): string {
  return released === undefined
    ? ''
    : `${released} let go; the next sweep has those judged again that can be read\n`;
}

const COLUMNS: readonly Column<Quarantined>[] = [
  { head: 'PORT', cell: ({ portId }) => ({ text: portId }) },
  { head: 'CHASSIS', cell: ({ chassis }) => ({ text: chassis }) },
  { head: 'SET ASIDE', isNumber: true, cell: ({ ageMs }) => ({ text: ago(ageMs) }) },
  { head: 'BY', cell: ({ server }) => ({ text: server }) },
  { head: 'REASON', cell: ({ reason }) => ({ text: reason, tone: 'bad' }) },
];
