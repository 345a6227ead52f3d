import type { ListenerView } from '../northbound/northbound.js';
import { PATIENCE_MS } from '../runtime/check.js';
import type { Check } from '../runtime/check.js';
import { Question } from '../runtime/question.js';
import type { Reply } from '../runtime/question.js';
import { judgeReadiness } from './checks.js';
import type { NovaFound } from './checks.js';
import { showDependency } from './health.js';
import type { Health } from './health.js';
import type { ServerParts } from './session.js';

/** While Nova took a word so lately it is not asked: it writes each question into its log. */
const NOVA_MS = 30_000;

/** For how long an answer of Nova to a question stands, whatever it was. */
const NOVA_ASKED_MS = 10_000;

/**
 * Whether a server's whole loop works: the facts that its loops left, and one question to each dependency, because on an
 * idle system silence is no evidence. What is asked changes nothing.
 */
export class ServerReadiness {
  readonly #parts: ServerParts;
  readonly #health: Health;
  readonly #listeners: Question<readonly ListenerView[]>;
  readonly #isPaused: Question<boolean>;
  readonly #nova: Question<unknown>;
  #novaAsked: { readonly atMs: number; readonly found: NovaFound } | undefined;

  constructor(parts: ServerParts, health: Health) {
    const { northbound, neutron, nova, clock } = parts;
    const never = new AbortController().signal;
    this.#parts = parts;
    this.#health = health;
    this.#listeners = new Question(() => northbound.listeners(), clock);
    this.#isPaused = new Question(() => neutron.isPaused(), clock);
    this.#nova = new Question(async () => nova?.reach({ signal: never }), clock);
  }

  async check(): Promise<readonly Check[]> {
    const { clock, options } = this.#parts;
    const askedAtMs = clock.monotonicMs();
    const [listeners, isPaused, nova] = await Promise.all([
      this.#ask('northbound', this.#listeners),
      this.#ask('neutron', this.#isPaused),
      this.#askNova(),
    ]);
    const nowMs = clock.monotonicMs();
    return judgeReadiness({
      ...{ askedAtMs, nowMs, health: this.#health, willWrite: options.willWrite },
      ...{ listeners, isPaused, nova },
    });
  }

  async #ask<T>(dependency: string, question: Question<T>): Promise<Reply<T>> {
    const reply = await question.put(PATIENCE_MS);
    if (reply.kind === 'answer') this.#health.answeredAtMs.set(dependency, this.#parts.clock.monotonicMs());
    return reply;
  }

  async #askNova(): Promise<NovaFound> {
    const { nova, clock, metrics } = this.#parts;
    if (nova === undefined) return { kind: 'not-told' };
    if (this.#hasTakenLately()) return { kind: 'answer', value: undefined };
    const asked = this.#novaAsked;
    if (asked !== undefined && clock.monotonicMs() - asked.atMs < NOVA_ASKED_MS) return asked.found;
    const found = await this.#ask('nova', this.#nova);
    if (found.kind === 'answer') {
      this.#health.outages.end('nova', nova);
      showDependency(this.#health, metrics, 'nova');
    }
    this.#novaAsked = { atMs: clock.monotonicMs(), found };
    return found;
  }

  #hasTakenLately(): boolean {
    const answeredAtMs = this.#health.answeredAtMs.get('nova');
    if (answeredAtMs === undefined || this.#health.outages.why('nova') !== undefined) return false;
    return this.#parts.clock.monotonicMs() - answeredAtMs < NOVA_MS;
  }
}
