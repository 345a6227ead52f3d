type Call = (...args: readonly unknown[]) => Promise<unknown>;

interface Waiting {
  readonly name: string;
  readonly begin: () => Promise<void>;
}

/**
 * Holds back the calls that a server makes to other programs, and lets them go one at a time, so that what a batch
 * holds follows from the order of the calls alone and not from how long each took.
 */
export class OneAtATime {
  readonly #waiting: Waiting[] = [];
  /** Grows with every call that is made or has ended. */
  moves = 0;

  /** The same object, its methods held back. */
  reach<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? this.#holdBack(String(name), value.bind(target) as Call) : value;
      },
    });
  }

  /** Carries out one of the calls that wait, the first by name: who asked first may be chance. False: none waits. */
  async next(): Promise<boolean> {
    this.#waiting.sort((a, b) => a.name.localeCompare(b.name));
    const first = this.#waiting.shift();
    await first?.begin();
    return first !== undefined;
  }

  #holdBack(name: string, call: Call): Call {
    return (...args) =>
      new Promise((resolve, reject) => {
        const begin = async (): Promise<void> => {
          await call(...args).then(resolve, reject);
          this.moves += 1;
        };
        this.moves += 1;
        this.#waiting.push({ name, begin });
      });
  }
}
