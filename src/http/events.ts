import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { hasCode } from '../domain/errors.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import { json } from './json.js';
import type { Answer } from './json.js';
import { overviewSchema } from './overview.js';
import type { Overview } from './overview.js';

/** Where what happens can be followed, as server-sent events. */
export const EVENTS_PATH = '/api/v1/events';

/** How often an overview is sent. */
const EVERY_MS = 1000;
/** Who follows at once, at most. */
const MOST_FOLLOWERS = 16;
/** Bytes that one follower may leave unread; after that it is let go, and comes back by itself. */
const MOST_UNREAD = 1_000_000;

/** What is sent, by the event's name. */
export const EVENTS = {
  overview: overviewSchema,
  trouble: z.object({ error: z.string() }).meta({ description: 'An overview can not be had now, and why.' }),
} as const;

export interface EventsParts {
  /** Asked once for all who follow, and not at all while nobody does. */
  readonly look: () => Promise<Overview>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Sends an overview every second to whoever follows. */
export class Events {
  readonly #parts: EventsParts;
  readonly #followers = new Set<ServerResponse>();
  #last = '';
  #stop = new AbortController();

  constructor(parts: EventsParts) {
    this.#parts = parts;
  }

  /** Has a client follow until it hangs up. @returns what it is told instead, where there is no room. */
  follow(request: IncomingMessage, response: ServerResponse): Answer | undefined {
    if (this.#followers.size >= MOST_FOLLOWERS) return json(503, { error: 'too many follow; ask again' });
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    if (request.method === 'HEAD') {
      response.end();
      return undefined;
    }
    response.flushHeaders();
    if (this.#last !== '') response.write(this.#last);
    response.on('close', () => this.#leave(response));
    this.#followers.add(response);
    if (this.#followers.size === 1) void this.#send(this.#stop.signal);
    return undefined;
  }

  #leave(response: ServerResponse): void {
    this.#followers.delete(response);
    if (this.#followers.size > 0) return;
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#last = '';
  }

  /** Until nobody follows any more. */
  async #send(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#tell(await this.#lookNow(), signal);
      await this.#parts.clock.sleep(EVERY_MS, { signal }).catch(() => undefined);
    }
  }

  #tell(event: string, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#last = event;
    for (const follower of this.#followers) {
      if (follower.writableLength > MOST_UNREAD) follower.destroy();
      else follower.write(event);
    }
  }

  async #lookNow(): Promise<string> {
    const { look, logger } = this.#parts;
    try {
      return eventOf('overview', await look());
    } catch (error) {
      if (hasCode(error, 'UNAVAILABLE', 'LAYOUT', 'RIGHTS'))
        return eventOf('trouble', { error: error.message });
      logger.error({ event: 'http.failed', path: EVENTS_PATH, err: error }, 'a look failed');
      return eventOf('trouble', { error: 'internal error; see the log' });
    }
  }
}

function eventOf<Name extends keyof typeof EVENTS>(name: Name, data: z.infer<(typeof EVENTS)[Name]>): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
