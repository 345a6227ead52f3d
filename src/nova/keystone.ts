import { hasCode, PortStatusError } from '../domain/errors.js';
import type { Clock } from '../runtime/clock.js';
import { findComputeEndpoint } from './catalog.js';
import type { HttpClient, HttpOutcome } from '../runtime/http-client.js';
import { credentialsOf, interfaceOf, tokensUrl } from './options.js';
import type { Credentials, NovaOptions } from './options.js';
import { authRequest, decodeToken } from './token.js';

/** A token is renewed when it has this much time left. Source: docs/neutron.md, "What Nova is told". */
const RENEW_BEFORE_MS = 120_000;

/** The right to talk to Nova for a while, and where it is. */
export interface Session {
  readonly token: string;
  /** Nova's address in the catalog that came with the token. */
  readonly endpoint: string;
  /** Milliseconds since 1970, by Keystone's clock. */
  readonly expiresAt: number;
}

interface CallOptions {
  readonly signal: AbortSignal;
}

/**
 * Holds one session with Keystone (v3) and renews it: with 2 minutes left, or when Nova refuses its token.
 *
 * Callers that find no good session at the same time share one request. The time left is only a hint, because Keystone's
 * clock may differ from ours: what counts is whether Nova takes the token. Nothing is kept on disk.
 */
export class Keystone {
  readonly #http: HttpClient;
  readonly #options: NovaOptions;
  readonly #clock: Clock;
  readonly #credentials: Credentials;
  readonly #url: string;
  readonly #closed = new AbortController();
  #session: Session | undefined;
  #pending: Promise<Session> | undefined;

  /** @throws {PortStatusError} CONFIG when credentials or `auth_url` cannot be used. */
  constructor(http: HttpClient, options: NovaOptions, clock: Clock) {
    this.#http = http;
    this.#options = options;
    this.#clock = clock;
    this.#credentials = credentialsOf(options);
    this.#url = tokensUrl(options.auth_url);
  }

  /**
   * A session with more than 2 minutes left; where Keystone cannot be reached, one that has not expired will do.
   *
   * @throws {PortStatusError} RIGHTS when Keystone refuses the credentials, CONFIG when its address or the catalog is
   *   not what the options say, UNAVAILABLE when it gives no usable answer. The signal's reason when it is aborted: the
   *   shared request goes on for the other callers.
   */
  async session({ signal }: CallOptions): Promise<Session> {
    signal.throwIfAborted();
    if (this.#session !== undefined && this.#timeLeftMs(this.#session) > RENEW_BEFORE_MS)
      return this.#session;
    this.#pending ??= this.#renew().finally(() => (this.#pending = undefined));
    return untilAborted(this.#pending, signal);
  }

  /** Forgets a session whose token Nova refused, unless another has taken its place meanwhile. */
  discard(refused: Session): void {
    if (this.#session === refused) this.#session = undefined;
  }

  /** Ends the request under way, if any. */
  close(): void {
    this.#closed.abort(
      new PortStatusError('CLOSED', 'Keystone was asked after close(); report this as a bug'),
    );
  }

  async #renew(): Promise<Session> {
    try {
      this.#session = await this.#authenticate();
      return this.#session;
    } catch (error) {
      const last = this.#session;
      if (hasCode(error, 'UNAVAILABLE') && last !== undefined && this.#timeLeftMs(last) > 0) return last;
      throw error;
    }
  }

  async #authenticate(): Promise<Session> {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
    const post = { url: this.#url, headers, body: authRequest(this.#credentials) };
    const outcome = await this.#http.post(post, { signal: this.#closed.signal });
    if (outcome.kind === 'silence' || outcome.status !== 201) throw this.#failure(outcome);
    const issued = decodeToken(outcome.header('x-subject-token'), outcome.text);
    if (issued === undefined) throw this.#failure(outcome);
    const { token, expiresAt, catalog } = issued;
    const wanted = { interface: interfaceOf(this.#options), region: this.#options.region_name };
    return { token, expiresAt, endpoint: findComputeEndpoint(catalog, wanted) };
  }

  /** Keystone's own words are left out: it repeats what it was sent, secrets included. */
  #failure(outcome: HttpOutcome): PortStatusError {
    const at = `Keystone at ${this.#url}`;
    if (outcome.kind === 'silence') return noAnswer(at, outcome.why);
    const { status } = outcome;
    if (status === 401 || status === 403) return refusal(at, status, this.#credentials);
    if (status >= 300 && status < 500 && status !== 408 && status !== 429) {
      return new PortStatusError(
        'CONFIG',
        `${at} answers HTTP ${status}; check that nova.auth_url is the address of Keystone's v3 API`,
      );
    }
    const said = status === 201 ? 'gives no token with HTTP 201' : `answers HTTP ${status}`;
    return new PortStatusError('UNAVAILABLE', `${at} ${said}; see Keystone's log`);
  }

  #timeLeftMs({ expiresAt }: Session): number {
    return expiresAt - this.#clock.now();
  }
}

function noAnswer(at: string, why: string): PortStatusError {
  return /CERT|SIGNATURE/.test(why)
    ? new PortStatusError('CONFIG', `${at} shows a certificate that is not trusted (${why}); set nova.cafile`)
    : new PortStatusError(
        'UNAVAILABLE',
        `${at} cannot be reached (${why}); check nova.auth_url and that Keystone runs`,
      );
}

function refusal(at: string, status: number, credentials: Credentials): PortStatusError {
  const [who, what] =
    credentials.kind === 'password'
      ? [
          `user ${credentials.username} of domain ${credentials.userDomain} for project ${credentials.project}`,
          'nova.username, nova.password, nova.project_name and their domains',
        ]
      : [
          `application credential ${credentials.id}`,
          'nova.application_credential_id and nova.application_credential_secret',
        ];
  return new PortStatusError('RIGHTS', `${at} refuses ${who} (HTTP ${status}); correct ${what}`);
}

/** Waits for a shared promise as long as the signal allows. @throws the signal's reason when it is aborted first. */
async function untilAborted<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  let giveUp = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
  });
  return Promise.race([shared, aborted]).finally(() => signal.removeEventListener('abort', giveUp));
}
