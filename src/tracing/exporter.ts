import { Agent } from 'undici';
import type { Clock } from '../runtime/clock.js';
import { Doorbell } from '../runtime/doorbell.js';
import { HttpClient } from '../runtime/http-client.js';
import type { HttpOutcome } from '../runtime/http-client.js';
import type { Logger } from '../runtime/logger.js';
import type { Metrics } from '../runtime/metrics.js';
import type { Random } from '../runtime/random.js';
import { backoffMs } from '../runtime/retry.js';
import { isStop } from '../runtime/together.js';
import { encodeSpans } from './otlp.js';
import type { Resource } from './otlp.js';
import type { EndedSpan } from './span-tracer.js';

export interface ExporterParts {
  readonly endpoint: Endpoint;
  readonly resource: Resource;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Where spans are sent. */
export interface Endpoint {
  /** With `/v1/traces` at its end, and without user and password. */
  readonly url: string;
  /** What `Authorization` says, where user and password were given. */
  readonly authorization?: string | undefined;
}

/** Spans that wait, at most: the oldest go. As many as OpenTelemetry's own libraries keep. */
const MOST_WAITING = 2048;

/** Spans of one request, at most. */
const BATCH = 512;

/** For how long spans gather before they are sent. */
const GATHER_MS = 1000;

/** How long one request may take; also the last, for which the end of the program waits. */
const TIMEOUT_MS = 2000;

/** The longest answer that is read: it says nothing that we need. */
const MAX_ANSWER_BYTES = 64 * 1024;

const BACKOFF = { firstMs: 1000, mostMs: 30_000 };

/**
 * Sends spans to a collector, in batches, over OTLP/HTTP.
 *
 * Nobody waits for it: spans wait in a queue of bounded length, and where the collector is away the oldest are dropped and
 * counted. A crash loses what waits.
 */
export class Exporter {
  readonly #parts: ExporterParts;
  readonly #agent = new Agent({ maxResponseSize: MAX_ANSWER_BYTES });
  readonly #http: HttpClient;
  readonly #bell = new Doorbell();
  readonly #stop = new AbortController();
  #waiting: EndedSpan[] = [];
  #isAway = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: ExporterParts) {
    this.#parts = parts;
    this.#http = new HttpClient(this.#agent, parts.clock, TIMEOUT_MS);
  }

  /** Begins to send. */
  open(): this {
    this.#running = this.#sendAll(this.#stop.signal);
    return this;
  }

  /** Takes a span that has ended. */
  readonly take = (span: EndedSpan): void => {
    this.#waiting.push(span);
    if (this.#waiting.length > MOST_WAITING) this.#drop(this.#waiting.splice(0, 1), 'full');
    this.#bell.ring();
  };

  /** Sends what is left, once, and waits for it no longer than for any request. Never throws. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the program ends'));
    await this.#running;
    const left = this.#waiting.splice(0);
    const isTaken = left.length === 0 || (await this.#send(left, new AbortController().signal)) === 'taken';
    if (!isTaken) this.#drop(left, 'unsent');
    await this.#http.close();
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#bell.wait({ signal });
        await this.#parts.clock.sleep(GATHER_MS, { signal });
        while (this.#waiting.length > 0) await this.#sendBatch(signal);
      }
    } catch (error) {
      if (!isStop(error, signal)) throw error;
    }
  }

  async #sendBatch(signal: AbortSignal): Promise<void> {
    const batch = this.#waiting.splice(0, BATCH);
    try {
      if ((await this.#sendUntilAnswered(batch, signal)) === 'refused') this.#drop(batch, 'refused');
    } catch (error) {
      this.#waiting.unshift(...batch); // with what is left at the end
      throw error;
    }
  }

  /** Repeats what may be taken later. */
  async #sendUntilAnswered(batch: readonly EndedSpan[], signal: AbortSignal): Promise<'taken' | 'refused'> {
    const { clock, random } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#send(batch, signal);
      if (answer !== 'later') return answer;
      await clock.sleep(backoffMs(attempt, BACKOFF, random), { signal });
    }
  }

  async #send(spans: readonly EndedSpan[], signal: AbortSignal): Promise<Answer> {
    const { endpoint, resource, metrics } = this.#parts;
    const { url, authorization } = endpoint;
    const headers = {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    };
    const outcome = await this.#http.post({ url, headers, body: encodeSpans(spans, resource) }, { signal });
    const answer = answerOf(outcome);
    if (answer === 'taken') metrics.spansSent.inc(spans.length);
    this.#note(outcome, answer);
    return answer;
  }

  #drop(spans: readonly EndedSpan[], why: 'full' | 'refused' | 'unsent'): void {
    this.#parts.metrics.spansDropped.inc({ why }, spans.length);
  }

  /** Says once that spans are not taken, and once that they are again. */
  #note(outcome: HttpOutcome, answer: Answer): void {
    const isAway = answer !== 'taken';
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    const { logger, endpoint } = this.#parts;
    const { url } = endpoint;
    const why = outcome.kind === 'answer' ? `HTTP ${outcome.status}` : outcome.why;
    if (isAway)
      logger.warn(
        { event: 'tracing.away', url, why },
        'no spans can be sent, and the oldest will be dropped; check tracing.otlpEndpoint and the collector there',
      );
    else logger.info({ event: 'tracing.back', url }, 'spans are sent again');
  }
}

type Answer = 'taken' | 'refused' | 'later';

/** Source: OpenTelemetry Protocol, "OTLP/HTTP Response", "Retryable Response Codes". */
function answerOf(outcome: HttpOutcome): Answer {
  if (outcome.kind === 'silence') return 'later';
  if (outcome.status >= 200 && outcome.status < 300) return 'taken';
  return [429, 502, 503, 504].includes(outcome.status) ? 'later' : 'refused';
}
