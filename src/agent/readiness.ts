import type { Northbound } from '../northbound/northbound.js';
import { PATIENCE_MS } from '../runtime/check.js';
import type { Check } from '../runtime/check.js';
import type { Clock } from '../runtime/clock.js';
import { Question } from '../runtime/question.js';
import type { AgentHealth } from './health.js';
import type { ChassisRecord } from './chassis-record.js';
import { judgeReadiness } from './checks.js';
import type { Connection } from './connection.js';
import type { Outbasket } from './outbasket.js';
import type { PortSource } from './port-source.js';

export interface AgentReadinessParts {
  readonly northbound: Northbound;
  readonly source: PortSource;
  readonly clock: Clock;
  readonly basket: Outbasket;
  readonly record: ChassisRecord;
  readonly connection: Connection;
  readonly options: { readonly heartbeatMs: number };
}

/**
 * Whether an agent's whole loop works, from the switch to the stored report: the facts that its loops left, and one
 * question each to the switch and the northbound database, because on an idle chassis silence is no evidence. What is
 * asked changes nothing.
 */
export class AgentReadiness {
  readonly #parts: AgentReadinessParts;
  readonly #health: () => AgentHealth;
  readonly #switch: Question<void>;
  readonly #incarnation: Question<string>;

  constructor(parts: AgentReadinessParts, health: () => AgentHealth) {
    const { source, northbound, clock } = parts;
    this.#parts = parts;
    this.#health = health;
    this.#switch = new Question(() => source.probe(), clock);
    this.#incarnation = new Question(() => northbound.incarnation(), clock);
  }

  async check(): Promise<readonly Check[]> {
    const { clock, basket, record, connection, options } = this.#parts;
    const askedAtMs = clock.monotonicMs();
    const [ofSwitch, northbound] = await Promise.all([
      this.#switch.put(PATIENCE_MS),
      this.#incarnation.put(PATIENCE_MS),
    ]);
    if (northbound.kind === 'answer') connection.noteAnswer();
    return judgeReadiness({
      ...{ askedAtMs, nowMs: clock.monotonicMs(), health: this.#health(), ofSwitch, northbound },
      answeredAtMs: connection.answeredAtMs,
      keptAtMs: record.keptAtMs,
      heartbeatMs: options.heartbeatMs,
      oldestMs: basket.oldestMs,
    });
  }
}
