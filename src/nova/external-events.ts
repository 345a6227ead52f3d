import type { Answer, ExternalEvent } from '../domain/debt.js';
import { hasCode, PortStatusError } from '../domain/errors.js';
import type { Clock } from '../runtime/clock.js';
import type { HttpClient, HttpOutcome } from '../runtime/http-client.js';
import type { Logger } from '../runtime/logger.js';
import type { Metrics } from '../runtime/metrics.js';
import type { Random } from '../runtime/random.js';
import { Alarm } from './alarm.js';
import { readAnswer } from './answers.js';
import type { BatchOutcome } from './answers.js';
import { batchesOf, encodeBody, halvesOf, isSayable } from './batch.js';
import type { Batch } from './batch.js';
import { openHttpClient } from './http.js';
import { Keystone } from './keystone.js';
import type { Session } from './keystone.js';
import type { Nova, TellOptions } from './nova.js';
import type { NovaOptions } from './options.js';

export interface NovaSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** The longest that one request to Keystone or Nova may take, in milliseconds; default 30000. */
  readonly timeoutMs?: number | undefined;
}

interface CallOptions {
  readonly signal: AbortSignal;
}

/**
 * Makes the client that tells Nova over HTTP. Nothing is asked yet: see `check`.
 *
 * @throws {PortStatusError} CONFIG when the options cannot be used.
 */
export async function openNova(options: NovaOptions, surroundings: NovaSurroundings): Promise<NovaOverHttp> {
  const { clock, timeoutMs = 30_000 } = surroundings;
  const http = await openHttpClient(options, clock, timeoutMs);
  return new NovaOverHttp(http, new Keystone(http, options, clock), surroundings);
}

/** Nova's API for external events. Holds connections and a token, nothing that a crash could lose. */
export class NovaOverHttp implements Nova {
  readonly #http: HttpClient;
  readonly #keystone: Keystone;
  readonly #random: Random;
  readonly #metrics: Metrics;
  readonly #alarm: Alarm;
  /** Why Nova forbade us to speak when we last did. */
  #forbidden: string | undefined;

  constructor(
    http: HttpClient,
    keystone: Keystone,
    { random, metrics, logger }: Pick<NovaSurroundings, 'random' | 'metrics' | 'logger'>,
  ) {
    this.#http = http;
    this.#keystone = keystone;
    this.#random = random;
    this.#metrics = metrics;
    this.#alarm = new Alarm(logger, metrics.novaAlarm);
  }

  /**
   * Authenticates and finds Nova's endpoint, at start-up; nothing is sent to Nova.
   *
   * @throws {PortStatusError} RIGHTS, CONFIG or UNAVAILABLE; see `Keystone.session`.
   */
  async check({ signal }: CallOptions): Promise<void> {
    await this.#keystone.session({ signal });
  }

