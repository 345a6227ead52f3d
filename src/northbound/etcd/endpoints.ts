import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import type { Metrics } from '../../runtime/metrics.js';
import type { Random } from '../../runtime/random.js';
import { backoffMs } from '../../runtime/retry.js';

/** How long a member that failed is left alone while another may answer. */
const BACKOFF = { firstMs: 200, mostMs: 10_000 };

export interface EndpointWatchers {
  readonly logger?: Logger | undefined;
  readonly metrics?: Pick<Metrics, 'northboundEndpointUp'> | undefined;
}

interface Standing {
  readonly url: string;
  /** Unknown until it was tried. */
  isUp: boolean | undefined;
  failures: number;
  /** Until when others go first, by the monotonic clock. */
  restsUntilMs: number;
}

/**
 * The members of the cluster, and which of them to ask: the one that answered last, as long as it does.
 *
 * The first is drawn, so that many clients spread over the members.
 */
export class Endpoints {
  readonly #standings: readonly Standing[];
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #watchers: EndpointWatchers;
  #preferred: number;

  constructor(urls: readonly string[], clock: Clock, random: Random, watchers: EndpointWatchers) {
    this.#standings = urls.map((url) => ({ url, isUp: undefined, failures: 0, restsUntilMs: 0 }));
    this.#clock = clock;
    this.#random = random;
    this.#watchers = watchers;
    this.#preferred = Math.floor(random.next() * urls.length);
  }

  /** All of them in the order in which to try them: the preferred, those at rest last. */
  inOrder(): readonly string[] {
    const count = this.#standings.length;
    const turned = this.#standings.map((_, index) => this.#standings[(this.#preferred + index) % count]);
    const now = this.#clock.monotonicMs();
    const restMs = (standing: Standing): number => Math.max(0, standing.restsUntilMs - now);
    return turned
      .filter((standing) => standing !== undefined)
      .sort((a, b) => restMs(a) - restMs(b))
      .map(({ url }) => url);
  }

  answered(url: string): void {
    const index = this.#standings.findIndex((standing) => standing.url === url);
    const standing = this.#standings[index];
    if (standing === undefined) return;
    this.#preferred = index;
    standing.failures = 0;
    standing.restsUntilMs = 0;
    this.#show(standing, true);
  }

  failed(url: string, why: string): void {
    const standing = this.#standings.find((one) => one.url === url);
    if (standing === undefined) return;
    standing.failures += 1;
    standing.restsUntilMs = this.#clock.monotonicMs() + backoffMs(standing.failures, BACKOFF, this.#random);
    this.#show(standing, false, why);
  }

  /** One line per change; nothing is said of a member that answers at the first try. */
  #show(standing: Standing, isUp: boolean, why?: string): void {
    if (standing.isUp === isUp) return;
    const { logger, metrics } = this.#watchers;
    const isNews = !isUp || standing.isUp === false;
    standing.isUp = isUp;
    const { host: endpoint } = new URL(standing.url);
    metrics?.northboundEndpointUp.set({ endpoint }, isUp ? 1 : 0);
    if (!isNews) return;
    if (isUp)
      logger?.info({ event: 'northbound.endpoint-up', endpoint }, `etcd at ${endpoint} answers again`);
    else
      logger?.warn({ event: 'northbound.endpoint-down', endpoint, why }, `etcd at ${endpoint} fails: ${why}`);
  }
}
