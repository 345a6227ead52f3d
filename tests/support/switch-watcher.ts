import { createOvsPortSource } from '../../src/agent/ovs/ovs-port-source.js';
import type { OvsPortSourceOptions } from '../../src/agent/ovs/ovs-port-source.js';
import type { PortSource, SwitchDump, SwitchPort, SwitchUpdate } from '../../src/agent/port-source.js';
import { systemClock } from '../../src/runtime/clock.js';
import { silentLogger } from '../../src/runtime/logger.js';
import { createMetrics } from '../../src/runtime/metrics.js';
import { systemRandom } from '../../src/runtime/random.js';

/** Follows one source, and waits for what a test expects; a test that waits in vain runs into its time limit. */
export class SwitchWatcher implements AsyncDisposable {
  readonly source: PortSource;
  /** Ports that changes told of. */
  readonly told = new Set<string>();
  /** Ports that the last dump left open. */
  unconfirmed: ReadonlySet<string> = new Set();
  /** How many updates there were, by kind. */
  readonly counts = { dump: 0, change: 0, lost: 0 };
  readonly #stop = new AbortController();
  readonly #updates: AsyncIterator<SwitchUpdate>;
  readonly #latest = new Map<string, SwitchPort>();

  constructor(address: string, more: Partial<OvsPortSourceOptions> = {}) {
    this.source = createOvsPortSource({
      ...{ address, bridge: 'br-int', ready: { kind: 'tag' }, requireLink: false },
      ...{ clock: systemClock, random: systemRandom, logger: silentLogger, metrics: createMetrics() },
      ...more,
    });
    this.#updates = this.source.watch(this.#stop)[Symbol.asyncIterator]();
  }

  async nextDump(): Promise<ReadonlyMap<string, SwitchPort>> {
    for (;;) if ((await this.#next()).kind === 'dump') return this.#latest;
  }

  /** Waits until so many ports are told to be ACTIVE. */
  async untilActive(count: number): Promise<void> {
    const active = (): number =>
      [...this.#latest.values()].filter(({ status }) => status === 'ACTIVE').length;
    while (active() < count) await this.#next();
  }

  async nextLoss(): Promise<string> {
    for (;;) {
      const update = await this.#next();
      if (update.kind === 'lost') return update.reason;
    }
  }

  /** Waits until the port is told to be as the test expects. */
  async until(portId: string, isMeant: (port: SwitchPort) => boolean): Promise<SwitchPort> {
    for (;;) {
      const port = this.#latest.get(portId);
      if (port !== undefined && isMeant(port)) return port;
      await this.#next();
    }
  }

  /** Waits until the port is DOWN or no longer in the dump. */
  async untilGone(portId: string): Promise<void> {
    while (this.#latest.get(portId)?.status === 'ACTIVE') await this.#next();
  }

  async leave(): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.#updates.next().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  async #next(): Promise<SwitchUpdate> {
    const { value } = (await this.#updates.next()) as IteratorYieldResult<SwitchUpdate>;
    this.counts[value.kind]++;
    if (value.kind === 'dump') this.#begin(value);
    if (value.kind === 'lost') return value;
    for (const port of value.ports) this.#latest.set(port.portId, port);
    if (value.kind === 'change') for (const { portId } of value.ports) this.told.add(portId);
    return value;
  }
  #begin({ unconfirmed = [] }: SwitchDump): void {
    this.#latest.clear();
    this.unconfirmed = new Set(unconfirmed);
  }
}