  /**
   * See `Nova.reach`. Nova is asked with an empty list of events: it refuses that as invalid once it has taken the token,
   * and does nothing. Whether we may speak it looks at later: what it said of that to the last word stands.
   *
   * @returns Nova's address.
   */
  async reach({ signal }: CallOptions): Promise<string> {
    const session = await this.#keystone.session({ signal });
    const { endpoint } = session;
    const outcome = await this.#say([], { signal });
    switch (outcome.kind) {
      case 'refused':
        if (this.#forbidden !== undefined) this.#keystone.discard(session); // the next has the roles of then
        if (this.#forbidden !== undefined) throw new PortStatusError('RIGHTS', this.#forbidden);
        this.#alarm.clear();
        return endpoint;
      case 'unreachable':
        throw outcome.alarm ? new PortStatusError('RIGHTS', outcome.detail) : noNova(outcome.detail);
      case 'answered':
        throw noNova(`Nova at ${endpoint} takes what it has to refuse`);
    }
  }

  /**
   * See `Nova.tell`. A batch that Nova refuses as a whole is halved until the one event to blame stands alone. After an
   * `unreachable` nothing more is sent in this call: the rest gets the same answer.
   */
  async tell(events: readonly ExternalEvent[], options: TellOptions): Promise<readonly Answer[]> {
    options.signal.throwIfAborted();
    const answers = events.map((): Answer => ({ kind: 'rejected', code: 400 }));
    const sayable = events.map((event, index) => ({ event, index })).filter(({ event }) => isSayable(event));
    const waiting = batchesOf(sayable);
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const outcome = await this.#say(batch, options);
      if (outcome.kind === 'refused' && batch.length > 1) waiting.unshift(...halvesOf(batch));
      else if (outcome.kind !== 'unreachable') note(answers, batch, outcome);
      else note(answers, [batch, ...waiting.splice(0)].flat(), outcome);
    }
    return answers;
  }

  /** Ends all connections; requests under way are answered `unreachable`. */
  async close(): Promise<void> {
    this.#keystone.close();
    await this.#http.close();
  }

  async #say(batch: Batch, options: TellOptions): Promise<BatchOutcome> {
    const outcome = await this.#ask(
      batch.map(({ event }) => event),
      options,
    );
    if (outcome.kind === 'answered') this.#noteHeard();
    if (outcome.kind === 'unreachable' && outcome.alarm) this.#alarm.raise(outcome.detail);
    return outcome;
  }

  #noteHeard(): void {
    this.#forbidden = undefined;
    this.#alarm.clear();
  }

  /** One request, or two where Nova refuses the token of the first. */
  async #ask(events: readonly ExternalEvent[], options: TellOptions): Promise<BatchOutcome> {
    const { signal } = options;
    try {
      let session = await this.#keystone.session({ signal });
      let outcome = await this.#post(session, events, options);
      if (outcome.kind === 'answer' && outcome.status === 401) {
        this.#keystone.discard(session);
        session = await this.#keystone.session({ signal });
        outcome = await this.#post(session, events, options);
      }
      const read = readAnswer(events, outcome, urlOf(session));
      if (read.kind === 'unreachable' && outcome.kind === 'answer' && outcome.status === 403)
        this.#forbidden = read.detail;
      // A role given or an endpoint moved is seen with the next token only.
      if (read.kind === 'unreachable' && read.alarm) this.#keystone.discard(session);
      return read;
    } catch (error) {
      if (!hasCode(error, 'RIGHTS', 'CONFIG', 'UNAVAILABLE', 'CLOSED')) throw error;
      return { kind: 'unreachable', detail: error.message, alarm: hasCode(error, 'RIGHTS', 'CONFIG') };
    }
  }

  async #post(
    session: Session,
    events: readonly ExternalEvent[],
    { signal, trace }: TellOptions,
  ): Promise<HttpOutcome> {
    const headers = {
      'X-Auth-Token': session.token,
      'Content-Type': 'application/json',
      'OpenStack-API-Version': 'compute 2.1',
      'X-OpenStack-Request-ID': requestId(this.#random),
      ...(trace === undefined ? {} : { traceparent: trace }),
    };
    const outcome = await this.#http.post(
      { url: urlOf(session), headers, body: encodeBody(events) },
      { signal },
    );
    this.#metrics.novaRequests.inc({ status: outcome.kind === 'answer' ? outcome.status : 0 });
    return outcome;
  }
}

function noNova(what: string): PortStatusError {
  const mend = 'check the endpoint in the catalog, nova.region_name and nova.endpoint_type';
  return new PortStatusError('UNAVAILABLE', `${what}; ${mend}`);
}

function note(answers: Answer[], batch: Batch, outcome: BatchOutcome): void {
  batch.forEach(({ index }, position) => (answers[index] = answerAt(position, outcome)));
}

function answerAt(position: number, outcome: BatchOutcome): Answer {
  switch (outcome.kind) {
    case 'answered':
      return (
        outcome.answers[position] ?? { kind: 'unreachable', detail: 'Nova gave no answer for the event' }
      );
    case 'refused':
      return { kind: 'rejected', code: outcome.code };
    case 'unreachable':
      return { kind: 'unreachable', detail: outcome.detail };
  }
}

function urlOf({ endpoint }: Session): string {
  return `${endpoint}/os-server-external-events`;
}

/** `req-` and a UUID: the form in which OpenStack's services log and hand on the id of a request. */
function requestId(random: Random): string {
  return `req-${random.id().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`;
}
