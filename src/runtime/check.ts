/** One thing that has to hold for a process to do its work, as `/readyz` shows it. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** Whether the process is not ready where this does not hold; else it is shown, and no more. */
  readonly required: boolean;
  /** In words: what was seen, or what is wrong. */
  readonly detail: string;
  /** How old that is, or for how long it has been so, in milliseconds; absent where nothing was seen yet. */
  readonly ageMs?: number | undefined;
  /** What to do about it; absent where it holds. */
  readonly nextStep?: string | undefined;
}

/** Whoever has not answered by then does not answer: no answer of `/readyz` takes longer, in milliseconds. */
export const PATIENCE_MS = 2000;

export function holds(name: string, detail: string, ageMs?: number): Check {
  return { name, ok: true, required: true, detail, ageMs };
}

export function fails(name: string, detail: string, nextStep: string, ageMs?: number): Check {
  return { name, ok: false, required: true, detail, ageMs, nextStep };
}

/** How long ago that was, in whole milliseconds; undefined where it never was. Both by the monotonic clock. */
export function ageOf(atMs: number | undefined, nowMs: number): number | undefined {
  return atMs === undefined ? undefined : Math.max(0, Math.round(nowMs - atMs));
}

/** What is known of a dependency that was asked. Times are of the monotonic clock. */
export interface Asked {
  readonly askedAtMs: number;
  readonly nowMs: number;
  /** When it answered last, whatever it was asked. */
  readonly answeredAtMs: number | undefined;
  /** Why it does not let us work; absent where nothing says so. */
  readonly failure: string | undefined;
}

/**
 * Whether a dependency answers. Whoever answered anything since the question was put does: a database that has much to do
 * may leave ours for later. A call that fails says more than one that does not: who may read may still not write.
 */
export function checkAnswers(
  name: string,
  { askedAtMs, nowMs, answeredAtMs, failure }: Asked,
  nextStep: string,
): Check {
  const ageMs = ageOf(answeredAtMs, nowMs);
  if (failure !== undefined) return fails(name, failure, nextStep, ageMs);
  return answeredAtMs === undefined || answeredAtMs < askedAtMs
    ? fails(name, `no answer within ${Math.round(nowMs - askedAtMs)} ms`, nextStep, ageMs)
    : holds(name, 'answers', ageMs);
}
