import type { Facts, Source } from './facts.js';

/** `skip`: not looked at, because something it needs is not configured here or did not answer. */
export type Level = 'ok' | 'warn' | 'FAIL' | 'skip';

/** One result of a check. */
export interface Finding {
  readonly level: Level;
  /** What was found; where no `mend` follows it ends with the next step, or needs none. */
  readonly found: string;
  readonly mend?: string | undefined;
}

/** One row of the table of checks: `port-status doctor` and its page follow from it. */
export interface Check<S extends Source = Source> {
  readonly name: string;
  /** What it looks at, for the page. */
  readonly looksAt: string;
  /** How to mend what it finds, for the page and for findings that name nothing better. */
  readonly mend: string;
  /** What has to be known before it can say anything. */
  readonly needs: readonly S[];
  /** Whether it stands for the first of its sources: where that failed, the failure is its finding. */
  readonly isConnection?: boolean;
  /** Decides; pure. At least one finding. */
  judge(facts: Pick<Facts, S>): readonly Finding[];
}

/** Keeps the type of the facts that a check needs. */
export function check<const S extends Source>(row: Check<S>): Check<S> {
  return row;
}

export function ok(found: string): readonly Finding[] {
  return [{ level: 'ok', found }];
}

export function warn(found: string, mend?: string): Finding {
  return { level: 'warn', found, mend };
}

export function fail(found: string, mend?: string): Finding {
  return { level: 'FAIL', found, mend };
}

/** The findings, or one that all is well. */
export function orOk(findings: readonly Finding[], found: string): readonly Finding[] {
  return findings.length > 0 ? findings : ok(found);
}

/** `1 port`, `3 ports`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

export function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

const SHOWN = 5;

/** The first few names: `cn1, cn2, cn3, cn4, cn5 and 7 more`. */
export function some(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
