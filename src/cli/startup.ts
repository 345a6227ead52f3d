import { hasCode, PortStatusError } from '../domain/errors.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { Random } from '../runtime/random.js';
import { backoffMs } from '../runtime/retry.js';

/** What a command has to wait with; every command's context will do. */
interface Startup {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly config: { readonly startup: { readonly timeoutMs: number } };
  readonly io: { readonly signal: AbortSignal };
}

const BACKOFF = { firstMs: 100, mostMs: 2000 };

/**
 * Waits for a dependency to answer for the first time.
 *
 * @throws {PortStatusError} UNAVAILABLE when it did not within the time; any other failure at once.
 */
export async function firstAnswer<T>(what: string, startup: Startup, ask: () => Promise<T>): Promise<T> {
  const { clock, random, logger } = startup;
  const { timeoutMs } = startup.config.startup;
  const endMs = clock.monotonicMs() + timeoutMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!hasCode(error, 'UNAVAILABLE')) throw error;
      const pauseMs = backoffMs(attempt, BACKOFF, random);
      if (clock.monotonicMs() + pauseMs > endMs) throw gaveUp(what, timeoutMs, error);
      if (attempt === 1)
        logger.warn({ event: 'startup.waiting', what, why: error.message }, `waiting for ${what}`);
      await clock.sleep(pauseMs, startup.io);
    }
  }
}

function gaveUp(what: string, timeoutMs: number, cause: PortStatusError): PortStatusError {
  const words = `${what} did not answer within startup.timeoutMs (${timeoutMs} ms): ${cause.message}`;
  return new PortStatusError('UNAVAILABLE', words, { cause });
}
