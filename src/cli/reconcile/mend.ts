import { hasCode, PortStatusError } from '../../domain/errors.js';
import { keyOf } from '../../domain/report.js';
import type { Case, Judged } from '../../neutron/neutron.js';
import type { Finding } from './finding.js';
import type { Sources } from './sources.js';

/** Why something stays as it is, in words for the operator. */
export const REASONS_TO_LEAVE = {
  'dry-run': 'this is a dry run',
  observing: 'apply.mode is observe',
  'not-named': 'apply.chassis does not name its chassis',
  paused: 'writing is paused; "port-status resume" ends that',
  'for-servers': 'running servers tell Nova',
  unwritable: 'the database refuses this row for good; the log of the servers says why',
} as const;

export type ReasonToLeave = keyof typeof REASONS_TO_LEAVE;

/** What became of a finding. `wrote` is in the words of `Finding.wouldWrite`; a judge that found it changed wrote others. */
export type End =
  | { readonly kind: 'mended'; readonly wrote: string }
  | { readonly kind: 'left'; readonly why: ReasonToLeave };

export interface Ended {
  readonly finding: Finding;
  readonly end: End;
}

/**
 * Mends what a server of this configuration may mend, by what servers do: judges again, in one transaction that reads all
 * it decides upon, and puts back entries of topics. What Nova is owed is left to the servers.
 *
 * @throws {PortStatusError} LAYOUT where Neutron's tables were migrated since they were checked.
 */
export async function mend(
  sources: Sources,
  findings: readonly Finding[],
  signal: AbortSignal,
): Promise<readonly Ended[]> {
  const mendable = findings.filter((finding) => whyToLeave(sources, finding) === undefined);
  const ends = new Map(mendable.length === 0 ? [] : await mendThem(sources, mendable, signal));
  return findings.map((finding) => ({
    finding,
    end: ends.get(finding) ?? left(whyToLeave(sources, finding)),
  }));
}

function whyToLeave({ isDryRun, rule }: Sources, finding: Finding): ReasonToLeave | undefined {
  if (finding.owed !== undefined) return 'for-servers';
  if (isDryRun) return 'dry-run';
  if (!rule.willWrite) return 'observing';
  return rule.mayWrite(finding.chassis) ? undefined : 'not-named';
}

type Ends = readonly (readonly [Finding, End])[];

async function mendThem(sources: Sources, findings: readonly Finding[], signal: AbortSignal): Promise<Ends> {
  const { neutron, northbound, batch } = sources;
  await refuseMigrated(sources);
  const lost = findings.filter(({ kind }) => kind === 'lost-entry');
  if (await neutron.isPaused()) return findings.map((finding) => [finding, left('paused')]);
  if (lost.length > 0) await northbound.putBack(lost, { signal });
  const ends: Ends[number][] = lost.map((finding) => [finding, { kind: 'mended', wrote: 'TOPIC' }]);
  const judged = findings.filter(({ one }) => one !== undefined);
  for (let start = 0; start < judged.length; start += batch)
    ends.push(...(await judgeThem(sources, judged.slice(start, start + batch))));
  return ends;
}

/** They may no longer be what was checked. */
async function refuseMigrated({ neutron, heads }: Sources): Promise<void> {
  if ((await neutron.heads()) === heads) return;
  const words = "Neutron's tables were migrated meanwhile; run it again, so that they are checked first";
  throw new PortStatusError('LAYOUT', words);
}

/** A row that can never be written is left alone; the others of its batch are judged one by one then. */
async function judgeThem(sources: Sources, findings: readonly Finding[]): Promise<Ends> {
  const { neutron, judging } = sources;
  try {
    return endsOf(findings, await neutron.judge(findings.map(caseOf), judging));
  } catch (error) {
    if (!hasCode(error, 'DATA')) throw error;
    const [only] = findings;
    if (only !== undefined && findings.length === 1) return [[only, left('unwritable')]];
    const ends: Ends[number][] = [];
    for (const finding of findings) ends.push(...(await judgeThem(sources, [finding])));
    return ends;
  }
}

function caseOf({ portId, chassis, one }: Finding): Case {
  return one ?? { portId, chassis };
}

function endsOf(findings: readonly Finding[], judged: Judged): Ends {
  if (judged.kind === 'paused') return findings.map((finding) => [finding, left('paused')]);
  const effects = new Map(judged.outcomes.map((outcome) => [keyOf(outcome), outcome.effects]));
  return findings.map((finding) => [finding, endOf(finding, effects.get(keyOf(finding)) ?? '')]);
}

/** A debt is recorded now, and told by whoever settles debts. */
function endOf({ kind }: Finding, effects: string): End {
  if (kind === 'debt') return left('for-servers');
  return { kind: 'mended', wrote: effects === '' ? 'LEDGER' : effects };
}

function left(why: ReasonToLeave = 'dry-run'): End {
  return { kind: 'left', why };
}
