import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { Metrics } from '../runtime/metrics.js';
import type { Random } from '../runtime/random.js';

export interface OpenOptions extends NetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** For whoever only looks: nothing is made (CONFIG where nothing is there), and nothing is changed. Default false. */
  readonly isReadOnly?: boolean | undefined;
}

/** For the engines that are reached over a network. The names of the files are those of the options `northbound.…`. */
export interface NetworkOptions {
  /** Sets the data of one cloud apart from all else that the database holds. Default `port-status`. */
  readonly namespace?: string | undefined;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Told when the database is lost and answers again, and where the host lacks what is only for speed. Default: nobody. */
  readonly logger?: Logger | undefined;
  readonly metrics?: Metrics | undefined;
}
