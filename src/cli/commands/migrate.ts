import { configuredCommand } from '../configured-command.js';
import { withoutBody } from './without-body.js';

export const migrate = configuredCommand({
  name: 'migrate',
  summary: 'create or update the ledger',
  doc: "Creates the ledger's tables in their own schema on Neutron's database server, or brings them up to date. Neutron's tables are never altered. Running it again changes nothing.",
  runsUntilStopped: false,
  arguments: {},
  flags: {
    printGrants: {
      kind: 'boolean',
      default: false,
      doc: 'Only print the SQL that gives a database user the rights it needs.',
    },
  },
  run: withoutBody,
});
