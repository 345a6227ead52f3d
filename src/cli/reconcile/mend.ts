import { hasCode, PortStatusError } from '../../domain/errors.js';
import { keyOf } from '../../domain/report.js';
import type { Case, Judged, Outcome } from '../../neutron/neutron.js';
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

/**
 * What became of a finding. `wrote` is in the words of `Finding.wouldWrite`; a judge that found it changed wrote others, or
 * nothing: a server was faster.
 */
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
  const others = findings.flatMap((finding) => {
    const why = whyToLeave(sources, finding);
    return why === undefined ? [] : [leave(finding, why)];
  });
  return [...(mendable.length === 0 ? [] : await mendThem(sources, mendable, signal)), ...others];
}

function whyToLeave({ isDryRun, rule }: Sources, finding: Finding): ReasonToLeave | undefined {
  if (finding.owed !== undefined) return 'for-servers';
  if (isDryRun) return 'dry-run';
  if (!rule.willWrite) return 'observing';
  return rule.mayWrite(finding.chassis) ? undefined : 'not-named';
}

async function mendThem(
  sources: Sources,
  findings: readonly Finding[],
  signal: AbortSignal,
): Promise<readonly Ended[]> {
  const { neutron, batch } = sources;
  await refuseMigrated(sources);
  if (await neutron.isPaused()) return findings.map((finding) => leave(finding, 'paused'));
  const ended = [...(await putBack(sources, findings, signal))];
  const judged = findings.filter(({ one }) => one !== undefined);
  for (let start = 0; start < judged.length; start += batch)
    ended.push(...(await judgeThem(sources, judged.slice(start, start + batch))));
  return ended;
}

async function putBack(
  { northbound }: Sources,
  findings: readonly Finding[],
  signal: AbortSignal,
): Promise<readonly Ended[]> {
  const lost = findings.filter(({ kind }) => kind === 'lost-entry');
  if (lost.length > 0) await northbound.putBack(lost, { signal });
  return lost.map((finding) => ({ finding, end: { kind: 'mended', wrote: 'TOPIC' } }));
}

/** They may no longer be what was checked. */
async function refuseMigrated({ neutron, heads }: Sources): Promise<void> {
  if ((await neutron.heads()) === heads) return;
  const words = "Neutron's tables were migrated meanwhile; run it again, so that they are checked first";
  throw new PortStatusError('LAYOUT', words);
}

/** A row that can never be written is left alone; the others of its batch are judged one by one then. */
async function judgeThem(sources: Sources, findings: readonly Finding[]): Promise<readonly Ended[]> {
  const { neutron, judging } = sources;
  try {
    return endsOf(findings, await neutron.judge(findings.map(caseOf), judging));
  } catch (error) {
    if (!hasCode(error, 'DATA')) throw error;
    if (findings.length === 1) return findings.map((finding) => leave(finding, 'unwritable'));
    const ended: Ended[] = [];
    for (const finding of findings) ended.push(...(await judgeThem(sources, [finding])));
    return ended;
  }
}

function caseOf({ portId, chassis, one }: Finding): Case {
  return one ?? { portId, chassis };
}

function endsOf(findings: readonly Finding[], judged: Judged): readonly Ended[] {
  if (judged.kind === 'paused') return findings.map((finding) => leave(finding, 'paused'));
  const outcomes = new Map(judged.outcomes.map((outcome) => [keyOf(outcome), outcome]));
  return findings.map((finding) => endOf(finding, outcomes.get(keyOf(finding))));
}

/** A debt is recorded now, and told by whoever settles debts. */
function endOf(finding: Finding, outcome: Outcome | undefined): Ended {
  if (finding.kind === 'debt') return leave(finding, 'for-servers');
  return { finding, end: { kind: 'mended', wrote: wroteOf(finding, outcome) } };
}

function wroteOf({ wouldWrite }: Finding, outcome: Outcome | undefined): string {
  if (outcome === undefined || outcome.verdict === 'stale') return '';
  return outcome.effects === '' && wouldWrite === 'LEDGER' ? 'LEDGER' : outcome.effects;
}

function leave(finding: Finding, why: ReasonToLeave): Ended {
  return { finding, end: { kind: 'left', why } };
}
