import { PortStatusError } from '../../../domain/errors.js';
import { OUTLOOKS } from '../../../views/quarantine.js';
import type { ListedQuarantined } from '../../../views/quarantine.js';
import { configuredSubcommand } from '../../configured-command.js';
import type { CommandContext } from '../../configured-command.js';
import { printable } from '../../table.js';
import { notFound, tellNotFound, withQuarantine } from './open-quarantine.js';

const FLAGS = {
  all: { kind: 'boolean', default: false, doc: 'All that are in quarantine.' },
  json: { kind: 'boolean', default: false, doc: 'Print JSON.' },
} as const;

const ARGUMENTS = { id: { least: 0, doc: "Ports' ids, or port@chassis." } } as const;

export const retry = configuredSubcommand('quarantine', {
  name: 'retry',
  summary: 'have reports judged again',
  doc: 'Takes reports out of quarantine, once the cause is mended, so that servers judge their records again with their next sweep; one that can still not be written comes back. A report that no server could judge again, because its body can not be read or nothing is stored of it any more, is refused and stays.',
  examples: ['quarantine retry 15e2c509-be19-4dfd-a2e0-c08cb1499a3e', 'quarantine retry --all'],
  exitCodes: { 0: 'all that were named are let go', 1: 'some were refused, or are not in quarantine' },
  runsUntilStopped: false,
  arguments: ARGUMENTS,
  flags: FLAGS,
  run: runRetry,
});

/** `quarantine.max` is no greater. */
const ALL = 100_000;

async function runRetry(
  context: CommandContext<'quarantine', typeof FLAGS, typeof ARGUMENTS>,
): Promise<number> {
  const { io, flags } = context;
  const { id: names } = context.arguments;
  checkNamed(names, flags.all);
  return withQuarantine(context, async ({ neutron, look }) => {
    const found = await look(() =>
      flags.all ? neutron.listQuarantined(ALL) : neutron.findQuarantined(names),
    );
    const good = found.filter(mayRetry);
    const released = await neutron.releaseQuarantined(good);
    const refused = found.filter((one) => !mayRetry(one));
    const unknown = notFound(names, found);
    const exitCode = refused.length + unknown.length === 0 ? 0 : 1;
    io.stdout.write(
      flags.json
        ? `${JSON.stringify({ exitCode, released, refused, unknown })}\n`
        : tellNotFound(unknown) + tell(released, refused),
    );
    return exitCode;
  });
}

function checkNamed(names: readonly string[], isAll: boolean): void {
  if (names.length > 0 !== isAll) return;
  throw new PortStatusError(
    'CONFIG',
    'name the reports, or all of them with --all; "port-status quarantine list" shows them',
  );
}

/** What nobody could judge again would be gone for good. */
function mayRetry({ prospect }: ListedQuarantined): boolean {
  switch (prospect) {
    case 'repeatable':
    case 'overtaken':
      return true;
    case 'unreadable':
    case 'unrecorded':
      return false;
  }
}

function tell(released: number, refused: readonly ListedQuarantined[]): string {
  const lines = refused.map(
    ({ id, prospect }) => `${printable(id)}: refused, it stays in quarantine. ${OUTLOOKS[prospect].advice}\n`,
  );
  const end = released === 0 ? 'none let go' : `${released} let go; the next sweep has them judged again`;
  return `${lines.join('')}${end}\n`;
}
