import type { Logger } from '../runtime/logger.js';
import type { Metrics } from '../runtime/metrics.js';

/** What someone must mend before Nova can be told anything: logged when it changes, not each time it is met. */
export class Alarm {
  readonly #logger: Logger;
  readonly #gauge: Metrics['novaAlarm'];
  #standing: string | undefined;

  constructor(logger: Logger, gauge: Metrics['novaAlarm']) {
    this.#logger = logger;
    this.#gauge = gauge;
  }

  raise(detail: string): void {
    if (detail === this.#standing) return;
    this.#standing = detail;
    this.#gauge.set(1);
    this.#logger.error({ event: 'nova.alarm', detail }, detail);
  }

  clear(): void {
    if (this.#standing === undefined) return;
    this.#standing = undefined;
    this.#gauge.set(0);
    this.#logger.info({ event: 'nova.alarm-over' }, 'Nova takes our words again');
  }
}
