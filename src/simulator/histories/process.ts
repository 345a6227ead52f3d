import type { Clock } from '../../runtime/clock.js';

/** Carries the call out, or not: what a test puts in the way of one verb. */
export type Intercept = (
  proceed: () => Promise<unknown>,
  args: readonly unknown[],
  verb: string,
) => Promise<unknown>;

/** When something happens to a call: before its effect, or after it. */
export type Moment = 'before' | 'after';

/** Stands for whichever verb is called next. */
export const ANY_VERB = '*';

type Verb = (...args: readonly unknown[]) => Promise<unknown>;

/**
 * One simulated process: everything that it calls goes through here, so that it can die at any call, stand still like a
 * process that was sent SIGSTOP, or find a dependency broken.
 */
export class Process {
  /** Every verb that it has called. */
  readonly called = new Set<string>();
  /** Is told of each call. */
  witness: (verb: string, args: readonly unknown[]) => void = () => undefined;
  readonly #intercepts = new Map<string, Intercept>();
  readonly #lost = new Map<string, Error>();
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;

  /** The same object as this process reaches it. */
  reach<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? this.#through(String(name), value.bind(target) as Verb) : value;
      },
    });
  }

  /** A clock whose sleepers do not wake while the process stands still. */
  clockOf(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs(),
      turn: () => clock.turn(),
      sleep: async (ms, options) => {
        try {
          await clock.sleep(ms, options);
        } finally {
          await this.#gate;
        }
      },
    };
  }

  /** Puts something in the way of a verb, in place of what was there. */
  intercept(verb: string, intercept: Intercept): void {
    this.#intercepts.set(verb, intercept);
  }

  /** Takes away what is in the way of a verb. */
  free(verb: string): void {
    this.#intercepts.delete(verb);
  }

  /**
   * Ends the process for ever at its next call of this verb, before or after that has its effect.
   *
   * @param witness is told at which.
   */
  dieAt(verb: string, moment: Moment, witness: (verb: string) => void = () => undefined): void {
    this.intercept(verb, async (proceed, _, name) => {
      witness(name);
      this.#gate = forever();
      this.#open = () => undefined;
      if (moment === 'after') await proceed();
      return forever();
    });
  }

  /** Pauses the process once, at its next call of this verb, before or after that has its effect. */
  pauseAt(verb: string, moment: Moment, witness: () => void = () => undefined): void {
    this.intercept(verb, async (proceed) => {
      this.free(verb);
      witness();
      this.pause();
      if (moment === 'before') await this.#gate;
      return proceed();
    });
  }

  /** Has it wait, once, for a call of this verb, before or after that has its effect; the rest of it goes on. */
  delayAt(verb: string, moment: Moment, wait: () => Promise<void>): void {
    this.intercept(verb, async (proceed) => {
      this.free(verb);
      if (moment === 'before') await wait();
      const answer = await proceed();
      if (moment === 'after') await wait();
      return answer;
    });
  }

  /** Refuses all calls of these verbs with this error, until `regain`. */
  lose(verbs: readonly string[], why: Error): void {
    for (const verb of verbs) this.#lost.set(verb, why);
  }

  regain(): void {
    this.#lost.clear();
  }

  /** Stops the process where it stands: no call of it begins or ends, no sleep ends. */
  pause(): void {
    this.#gate = new Promise((resolve) => (this.#open = resolve));
  }

  /** Lets a process that was paused go on; one that is dead stays so. */
  resume(): void {
    this.#open();
  }

  /** Takes away whatever is in its way; if it stands still, it goes on doing so. */
  clearTheWay(): void {
    this.#intercepts.clear();
    this.regain();
  }

  #through(name: string, call: Verb): Verb | ((...args: readonly unknown[]) => unknown) {
    if (name === 'then') return call;
    return async (...args: readonly unknown[]) => {
      this.called.add(name);
      this.witness(name, args);
      await this.#gate;
      const proceed = async (): Promise<unknown> => {
        const why = this.#lost.get(name);
        if (why !== undefined) throw why;
        return call(...args);
      };
      try {
        const intercept = this.#intercepts.get(name) ?? this.#intercepts.get(ANY_VERB);
        return await (intercept?.(proceed, args, name) ?? proceed());
      } finally {
        await this.#gate;
      }
    };
  }
}

/** A call that never comes back. */
export function forever(): Promise<never> {
  return new Promise(() => undefined);
}
