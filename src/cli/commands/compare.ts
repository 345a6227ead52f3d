import type { ComparedPort, Judging, Neutron } from '../../neutron/neutron.js';
import { Opened } from '../../runtime/opened.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { judgePolicyOf } from '../judge-policy.js';
import { openNeutron } from '../neutron-database.js';
import { firstAnswer } from '../startup.js';

const FLAGS = { json: { kind: 'boolean', default: false, doc: 'Print JSON.' } } as const;

export const compare = configuredCommand({
  name: 'compare',
  summary: 'compare what the switches say with Neutron',
  doc: "Compares each of Neutron's ports with the last report of the chassis that it is bound to, and lists where they differ: what would be written in write mode. Ports whose chassis never said anything are counted, not judged. Writes nothing.",
  examples: ['compare', 'compare --json | jq .counts'],
  exitCodes: { 0: 'they agree', 1: 'they do not' },
  runsUntilStopped: false,
  arguments: {},
  flags: FLAGS,
  run: runCompare,
});

type Context = CommandContext<'compare', typeof FLAGS>;

/**
 * How a port stands.
 *
 * - agrees: Neutron holds what the bound chassis said last.
 * - differs: something would be written.
 * - waits: not to be written now; the verdict says why.
 * - silent: its chassis never said anything, or it is bound to none. That is no evidence.
 */
type Standing = 'agrees' | 'differs' | 'waits' | 'silent';

interface Comparison {
  readonly counts: Record<Standing, number>;
  /** The ports that differ or wait. */
  readonly ports: (ComparedPort & { readonly standing: Standing })[];
}

const PAGE = 1000;

async function runCompare(context: Context): Promise<number> {
  await using opened = new Opened();
  const neutron = opened.add(openNeutron(context));
  await firstAnswer("Neutron's database", context, () =>
    neutron.check({ willWrite: false, keepsLedger: false }),
  );
  const comparison = await compareAll(neutron, judgingOf(context));
  context.io.stdout.write(context.flags.json ? `${JSON.stringify(comparison)}\n` : table(comparison));
  return comparison.counts.differs === 0 ? 0 : 1;
}

function judgingOf({ config }: Context): Judging {
  const policy = judgePolicyOf(config.neutron);
  return { server: 'compare', policy, mayWrite: () => false, lookEveryMs: 0, incarnation: '', epoch: 0 };
}

async function compareAll(neutron: Neutron, judging: Judging): Promise<Comparison> {
  const comparison: Comparison = { counts: { agrees: 0, differs: 0, waits: 0, silent: 0 }, ports: [] };
  for (let after: string | undefined, more = true; more;) {
    const { ports, last } = await neutron.compare({ after, limit: PAGE }, judging);
    for (const port of ports) note(comparison, port);
    after = last;
    more = last !== undefined;
  }
  return comparison;
}

function note({ counts, ports }: Comparison, port: ComparedPort): void {
  const standing = standingOf(port);
  counts[standing]++;
  if (standing === 'differs' || standing === 'waits') ports.push({ ...port, standing });
}

function standingOf({ verdict, wouldWrite }: ComparedPort): Standing {
  if (verdict === undefined) return 'silent';
  if (wouldWrite !== undefined && wouldWrite !== '') return 'differs';
  return verdict === 'applied' ? 'agrees' : 'waits';
}

function table({ counts, ports }: Comparison): string {
  const lines = ports.map(
    ({ portId, host, neutronStatus, reported, verdict, reason, wouldWrite, standing }) =>
      `${standing.padEnd(7)}  ${portId}  on ${host ?? '-'}: Neutron ${neutronStatus}, reported ${reported ?? '-'}; ${verdict ?? '-'} (${reason ?? '-'})${
        wouldWrite === undefined || wouldWrite === '' ? '' : `; would write ${wouldWrite}`
      }`,
  );
  const { agrees, differs, waits, silent } = counts;
  return [...lines, `${agrees} agree, ${differs} differ, ${waits} wait, ${silent} silent`, ''].join('\n');
}
