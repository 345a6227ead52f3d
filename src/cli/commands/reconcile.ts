import type { Neutron } from '../../neutron/neutron.js';
import type { Northbound } from '../../northbound/northbound.js';
import { Opened } from '../../runtime/opened.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { judgePolicyOf, writeRuleOf } from '../judge-policy.js';
import { openNeutron } from '../neutron-database.js';
import { openConfigured } from '../northbound-database.js';
import { reconcile as reconcileAll } from '../reconcile/reconcile.js';
import { checkScope, scopeOf } from '../reconcile/scope.js';
import type { Sources } from '../reconcile/sources.js';
import { tellInJson, tellInLines } from '../reconcile/tell.js';
import { firstAnswer } from '../startup.js';

const FLAGS = {
  dryRun: { kind: 'boolean', default: false, doc: 'Only print what would be done; changes nothing.' },
  port: {
    kind: 'string',
    pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    like: 'the UUID of a port, as "openstack port list" shows it',
    doc: 'Look at this port alone.',
  },
  host: {
    kind: 'string',
    doc: "Look at what this chassis said alone. Its silent ports are not looked for: Neutron's tables have no key by host.",
  },
  rate: {
    kind: 'integer',
    least: 1,
    most: 1_000_000,
    doc: "The most rows read in a second: northbound records first, then the ledger's, then Neutron's ports. Default: reconcile.rate.",
  },
  json: { kind: 'boolean', default: false, doc: 'Print one JSON object.' },
} as const;

export const reconcile = configuredCommand({
  name: 'reconcile',
  summary: 'mend what records, ledger and Neutron disagree about',
  doc: "Compares northbound records, ledger and Neutron, as the servers do in turns of reconcile.everyMs, and prints each finding with what is written and why. It mends what a server of this configuration may write, and nothing in observe mode, while writing is paused, or on chassis that apply.chassis does not name. Kinds of findings: status (not what the last report of the bound chassis means, or a complete chassis no longer has the port), not-activated (no provisioning block is left, and nobody activated the port), debt (a word that Nova was not told: listed with its age, running servers tell it), no-port (a report of a port that Neutron no longer has), lost-entry (a pending report that no server is told of: put back into its topic). What it writes: words such as DELETE-L2 ACTIVE in Neutron's tables and the ledger, LEDGER in the ledger alone, TOPIC in the northbound database. Silence is no evidence: ports that are ACTIVE and whose chassis never said anything are counted, the first 1,000 listed, and never changed.",
  examples: [
    'reconcile --dry-run',
    'reconcile --port 15e2c509-be19-4dfd-a2e0-c08cb1499a3e --dry-run',
    'reconcile --host compute-17',
  ],
  exitCodes: { 0: 'nothing was found, or all of it mended', 1: 'something is left' },
  runsUntilStopped: false,
  arguments: {},
  flags: FLAGS,
  run: runReconcile,
});

type Context = CommandContext<'reconcile', typeof FLAGS>;

async function runReconcile(context: Context): Promise<number> {
  const { flags, io, config } = context;
  const scope = scopeOf(flags);
  await using opened = new Opened();
  const willWrite = !flags.dryRun && writeRuleOf(config.apply).willWrite;
  const neutron = opened.add(openNeutron(context));
  const northbound = opened.add(openConfigured({ ...context, isReadOnly: !willWrite }));
  const sources = await openSources(context, neutron, northbound, willWrite);
  await checkScope(sources, scope, io.signal);
  const write = (text: string): void => void io.stdout.write(text);
  const teller = flags.json ? tellInJson(write, flags.dryRun) : tellInLines(write);
  return (await reconcileAll(sources, scope, teller, io.signal)).exitCode;
}

/** Checks, as a server does at its start, that both databases are those that we know and may use. */
async function openSources(
  context: Context,
  neutron: Neutron,
  northbound: Northbound,
  willWrite: boolean,
): Promise<Sources> {
  const { config, clock, flags, io } = context;
  await firstAnswer("Neutron's database", context, () =>
    neutron.check({ willWrite, keepsLedger: willWrite }),
  );
  const incarnation = await firstAnswer('the northbound database', context, () =>
    northbound.incarnation({ signal: io.signal }),
  );
  const { epoch = 0 } = await neutron.epochOf(incarnation);
  const rule = writeRuleOf(config.apply);
  const { mayWrite } = rule;
  const lookEveryMs = config.lookAgain.everyMs;
  const policy = judgePolicyOf(config.neutron);
  return {
    ...{ northbound, neutron, clock, rule, isDryRun: flags.dryRun },
    judging: { server: 'reconcile', policy, mayWrite, lookEveryMs, incarnation, epoch },
    isNumbered: epoch > 0,
    rate: flags.rate ?? config.reconcile.rate,
    batch: config.apply.batch,
    wireGreatest: config.wire.greatest,
    heads: await neutron.heads(),
  };
}
