import { PortStatusError } from '../../domain/errors.js';
import { grants } from '../../neutron/sql/grants.js';
import { LEDGER_VERSION, migrate as migrateLedger } from '../../neutron/sql/migrations.js';
import { Opened } from '../../runtime/opened.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { openStore } from '../neutron-database.js';
import { firstAnswer } from '../startup.js';

const FLAGS = {
  printGrants: {
    kind: 'boolean',
    default: false,
    doc: 'Only print the SQL that gives a database user the rights it needs; connects to nothing.',
  },
  user: {
    kind: 'string',
    doc: "The database user of those grants, as the database spells it; by default 'port_status'@'%' on MariaDB and port_status on PostgreSQL.",
  },
} as const;

export const migrate = configuredCommand({
  name: 'migrate',
  summary: 'create or update the ledger',
  doc: "Creates the ledger's tables in their own schema beside Neutron's tables, or brings them up to date; its user needs the right to create them. Neutron's tables are never altered. Running it again changes nothing.",
  examples: ['migrate', 'migrate --print-grants --neutron-url mysql://controller.example/neutron'],
  exitCodes: { 0: 'the ledger is as this program needs it, or the grants are printed' },
  runsUntilStopped: false,
  arguments: {},
  flags: FLAGS,
  run: (context) => (context.flags.printGrants ? printGrants(context) : createLedger(context)),
});

type Context = CommandContext<'migrate', typeof FLAGS>;

async function createLedger(context: Context): Promise<number> {
  const { ledgerSchema } = context.config.neutron;
  const store = openStore(context);
  await using opened = new Opened();
  opened.add({ close: () => store.db.destroy() });
  const applied = await firstAnswer("Neutron's database", context, () => migrateLedger(store, ledgerSchema));
  const what = applied.length === 0 ? 'is up to date' : `was brought to version ${LEDGER_VERSION}`;
  context.io.stdout.write(`the ledger ${what}\n`);
  return 0;
}

async function printGrants({ config, flags, io }: Context): Promise<number> {
  const { url, ledgerSchema } = config.neutron;
  const { database, defaultUser } = serverOf(url);
  const neutron = decodeURIComponent(new URL(url).pathname.slice(1));
  const lines = grants(database, { neutron, ledgerSchema, user: flags.user ?? defaultUser });
  io.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

function serverOf(url: string): {
  readonly database: 'mariadb' | 'postgresql';
  readonly defaultUser: string;
} {
  if (!URL.canParse(url) || url.startsWith('sqlite:')) {
    throw new PortStatusError(
      'CONFIG',
      'grants are for database servers: give neutron.url as mysql://host/neutron or postgresql://host/neutron',
    );
  }
  return url.startsWith('postgres')
    ? { database: 'postgresql', defaultUser: 'port_status' }
    : { database: 'mariadb', defaultUser: "'port_status'@'%'" };
}
