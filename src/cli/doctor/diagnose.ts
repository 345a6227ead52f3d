import type { Check, Finding, Level } from './check.js';
import type { Answers, Facts, Source } from './facts.js';

/** One line of the doctor's answer. */
export interface Line {
  readonly level: Level;
  readonly what: string;
  readonly found: string;
  readonly mend?: string | undefined;
}

/**
 * Runs the checks whose sources are known. A source that failed is the finding of the check that stands for it; all other
 * checks that need a source that is not known are named together in one line, with the reason.
 */
export function diagnose(checks: readonly Check[], answers: Answers): readonly Line[] {
  const lines = checks.flatMap((one) => {
    const missing = one.needs.find((source) => answers[source].kind !== 'known');
    if (missing === undefined) return judgeKnown(one, answers);
    return one.isConnection === true ? lineOfSource(one, missing, answers) : [];
  });
  return [...lines, ...linesOfSkipped(checks, answers)];
}

/** 1 where something fails. A warning is no failure. */
export function exitCodeOf(lines: readonly Line[]): number {
  return lines.some(({ level }) => level === 'FAIL') ? 1 : 0;
}

/** `FAIL  servers: none is live: reports wait; start "port-status server"`. */
export function printLine({ level, what, found, mend }: Line): string {
  return `${level.padEnd(4)}  ${what}: ${found}${mend === undefined ? '' : `; ${mend}`}\n`;
}

function judgeKnown(one: Check, answers: Answers): readonly Line[] {
  const known = Object.fromEntries(
    one.needs.map((source) => [source, valueOf(answers, source)]),
  ) as unknown as Facts;
  return one.judge(known).map((finding) => toLine(one, finding));
}

function valueOf(answers: Answers, source: Source): unknown {
  const answer = answers[source];
  return answer.kind === 'known' ? answer.value : undefined;
}

/** What is not well says how to mend it; an empty `mend` is one that stands in the finding already. */
function toLine({ name, mend }: Check, finding: Finding): Line {
  const { level, found } = finding;
  const isWell = level === 'ok' || level === 'skip';
  const next = isWell ? undefined : (finding.mend ?? mend.replaceAll('`', '"'));
  return { level, what: name, found, mend: next === '' ? undefined : next };
}

function lineOfSource({ name }: Check, source: Source, answers: Answers): readonly Line[] {
  const answer = answers[source];
  if (answer.kind === 'known') return [];
  const level = answer.kind === 'failed' ? 'FAIL' : 'skip';
  return [{ level, what: name, found: answer.why }];
}

function linesOfSkipped(checks: readonly Check[], answers: Answers): readonly Line[] {
  const names = new Map<string, string[]>();
  for (const { name, needs, isConnection } of checks) {
    const missing = needs.find((source) => answers[source].kind !== 'known');
    if (missing === undefined || isConnection === true) continue;
    const why = reasonOf(answers, missing);
    names.set(why, [...(names.get(why) ?? []), name]);
  }
  return [...names].map(([why, skipped]) => ({ level: 'skip', what: skipped.join(', '), found: why }));
}

const WORDS = {
  configuration: 'the configuration',
  northbound: 'the northbound database',
  database: "Neutron's database",
  stored: "Neutron's database",
  nova: 'Nova',
  switch: 'the switch',
} as const satisfies Record<Source, string>;

function reasonOf(answers: Answers, source: Source): string {
  const answer = answers[source];
  return answer.kind === 'skipped' ? answer.why : `${WORDS[source]} could not be asked`;
}
