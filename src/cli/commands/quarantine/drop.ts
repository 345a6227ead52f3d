import { PortStatusError } from '../../../domain/errors.js';
import type { Neutron } from '../../../neutron/neutron.js';
import { OUTLOOKS } from '../../../views/quarantine.js';
import type { ListedQuarantined } from '../../../views/quarantine.js';
import { configuredSubcommand } from '../../configured-command.js';
import type { CommandContext } from '../../configured-command.js';
import { confirm } from '../../confirm.js';
import { notFound, tellNotFound, withQuarantine } from './open-quarantine.js';
import { describeWhole } from './show.js';

const FLAGS = {
  yes: { kind: 'boolean', default: false, doc: 'Do not ask.' },
  json: {
    kind: 'boolean',
    default: false,
    doc: 'Print a JSON object for each report before it is dropped, then one with the exit code. Needs --yes.',
  },
} as const;

const ARGUMENTS = { id: { least: 1, doc: "Ports' ids, or port@chassis." } } as const;

export const drop = configuredSubcommand('quarantine', {
  name: 'drop',
  summary: 'drop reports that can never be written',
  doc: 'Drops reports from quarantine. Prints each whole before it goes, with why nothing is lost by it: keep that, since nobody else does. Asks first; without a terminal it needs --yes.',
  examples: [
    'quarantine drop 15e2c509-be19-4dfd-a2e0-c08cb1499a3e@compute-17',
    'quarantine drop --yes --json 15e2c509-be19-4dfd-a2e0-c08cb1499a3e >> dropped.json',
  ],
  exitCodes: {
    0: 'all that were named are dropped',
    1: 'somebody said no, or some are not in quarantine, or changed just then',
  },
  runsUntilStopped: false,
  arguments: ARGUMENTS,
  flags: FLAGS,
  run: runDrop,
});

type Context = CommandContext<'quarantine', typeof FLAGS, typeof ARGUMENTS>;

async function runDrop(context: Context): Promise<number> {
  const { id: names } = context.arguments;
  const isMeant = askerOf(context);
  return withQuarantine(context, async ({ neutron, look }) => {
    const found = await look(() => neutron.findQuarantined(names));
    printAll(context, found);
    const dropped =
      found.length > 0 && (await isMeant(found.length)) ? await neutron.releaseQuarantined(found) : 0;
    return tellEnd(context, { dropped, found, unknown: notFound(names, found) });
  });
}

/** Before anything is dropped: output that can not be written ends the program first. */
function printAll({ io, flags, clock }: Context, found: readonly ListedQuarantined[]): void {
  for (const one of found) {
    const { whyDrop } = OUTLOOKS[one.prospect];
    io.stdout.write(
      flags.json
        ? `${JSON.stringify({ report: one, why: whyDrop })}\n`
        : `${describeWhole(one, clock.now())}  may be dropped: ${whyDrop}\n`,
    );
  }
}

/** Who says whether so many are to be dropped. @throws {PortStatusError} CONFIG where nobody can be asked. */
function askerOf({ io, flags }: Context): (count: number) => Promise<boolean> {
  if (flags.yes) return async () => true;
  const { terminal, signal } = io;
  if (flags.json || terminal?.hasKeys !== true)
    throw new PortStatusError('CONFIG', 'nobody can be asked whether to drop; add --yes if it is meant');
  return (count) =>
    confirm(terminal, `drop ${count === 1 ? 'this report' : `these ${count} reports`}?`, signal);
}

function tellEnd(
  { io, flags }: Context,
  end: {
    readonly dropped: Awaited<ReturnType<Neutron['releaseQuarantined']>>;
    readonly found: readonly ListedQuarantined[];
    readonly unknown: readonly string[];
  },
): number {
  const { dropped, found, unknown } = end;
  const exitCode = dropped === found.length && unknown.length === 0 ? 0 : 1;
  io.stdout.write(
    flags.json
      ? `${JSON.stringify({ exitCode, dropped, unknown })}\n`
      : `${tellNotFound(unknown)}${found.length === 0 ? 'none' : `${dropped} of ${found.length}`} dropped\n`,
  );
  return exitCode;
}
