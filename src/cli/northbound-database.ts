import { openNorthbound } from '../northbound/open.js';
import type { NetworkOptions, OpenOptions } from '../northbound/open-options.js';
import type { Northbound } from '../northbound/northbound.js';
import { Opened } from '../runtime/opened.js';
import { answer } from './answer.js';
import type { Answer } from './show.js';
import { firstAnswer } from './startup.js';

/** What the northbound database is opened with; a command's context will do. */
interface Opening extends OpenOptions {
  readonly config: { readonly northbound: NetworkOptions & { readonly url: string } };
}

/** Opens the database that the configuration names. Connects with the first call. */
export function openConfigured(context: Opening): Northbound {
  const { url, ...network } = context.config.northbound;
  return openNorthbound(url, { ...context, ...network });
}

/** Opens the database, asks it, and closes it. Waits for its first answer as long as `startup.timeoutMs`. */
export async function ask<T>(
  context: Opening & Parameters<typeof firstAnswer>[1],
  question: (northbound: Northbound) => Promise<T>,
): Promise<T> {
  await using opened = new Opened();
  const northbound = opened.add(openConfigured(context));
  return await firstAnswer('the northbound database', context, () => question(northbound));
}

/** Opens the database for reading alone, prints what `question` finds there, as `answer` does, and closes it. */
export async function answerFrom(
  context: Opening & Parameters<typeof answer>[0],
  question: (northbound: Northbound) => Promise<Answer>,
): Promise<number> {
  await using opened = new Opened();
  const northbound = opened.add(openConfigured({ ...context, isReadOnly: true }));
  return await answer(context, (wait) => wait('the northbound database', () => question(northbound)));
}

/** As `ask`, for reading alone: nothing is made or changed. */
export function look<T>(...[context, question]: Parameters<typeof ask<T>>): Promise<T> {
  return ask({ ...context, isReadOnly: true }, question);
}
