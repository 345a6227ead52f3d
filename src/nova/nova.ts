import type { Answer, ExternalEvent } from '../domain/debt.js';

export interface TellOptions {
  readonly signal: AbortSignal;
  /** The W3C `traceparent` that the requests bear; absent where this is not traced. */
  readonly trace?: string | undefined;
}

/** Nova, as the settle loop sees it. */
export interface Nova {
  /**
   * Says events to Nova and gives an answer for each, in their order. Splits what is too large for one request.
   *
   * Never throws for what Nova or Keystone answers or fails to answer: that is an Answer. Only the signal's reason is
   * thrown. On a crash here an event may have been passed on without anyone knowing: it is said again.
   */
  tell(events: readonly ExternalEvent[], options: TellOptions): Promise<readonly Answer[]>;

  /**
   * Asks Keystone and Nova whether they take our words, without saying any.
   *
   * @throws {PortStatusError} RIGHTS or CONFIG where they refuse us until someone mends it, UNAVAILABLE where they do not
   *   answer, or not as they should. The signal's reason when it is aborted.
   */
  reach(options: { readonly signal: AbortSignal }): Promise<unknown>;
}
