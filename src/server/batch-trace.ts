import { codeOf } from '../domain/errors.js';
import type { Case, Outcome } from '../neutron/neutron.js';
import type { Span } from '../runtime/tracer.js';
import type { Session } from './session.js';

/** The contexts in which the reports were made that arrived. */
export function* tracesOf(cases: Iterable<Case>): Iterable<string> {
  for (const { arrival } of cases) if (arrival?.report.trace !== undefined) yield arrival.report.trace;
}

/** The session of a traced batch; the same one where it is not traced. */
export function within(session: Session, span: Span | undefined): Session {
  return span === undefined ? session : { ...session, span };
}

/** Shows how many of the outcomes had which verdict. */
export function noteVerdicts(span: Span, outcomes: readonly Outcome[]): void {
  const counts = new Map<string, number>();
  for (const { verdict } of outcomes) {
    const name = `port_status.verdict.${verdict}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  span.note(Object.fromEntries(counts));
}

/** Does a part of a batch, inside a span of its own where that is traced. */
export async function traced<T>({ span }: Session, name: string, work: () => Promise<T>): Promise<T> {
  if (span === undefined) return work();
  using part = span.begin(name);
  try {
    return await work();
  } catch (error) {
    part.fail(codeOf(error));
    throw error;
  }
}
