import { hasCode, PortStatusError } from '../../domain/errors.js';
import type { ReportKey } from '../../domain/report.js';
import { setPaused } from '../../neutron/sql/flags.js';
import type { Transactor } from '../../neutron/sql/transaction.js';
import {
  checkMayUninstall,
  dropLedger,
  inspectInstalled,
  settleBlocks,
} from '../../neutron/sql/uninstall.js';
import type { Installed, JudgedBlock } from '../../neutron/sql/uninstall.js';
import { remainsOf } from '../../northbound/destroy.js';
import type { Remains } from '../../northbound/remains.js';
import { Opened } from '../../runtime/opened.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { openStore } from '../neutron-database.js';
import { look } from '../northbound-database.js';
import { firstAnswer } from '../startup.js';
import { stillRunning } from './still-running.js';

const FLAGS = {
  dryRun: { kind: 'boolean', default: false, doc: 'Only print what would be done; changes nothing.' },
} as const;

export const uninstall = configuredCommand({
  name: 'uninstall',
  summary: 'remove all that Port Status Sync has stored',
  doc: "Removes what Port Status Sync has stored: the provisioning blocks that it inserted into Neutron's tables and that nobody else would remove, the ledger, and the northbound data. Its database user needs the right to drop the ledger, as that of migrate has, and, where blocks of ours are to be removed, the rights that a server has; it looks for them before it changes anything. Stop all agents and servers first: it refuses while one of them lives, an agent until a minute after it was stopped. Statuses stay as they are. Where it was interrupted, run it again.",
  examples: ['uninstall --dry-run', 'uninstall'],
  exitCodes: {
    0: 'all of it is removed; with --dry-run: could be',
    1: 'a server or an agent still runs; with --dry-run also: a right is missing',
  },
  runsUntilStopped: false,
  arguments: {},
  flags: FLAGS,
  run: runUninstall,
});

type Say = (line: string) => void;

type Context = CommandContext<'uninstall', typeof FLAGS>;

/** Each step is done or not; what comes later is needed for what comes before, so that running it again goes on. */
async function runUninstall(context: Context): Promise<number> {
  const { config, flags, io } = context;
  const say: Say = (line) => void io.stdout.write(`${line}\n`);
  const { url, ...network } = config.northbound;
  const remains = await firstAnswer('the northbound database', context, () =>
    remainsOf(url, { ...context, ...network }),
  );
  const running = await findRunning(context, remains);
  for (const { name, next } of running) say(`refused: ${name}; ${next}`);
  if (running.length > 0 && !flags.dryRun) return 1;
  const { left, isRefused } = await leaveNeutron(context, remains, running.length > 0, say);
  await leaveNorthbound(remains, flags.dryRun, say);
  for (const line of whatStays(context, left)) say(line);
  return isRefused ? 1 : 0;
}

async function findRunning(context: Context, { hasData }: Remains): ReturnType<typeof stillRunning> {
  if (!hasData) return [];
  return look(context, stillRunning);
}

interface Left {
  /** The blocks that were left where they are. */
  readonly left: readonly JudgedBlock[];
  /** Whether it may not be done now; in a dry run alone. */
  readonly isRefused: boolean;
}

async function leaveNeutron(context: Context, remains: Remains, isInUse: boolean, say: Say): Promise<Left> {
  const { ledgerSchema } = context.config.neutron;
  const { dryRun } = context.flags;
  const store: Transactor = { ...openStore(context), ...context, onConflict: () => undefined };
  await using closing = new Opened();
  closing.add({ close: () => store.db.destroy() });
  const installed = await firstAnswer("Neutron's database", context, () => inspectInstalled(store));
  checkThatNobodyIsMissed(remains, installed);
  const foreseen = installed.hasLedger ? await walkBlocks(store, false) : [];
  const isRefused = isInUse || (await isRefusedTo(context, store, foreseen, say));
  const left = installed.hasLedger ? await leaveBlocks(store, installed, foreseen, dryRun, say) : [];
  say(await leaveLedger(store, ledgerSchema, installed, dryRun));
  return { left, isRefused };
}

/**
 * Looks for the rights; not while servers work, whom that might keep waiting.
 *
 * @throws {PortStatusError} RIGHTS or LAYOUT; a dry run says it and goes on.
 */
