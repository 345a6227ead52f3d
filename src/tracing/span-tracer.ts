import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import { isSampled } from '../runtime/tracer.js';
import type { Attributes, Span, SpanKind, SpanOptions, Tracer } from '../runtime/tracer.js';

/** A span that has ended. Times are milliseconds since 1970. */
export interface EndedSpan {
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** Contexts that it goes back to. */
  readonly links: readonly string[];
  /** How many more there were. */
  readonly droppedLinks: number;
  /** The code of what went wrong. */
  readonly failure: string | undefined;
}

export interface SpanTracerParts {
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly random: Random;
  /** How many traces of a hundred are drawn. */
  readonly samplePercent: number;
  /** Is given each span that has ended; never throws. */
  readonly take: (span: EndedSpan) => void;
}

/** As many links as OpenTelemetry's own libraries keep. */
const MOST_LINKS = 128;

/** Makes spans of what was drawn, and hands them on as they end. */
export class SpanTracer implements Tracer {
  readonly #parts: SpanTracerParts;

  constructor(parts: SpanTracerParts) {
    this.#parts = parts;
  }

  begin(name: string, options: SpanOptions = {}): Span | undefined {
    const { random, samplePercent } = this.#parts;
    const links = [...new Set(options.links ?? [])];
    if (!links.some(isSampled) && random.next() * 100 >= samplePercent) return undefined;
    return new LiveSpan(this.#parts, { name, options, links, traceId: random.id() });
  }
}

interface Beginning {
  readonly name: string;
  readonly options: SpanOptions;
  readonly links: readonly string[];
  readonly traceId: string;
  readonly parentSpanId?: string | undefined;
}

class LiveSpan implements Span {
  readonly #parts: SpanTracerParts;
  readonly #beginning: Beginning;
  readonly #spanId: string;
  readonly #startMs: number;
  #attributes: Attributes;
  #failure: string | undefined;
  #hasEnded = false;

  constructor(parts: SpanTracerParts, beginning: Beginning) {
    const { clock, random } = parts;
    const { attributes = {}, startMs = clock.monotonicMs() } = beginning.options;
    this.#parts = parts;
    this.#beginning = beginning;
    this.#spanId = random.id().slice(0, 16);
    this.#startMs = startMs;
    this.#attributes = attributes;
  }

  get context(): string {
    return `00-${this.#beginning.traceId}-${this.#spanId}-01`;
  }

  begin(name: string, options: Omit<SpanOptions, 'links'> = {}): Span {
    const { traceId } = this.#beginning;
    return new LiveSpan(this.#parts, { name, options, links: [], traceId, parentSpanId: this.#spanId });
  }

  note(attributes: Attributes): void {
    this.#attributes = { ...this.#attributes, ...attributes };
  }

  fail(code: string): void {
    this.#failure = code;
  }

  [Symbol.dispose](): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#parts.take(this.#ended());
  }

  /** By the monotonic clock it is told how long it took; when that was, by the one that people read. */
  #ended(): EndedSpan {
    const { clock } = this.#parts;
    const { name, options, links, traceId, parentSpanId } = this.#beginning;
    const endMs = clock.now();
    return {
      ...{ traceId, spanId: this.#spanId, parentSpanId, name, kind: options.kind ?? 'internal' },
      ...{ startMs: endMs - (clock.monotonicMs() - this.#startMs), endMs },
      ...{ attributes: this.#attributes, failure: this.#failure },
      ...{
        links: links.slice(0, MOST_LINKS),
        droppedLinks: Math.max(0, links.length - MOST_LINKS),
      },
    };
  }
}
