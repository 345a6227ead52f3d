import { ERRORS } from '../../domain/errors.js';
import { EXIT_INTERRUPTED } from '../run.js';
import { block, code, page, tableOf } from './markdown.js';

export function errorsPage(): string {
  return page('Errors and exit codes', 'src/domain/errors.ts', [
    'A failure that was foreseen is one line on standard error, which ends with what to do next; several mistakes in one configuration are a line each.',
    block(
      'text',
      'port-status: neutron.url is missing: server needs it; set --neutron-url, PORT_STATUS_NEUTRON_URL or [neutron] url in the file',
    ),
    '## Codes',
    tableOf(
      ['Code', 'Meaning', 'Exit code'],
      Object.entries(ERRORS).map(([name, { meaning, exitCode }]) => [code(name), meaning, String(exitCode)]),
    ),
    '## Exit codes',
    tableOf(['Exit code', 'Meaning', 'Start again?'], exitCodes()),
    'The first SIGINT or SIGTERM ends the running work in order; the second ends the program at once. No report is lost either way.',
  ]);
}

function exitCodes(): readonly (readonly string[])[] {
  return [
    ['0', 'Done; or a server, an agent or the demo was stopped by SIGINT or SIGTERM.', 'no need'],
    [
      '1',
      'The answer is no: `compare` found differences, `approve` found nothing held, `doctor` something that fails, `uninstall` something that still runs.',
      'no need',
    ],
    ['69', 'A dependency did not answer in time.', 'yes, it may help'],
    [
      '70',
      'A fault of the program; one that nobody foresaw is printed with its stack.',
      'yes, and report it',
    ],
    ['78', 'The command line or the configuration is wrong, or a right is missing.', 'no, change it first'],
    [
      String(EXIT_INTERRUPTED),
      'A command was interrupted before it was done, or a second signal ended the program.',
      'if you like',
    ],
  ];
}