async function isRefusedTo(
  { config, flags }: Context,
  store: Transactor,
  foreseen: readonly JudgedBlock[],
  say: Say,
): Promise<boolean> {
  const removesBlocks = foreseen.some(({ fate }) => fate.kind === 'remove');
  try {
    await checkMayUninstall(store, config.neutron.ledgerSchema, { removesBlocks });
    return false;
  } catch (error) {
    if (!flags.dryRun || !hasCode(error, 'RIGHTS', 'LAYOUT')) throw error;
    say(`refused: ${error.message}`);
    return true;
  }
}

/**
 * The ledger goes before the northbound data, never after it: a ledger without them means that `northbound.url` is wrong,
 * and that nobody knows who still runs.
 *
 * @throws {PortStatusError} CONFIG then; nothing was changed.
 */
function checkThatNobodyIsMissed({ hasData }: Remains, { hasLedger }: Installed): void {
  if (hasData || !hasLedger) return;
  throw new PortStatusError(
    'CONFIG',
    'there is a ledger, but northbound.url leads to no data: nobody can tell who still runs; correct northbound.url, or, where the data was lost, start a server once and stop it',
  );
}

/** Pauses the writing first: a server that starts now writes nothing. Then looks again, under locks. */
async function leaveBlocks(
  store: Transactor,
  { owedWords }: Installed,
  foreseen: readonly JudgedBlock[],
  dryRun: boolean,
  say: Say,
): Promise<readonly JudgedBlock[]> {
  if (!dryRun) await setPaused(store, true);
  if (owedWords > 0) say(`Nova: words that it is owed and that will not be said: ${owedWords}`);
  const blocks = dryRun ? foreseen : await walkBlocks(store, true);
  for (const block of blocks) say(describeBlock(block, dryRun));
  return blocks.filter(({ fate }) => fate.kind === 'leave');
}

const PAGE = 500;

async function walkBlocks(store: Transactor, willRemove: boolean): Promise<readonly JudgedBlock[]> {
  const all: JudgedBlock[] = [];
  for (let after: ReportKey | undefined; ;) {
    const { blocks, last } = await settleBlocks(store, after, { limit: PAGE, willRemove });
    all.push(...blocks.filter(({ fate }) => fate.kind !== 'gone'));
    if (last === undefined) return all;
    after = last;
  }
}

function describeBlock({ portId, chassis, fate }: JudgedBlock, dryRun: boolean): string {
  const would = dryRun ? 'would be ' : '';
  const done = fate.kind === 'remove' ? 'removed' : 'left';
  return `block L2 of ${portId} (${chassis}): ${would}${done}${fate.kind === 'gone' ? '' : `: ${fate.why}`}`;
}

/** Also where there is none: a crash may have left a part of it. */
async function leaveLedger(
  store: Transactor,
  ledgerSchema: string,
  { hasLedger }: Installed,
  dryRun: boolean,
): Promise<string> {
  const name = store.dialect.name === 'sqlite' ? 'tables port_status_*' : `schema ${ledgerSchema}`;
  if (dryRun) return hasLedger ? `ledger: ${name} would be dropped` : 'ledger: there is none';
  const isGone = await dropLedger(store, ledgerSchema);
  if (!isGone) return `ledger: our tables dropped; ${name} stays, because others stand in it`;
  return hasLedger ? `ledger: ${name} dropped` : 'ledger: there is none';
}

async function leaveNorthbound(remains: Remains, dryRun: boolean, say: Say): Promise<void> {
  if (remains.traces.length === 0) say('northbound data: there is none');
  if (!dryRun) await remains.destroy();
  for (const trace of remains.traces) say(`northbound data: ${trace} ${dryRun ? 'would be ' : ''}removed`);
}

function whatStays({ config }: Context, left: readonly JudgedBlock[]): readonly string[] {
  const blocks = `${left.length} L2 blocks that Neutron wants now`;
  return [
    `stays: the status of every port as it is; ${blocks}`,
    `to do: drop the database user of the servers and of this command, where they were made for ${config.neutron.ledgerSchema}`,
    "to do: delete the servers' user in Keystone, where it was made for this",
    'to do: disable the units of agents and servers, and delete the configuration and the files with passwords',
  ];
}
