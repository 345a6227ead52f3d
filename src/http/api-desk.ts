import { z } from 'zod';
import { hasCode } from '../domain/errors.js';
import { findRoute, ROUTES } from './api.js';
import type { ApiSources } from './api.js';
import { EVENTS_PATH } from './events.js';
import type { Events } from './events.js';
import { json } from './json.js';
import type { Answer } from './json.js';
import { describeApi, OPENAPI_PATH } from './openapi.js';

/** Questions that are asked of the databases at once: reports have to get through besides. */
const MOST_AT_ONCE = 4;

/** Answers what is asked of the API of a server. */
export class ApiDesk {
  readonly events: Events;
  readonly #sources: ApiSources;
  #asking = 0;

  constructor(sources: ApiSources, events: Events) {
    this.#sources = sources;
    this.events = events;
  }

  /** What may be asked for. */
  get paths(): readonly string[] {
    return [OPENAPI_PATH, EVENTS_PATH, ...ROUTES.map(({ path }) => path)];
  }

  /** Undefined where there is no such path. */
  async answer(url: URL): Promise<Answer | undefined> {
    if (url.pathname === OPENAPI_PATH) return json(200, describeApi());
    const found = findRoute(url);
    if (found === undefined) return undefined;
    if (this.#asking >= MOST_AT_ONCE) return json(503, { error: 'too much is asked at once; ask again' });
    this.#asking += 1;
    try {
      return json(200, await found.route.read(this.#sources, found.asked));
    } catch (error) {
      return refusal(error);
    } finally {
      this.#asking -= 1;
    }
  }
}

function refusal(error: unknown): Answer {
  if (error instanceof z.ZodError) return json(400, { error: z.prettifyError(error) });
  if (hasCode(error, 'UNAVAILABLE', 'LAYOUT', 'RIGHTS')) return json(503, { error: error.message });
  throw error;
}
