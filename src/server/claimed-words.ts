import type { ClaimedDebt } from '../neutron/neutron.js';
import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import { Doorbell } from '../runtime/doorbell.js';

/** Words above which none are claimed where they become owed: Nova is slower than we, and they wait in the ledger. */
const MOST_WAITING = 2000;

/** Words that were claimed, under the nonces of their claims. */
export interface ClaimedBatch {
  readonly nonces: readonly string[];
  readonly debts: readonly ClaimedDebt[];
  /** The contexts of the batches in which they became owed, where these are traced. */
  readonly traces: readonly string[];
}

interface Waiting {
  readonly nonce: string;
  readonly debts: readonly ClaimedDebt[];
  readonly sinceMs: number;
  readonly trace: string | undefined;
}

/**
 * Which claims of this server are being worked on, and the words that were claimed where they became owed and wait to be
 * told. In memory alone: after a crash the claims are void, and whoever finds the words due tells them.
 */
export class ClaimedWords {
  readonly #executing = new Set<string>();
  #waiting: Waiting[] = [];
  readonly #bell = new Doorbell();

  /** The nonces of claims that are being worked on. */
  get executing(): ReadonlySet<string> {
    return this.#executing;
  }

  /** Draws the nonce of a claim that is to be made. */
  begin(random: Random): string {
    const nonce = random.id();
    this.#executing.add(nonce);
    return nonce;
  }

  /** Whether as many words wait as may. */
  get isFull(): boolean {
    return this.#waiting.reduce((sum, { debts }) => sum + debts.length, 0) >= MOST_WAITING;
  }

  /** Has words told that became owed now, and were claimed under a nonce; where there are none the claim has ended. */
  add(nonce: string, debts: readonly ClaimedDebt[], nowMs: number, trace?: string): void {
    if (debts.length > 0) {
      this.#waiting.push({ nonce, debts, sinceMs: nowMs, trace });
      this.#bell.ring();
    } else this.end([nonce]);
  }

  /** Waits for words, and takes up to `most` of them: a claim's words stay together, those of several are joined. */
  async next(most: number, clock: Clock, signal: AbortSignal): Promise<ClaimedBatch> {
    while (this.#waiting.length === 0) await this.#bell.wait({ signal });
    const taken = this.#waiting.splice(0, this.#fitting(most));
    const nowMs = clock.monotonicMs();
    return {
      nonces: taken.map(({ nonce }) => nonce),
      debts: taken.flatMap(({ debts, sinceMs }) =>
        debts.map((debt) => ({ ...debt, ageMs: nowMs - sinceMs })),
      ),
      traces: taken.flatMap(({ trace }) => trace ?? []),
    };
  }

  /** From now on these claims are void. */
  end(nonces: readonly string[]): void {
    for (const nonce of nonces) this.#executing.delete(nonce);
  }

  /** How many of the first batches make up `most` words; one at least. */
  #fitting(most: number): number {
    let sum = 0;
    const beyond = this.#waiting.findIndex(({ debts }) => (sum += debts.length) > most);
    return beyond < 0 ? this.#waiting.length : Math.max(1, beyond);
  }
}
