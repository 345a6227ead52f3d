import { createAgent } from '../../src/agent/agent.js';
import type { Agent } from '../../src/agent/agent.js';
import { openNorthbound } from '../../src/northbound/open.js';
import { systemClock } from '../../src/runtime/clock.js';
import { silentLogger } from '../../src/runtime/logger.js';
import { createMetrics } from '../../src/runtime/metrics.js';
import { Opened } from '../../src/runtime/opened.js';
import { systemRandom } from '../../src/runtime/random.js';
import { deviceOf, portIdOf } from '../../src/simulator/neutron-rows.js';
import { AT_ONCE as PORTS_AT_ONCE, bootOf, chassisOf } from './orders.js';
import type { Done, LoadOptions, Order } from './orders.js';
import { PlayedSwitch } from './played-switch.js';

/** Changes that are due are made so often: the load is no burst. */
const TICK_MS = 5;
/** Chassis whose ports are set before the agents of others have their turn. */
const AT_ONCE = 10;

/** The agents of many chassis in one process, with switches that are played. Ends when its parent hangs up. */
class Load {
  readonly #options: LoadOptions;
  readonly #switches = new Map<string, PlayedSwitch>();
  readonly #metrics = createMetrics();
  readonly #opened = new Opened();
  /** How often each port was plugged. */
  readonly #pluggings = new Map<number, number>();
  #agents: readonly Agent[] = [];
  #stop = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();

  constructor(options: LoadOptions) {
    this.#options = options;
    for (let number = 1; number <= options.chassis; number++)
      this.#switches.set(`cn${number}`, new PlayedSwitch());
  }

  async start(): Promise<void> {
    const { northboundUrl, connections, heartbeatMs } = this.#options;
    const system = { clock: systemClock, random: systemRandom };
    const shared = Array.from({ length: connections }, () =>
      this.#opened.add(openNorthbound(northboundUrl, system)),
    );
    this.#stop = new AbortController();
    this.#agents = [...this.#switches].map(([chassis, source], index) => {
      const northbound = shared[index % shared.length];
      if (northbound === undefined) throw new Error('no connection');
      const options = {
        ...{ heartbeatMs, batch: 500, version: 'bench', wireGreatest: 2 },
        guard: { maxDown: 1_000_000, maxDownPercent: 100, holdMs: 0 },
        backoff: { firstMs: 100, mostMs: 5000 },
      };
      const parts = { ...system, metrics: this.#metrics, logger: silentLogger };
      return createAgent({ ...parts, chassis, northbound, source, options });
    });
    const { signal } = this.#stop;
    this.#ended = Promise.all(
      this.#agents.map((agent) =>
        agent.run(signal).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        }),
      ),
    );
    await this.#quiet();
  }

  async take(order: Order): Promise<void> {
    switch (order.kind) {
      case 'all':
        await this.#setAll(order.status, order.ports ?? this.#options.ports);
        return this.#quiet();
      case 'boots':
        return this.#boot(order);
      case 'flap':
        return this.#flap(order);
      case 'stop':
        return this.end();
      case 'start':
        return this.start();
    }
  }

  async published(): Promise<number> {
    const { values } = await this.#metrics.agentPublished.get();
    return values.reduce((sum, { value }) => sum + value, 0);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await this.#opened[Symbol.asyncDispose]();
  }

  /** One chassis after the other, so that the first have published before the last are set: all share this thread. */
  async #setAll(status: 'ACTIVE' | 'DOWN', ports: number): Promise<void> {
    const { chassis } = this.#options;
    for (let first = 1; first <= chassis; first++) {
      for (let number = first; number <= ports; number += chassis) this.#set(number, status);
      if (first % AT_ONCE === 0) await systemClock.turn();
    }
  }

  async #boot({ after, fromMs, perSecond, boots }: Order & { kind: 'boots' }): Promise<void> {
    for (let done = 0; done < boots;) {
      const passed = ((systemClock.now() - fromMs) * perSecond) / 1000;
      const due = Math.min(boots, (Math.floor(passed / PORTS_AT_ONCE) + 1) * PORTS_AT_ONCE);
      for (; done < due; done++) this.#set(bootOf(done, after, this.#options.chassis), 'ACTIVE');
      await systemClock.sleep(TICK_MS);
    }
    await this.#quiet();
  }

  async #flap({ ports, hertz, forMs, down }: Order & { kind: 'flap' }): Promise<void> {
    const startMs = systemClock.now();
    const changes = Math.floor((forMs * hertz) / 1000);
    const endsDown = new Set(down);
    for (let done = 0; done < changes;) {
      const due = Math.min(changes, Math.floor(((systemClock.now() - startMs) * hertz) / 1000));
      for (; done < due; done++) {
        const isAsInTheEnd = (changes - done) % 2 === 1;
        for (let number = 1; number <= ports; number++)
          this.#set(number, isAsInTheEnd === endsDown.has(number) ? 'DOWN' : 'ACTIVE');
      }
      await systemClock.sleep(TICK_MS);
    }
    await this.#quiet();
  }

  #set(number: number, status: 'ACTIVE' | 'DOWN'): void {
    const plugging = (this.#pluggings.get(number) ?? 0) + Number(status === 'ACTIVE');
    this.#pluggings.set(number, plugging);
    this.#switches.get(chassisOf(number, this.#options.chassis))?.set({
      portId: portIdOf(number),
      status,
      attachment: `${number}-${plugging}`,
      instance: deviceOf(number),
    });
  }

  /** Until all agents have published all that their switches say. */
  async #quiet(): Promise<void> {
    await systemClock.sleep(TICK_MS); // they have heard of the last change
    while (this.#agents.some((agent) => !isQuiet(agent))) await systemClock.sleep(TICK_MS);
  }
}

function isQuiet(agent: Agent): boolean {
  const { complete, unpublished } = agent.health();
  return complete && unpublished === 0;
}

const load = new Load(JSON.parse(process.argv[2] ?? '') as LoadOptions);

async function answer(kind: Done['kind']): Promise<void> {
  process.send?.({ kind, published: await load.published() } satisfies Done);
}

process.on('message', (order: Order) => {
  void load.take(order).then(() => answer('done'));
});
process.on('disconnect', () => void load.end().then(() => process.exit()));
await load.start();
await answer('ready');
