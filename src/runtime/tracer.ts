/** What a span says of the work, as OpenTelemetry names it. */
export type SpanKind = 'internal' | 'client' | 'producer' | 'consumer';

/** Few and small: counts, names of our own, codes. Never what a report or a configuration says. */
export type Attributes = Readonly<Record<string, string | number>>;

export interface SpanOptions {
  readonly kind?: SpanKind | undefined;
  /** The contexts of what this piece of work goes back to; each is linked once, at most 128 of them. */
  readonly links?: Iterable<string> | undefined;
  readonly attributes?: Attributes | undefined;
  /** When it began, by the monotonic clock; absent: now. */
  readonly startMs?: number | undefined;
}

/**
 * One piece of work in a trace. It ends when it is disposed of: `using span = tracer?.begin('publish')`.
 *
 * Nothing waits for it, and it never throws: what can not be passed on is dropped and counted.
 */
export interface Span extends Disposable {
  /** How others name it: a `traceparent` as W3C Trace Context, version 00, has it. */
  readonly context: string;
  /** Begins a piece of work inside this one. */
  begin(name: string, options?: Omit<SpanOptions, 'links'>): Span;
  note(attributes: Attributes): void;
  /** Notes that the work failed; of the reason its code alone. */
  fail(code: string): void;
}

/** Where traces begin. A program has one where tracing is on, and none where it is off. */
export interface Tracer {
  /**
   * Begins a trace; undefined where this one is not drawn. One that goes back to a trace that was drawn is drawn, too, so
   * that what belongs together is seen together.
   */
  begin(name: string, options?: SpanOptions): Span | undefined;
}

/** Whether what a `traceparent` names was drawn. Source: W3C Trace Context, "trace-flags". */
export function isSampled(context: string): boolean {
  return (Number.parseInt(context.slice(-2), 16) & 1) === 1;
}
