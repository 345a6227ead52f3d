import type { Command } from '../config/option.js';
import { hasCode } from '../domain/errors.js';
import { isStop } from '../runtime/together.js';
import { untilStopped } from '../runtime/until-stopped.js';
import type { CommandContext } from './configured-command.js';
import { firstAnswer } from './startup.js';
import { openShow } from './show.js';
import type { Answer } from './show.js';

/** Waits for what a database answers; `what` names it. */
export type Waiting = <T>(what: string, ask: () => Promise<T>) => Promise<T>;

/** Looks once. */
export type Look = (wait: Waiting) => Promise<Answer>;

/** The flags of a command that answers. */
export const ANSWER_FLAGS = {
  json: { kind: 'boolean', default: false, doc: 'Print JSON.' },
  watch: {
    kind: 'integer',
    least: 1,
    most: 3600,
    preset: 2,
    doc: 'Look again every so many seconds until Ctrl-C, which is exit code 0, and show what has changed; with --json, print an object in a line for each change. That time passes is no change.',
  },
} as const;

type Asked = Parameters<typeof firstAnswer>[1] &
  Pick<CommandContext<Command>, 'io'> & {
    readonly flags: { readonly json: boolean; readonly watch: number | undefined };
  };

/**
 * Prints what `look` finds: once, or with `--watch` whenever that has changed.
 *
 * The first look waits for the databases as long as `startup.timeoutMs`; whoever watches waits out what comes later. It
 * looks from time to time: a heartbeat, which is what lists show most of, rings for nobody.
 */
export async function answer(asked: Asked, look: Look): Promise<number> {
  const { io, flags } = asked;
  const lookFirst = (): Promise<Answer> => look((what, ask) => firstAnswer(what, asked, ask));
  if (flags.watch !== undefined) return watch(asked, flags.watch * 1000, lookFirst, look);
  const { exitCode, facts, text } = await lookFirst();
  io.stdout.write(flags.json ? `${JSON.stringify({ exitCode, ...facts })}\n` : text);
  return exitCode;
}

async function watch(
  { io, clock, flags }: Asked,
  everyMs: number,
  lookFirst: () => Promise<Answer>,
  look: Look,
): Promise<number> {
  const signal = AbortSignal.any([io.signal, io.outputClosed]);
  using show = openShow(io, clock, flags.json);
  try {
    show.answer(await untilStopped(lookFirst(), signal));
    for (;;) {
      await clock.sleep(everyMs, { signal });
      const found = await untilStopped(lookAgain(look), signal);
      if (typeof found === 'string') show.trouble(found);
      else show.answer(found);
    }
  } catch (error) {
    if (isStop(error, signal)) return 0;
    throw error;
  }
}

/** @returns why there is no answer, where a database does not give one now. */
async function lookAgain(look: Look): Promise<Answer | string> {
  try {
    return await look((_, ask) => ask());
  } catch (error) {
    if (hasCode(error, 'UNAVAILABLE')) return error.message;
    throw error;
  }
}
