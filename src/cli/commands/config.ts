import { inspect } from '../../config/load.js';
import type { Inspection } from '../../config/load.js';
import type { Command } from '../../config/option.js';
import { OPTION_ROWS } from '../../config/options.js';
import { printable } from '../../config/redact.js';
import type { Setting } from '../../config/resolve.js';
import { PortStatusError } from '../../domain/errors.js';
import type { CommandDefinition } from '../command.js';
import { presentError } from '../present-error.js';

export const config: CommandDefinition = {
  name: 'config',
  summary: 'print the configuration and where it comes from',
  doc: 'Prints every value that a command would use and where it comes from; passwords as ***. Takes every flag of that command.',
  examples: ['config --for agent', 'config --json | jq -r \'."listener.ttlMs".source\''],
  exitCodes: {
    0: 'printed, and nothing is wrong',
    78: 'something is wrong or missing: what, follows on standard error',
  },
  runsUntilStopped: false,
  arguments: {},
  flags: {
    for: {
      kind: 'enum',
      values: [
        'server',
        'agent',
        'migrate',
        'compare',
        'reconcile',
        'listeners',
        'topics',
        'chassis',
        'port',
        'stuck',
        'quarantine',
        'drain',
        'pause',
        'resume',
        'approve',
        'uninstall',
        'demo',
      ] satisfies Command[],
      default: 'server',
      doc: 'The command.',
    },
    json: { kind: 'boolean', default: false, doc: 'Print JSON.' },
  },
  options: OPTION_ROWS,
  hidesOptions: true,
  run: async ({ flags, sources }, { stdout, stderr }) => {
    const inspection = inspect(flags['for'] as Command, sources);
    stdout.write(flags['json'] === true ? json(inspection) : table(inspection));
    if (inspection.problems.length === 0) return 0;
    return presentError(new PortStatusError('CONFIG', inspection.problems.join('\n')), stderr);
  },
};

/** `{ "listener.ttlMs": { "value": 3000, "source": "default" } }`; without a value, `value` is null. */
function json({ settings }: Inspection): string {
  const entries = settings.map((setting) => {
    const { key, option, value, source } = setting;
    const shown = option.secret === undefined ? value : shownValue(setting);
    return [key, { value: (value === undefined ? undefined : shown) ?? null, source: source ?? null }];
  });
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}

function table({ settings }: Inspection): string {
  const rows = settings.map((setting) => [setting.key, shownValue(setting), setting.source ?? '-'] as const);
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  const [keys, values] = [width(0), width(1)];
  return rows
    .map(([key, value, source]) => `${key.padEnd(keys)}  ${value.padEnd(values)}  ${source}\n`)
    .join('');
}

function shownValue({ option, value, problem }: Setting): string {
  if (value !== undefined) return printable(option, value);
  return problem === undefined ? '-' : '(wrong)';
}
