import { MemoryDatabase } from '../../src/northbound/memory/database.js';
import { MemoryNorthbound } from '../../src/northbound/memory/memory-northbound.js';
import type { ChassisRegistration, Delivery, Membership } from '../../src/northbound/northbound.js';
import { systemClock } from '../../src/runtime/clock.js';
import type { Metrics } from '../../src/runtime/metrics.js';
import { systemRandom } from '../../src/runtime/random.js';
import { together } from '../../src/runtime/together.js';
import type { Task } from '../../src/runtime/together.js';
import { portIdOf } from './neutron-rows.js';

export interface Crowd {
  readonly chassis: number;
  readonly servers: number;
  readonly reportsPerSecond: number;
}

const TICK_MS = 100;
/** As servers and agents do by default. */
const [HEARTBEAT_MS, TTL_MS, AGENT_HEARTBEAT_MS] = [1000, 3000, 5000];
/** What the work on a batch takes at the most: some have something waiting while others have not. */
const MOST_WORK_MS = 400;

/**
 * A northbound database with many chassis and servers, and all that goes on there, without the work in Neutron and Nova
 * that it stands for.
 */
export class CrowdedCloud {
  readonly northbound = new MemoryNorthbound(
    new MemoryDatabase({ clock: systemClock, random: systemRandom }),
  );
  readonly #crowd: Crowd;
  readonly #silent = new Set<string>();
  readonly #agents: ChassisRegistration[] = [];
  #revision = 1;

  constructor(crowd: Crowd) {
    this.#crowd = crowd;
  }

  /** Has a server fall silent, so that others take over. */
  silence(server: string): void {
    this.#silent.add(server);
  }

  /** Plays what agents and servers do until the signal says stop. Measures in `metrics`, as the first server does. */
  async play(metrics: Metrics, signal: AbortSignal): Promise<void> {
    const { chassis, servers } = this.#crowd;
    for (const name of names('compute', chassis)) {
      const agent = await this.northbound.registerChassis(name);
      await this.northbound.keepChassis(agent, { complete: 1, version: '0.1.0' });
      this.#agents.push(agent);
    }
    const serving = names('net', servers).map(
      (id): Task =>
        (stop) =>
          this.#serve(id, metrics, stop),
    );
    await together([...serving, (stop) => this.#speak(stop)], { signal });
  }

  /** Every agent says from time to time that it lives, and now and then one that a port has changed. */
  async #speak(signal: AbortSignal): Promise<void> {
    const { chassis, reportsPerSecond } = this.#crowd;
    const kept = Math.ceil((chassis * TICK_MS) / AGENT_HEARTBEAT_MS);
    const said = Math.ceil((reportsPerSecond * TICK_MS) / 1000);
    for (let tick = 0; ; tick++) {
      for (let number = 0; number < kept; number++)
        await this.northbound.keepChassis(this.#agent(tick * kept + number), { version: '0.1.0' });
      for (let number = 0; number < said; number++) await this.#report(tick * said + number);
      await systemClock.sleep(TICK_MS, { signal });
    }
  }

  async #report(number: number): Promise<void> {
    const agent = this.#agent(number);
    const { chassis } = agent;
    const portId = portIdOf(number % this.#crowd.chassis);
    const revision = ++this.#revision;
    await this.northbound.publish(agent, [
      { portId, chassis, revision, version: 1, isDown: false, body: '{}' },
    ]);
  }

  #agent(number: number): ChassisRegistration {
    const agent = this.#agents[number % this.#agents.length];
    if (agent === undefined) throw new Error('there is no chassis');
    return agent;
  }

  async #serve(id: string, metrics: Metrics, signal: AbortSignal): Promise<void> {
    const identity = { id, ttlMs: TTL_MS, versions: [1, 2], program: '0.1.0' };
    const member = await this.northbound.join(identity);
    const done = { received: 0, written: 0, told: 0 };
    const work: Task = async (stop) => {
      while (!this.#silent.has(id)) {
        const deliveries = await this.northbound.receive(member, { max: 100, signal: stop });
        await systemClock.sleep(systemRandom.next() * MOST_WORK_MS, { signal: stop });
        await this.#finish(member, deliveries, metrics);
        done.received += deliveries.length;
        done.written += deliveries.length;
        done.told += Math.floor(deliveries.length / 2);
      }
    };
    await together([work, (stop) => this.#beat(member, done, stop)], { signal });
  }

  async #finish(
    member: Membership,
    deliveries: readonly Delivery[],
    { commitLatency, novaLatency }: Metrics,
  ): Promise<void> {
    for (const { waitedMs } of deliveries) {
      commitLatency.observe(waitedMs / 1000);
      novaLatency.observe((waitedMs + 20) / 1000);
    }
    if (!this.#silent.has(member.id)) await this.northbound.acknowledge(member, deliveries);
  }

  async #beat(
    member: Membership,
    done: { readonly received: number; readonly written: number; readonly told: number },
    signal: AbortSignal,
  ): Promise<void> {
    for (let forMs = 0; !this.#silent.has(member.id); forMs += HEARTBEAT_MS) {
      await this.northbound.heartbeat(member, { done: { forMs, ...done } });
      await this.northbound.adopt(member, { max: 100 });
      await systemClock.sleep(HEARTBEAT_MS, { signal });
    }
  }
}

/** `net01`, `net02`, … */
function names(stem: string, count: number): readonly string[] {
  const digits = String(count).length;
  return Array.from({ length: count }, (_, index) => stem + String(index + 1).padStart(digits, '0'));
}
