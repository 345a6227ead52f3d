import { ERRORS } from '../../domain/errors.js';
import { EXIT_CODES } from '../exit-codes.js';
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
    exitCodeTable(),
    'The first SIGINT or SIGTERM ends the running work in order; the second ends the program at once. No report is lost either way.',
  ]);
}

export function exitCodeTable(): string {
  return tableOf(
    ['Exit code', 'Meaning', 'Start again?'],
    EXIT_CODES.map(({ code: exitCode, meaning, again }) => [String(exitCode), meaning, again]),
  );
}
