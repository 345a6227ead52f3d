import type { SwitchPort } from '../../../src/agent/port-source.js';
import { createAgent } from '../../../src/agent/agent.js';
import type { Agent, AgentOptions } from '../../../src/agent/agent.js';
import type { Report } from '../../../src/domain/report.js';
import { decodeReport } from '../../../src/domain/wire.js';
import type { Envelope } from '../../../src/domain/wire.js';
import { MemoryDatabase } from '../../../src/northbound/memory/database.js';
import { MemoryNorthbound } from '../../../src/northbound/memory/memory-northbound.js';
import type { ChassisRegistration, ChassisView } from '../../../src/northbound/northbound.js';
import { createLogger } from '../../../src/runtime/logger.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { ScriptedSwitch } from '../../../src/simulator/switch/scripted-switch.js';

export const CHASSIS = 'cn1';
export const HEARTBEAT_MS = 1000;
export const HOLD_MS = 60_000;

export const OPTIONS: AgentOptions = {
  heartbeatMs: HEARTBEAT_MS,
  batch: 100,
  guard: { maxDown: 20, maxDownPercent: 20, holdMs: HOLD_MS },
  backoff: { firstMs: 100, mostMs: 1000 },
  version: '0.1.0',
  wireGreatest: 2,
};

/** The UUID of the test's port number `number`. */
export function portId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** A port that is plugged and wired, as a switch tells it. */
export function activePort(number: number, more: Partial<SwitchPort> = {}): SwitchPort {
  return { portId: portId(number), status: 'ACTIVE', attachment: `plug-${number}`, ...more };
}

export function activePorts(count: number): readonly SwitchPort[] {
  return Array.from({ length: count }, (_, number) => activePort(number));
}

/** One call of `publish` as an agent made it. */
export interface Publish {
  /** Number of the agent: a new one with each start. */
  readonly agent: number;
  readonly incarnation: string;
  readonly reports: readonly Report[];
  /** Whether it was carried out, as far as the database knows. */
  isStored: boolean;
}

/** One agent, its switch and its northbound database, under a virtual clock. */
export class AgentBench {
  readonly clock = new VirtualClock();
  readonly database = new MemoryDatabase({ clock: this.clock, random: seededRandom(1) });
  readonly northbound = new MemoryNorthbound(this.database);
  readonly switch = new ScriptedSwitch();
  readonly metrics = createMetrics();
  readonly log: Record<string, unknown>[] = [];
  readonly publishes: Publish[] = [];
  /** Publishes under way at the same time, at most. */
  mostInFlight = 0;
  /** How long a publish takes. */
  publishMs = 0;
  agent: Agent | undefined;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #seed = 1;
  #inFlight = 0;

  constructor() {
    this.#watchPublishes();
  }

  /** Starts a new agent; the one before is to be stopped first, except where two are wanted. */
  async start(options: Partial<AgentOptions> = {}, chassis = CHASSIS): Promise<void> {
    this.#stop = new AbortController();
    this.agent = createAgent({
      chassis,
      northbound: this.northbound,
      source: this.switch,
      clock: this.clock,
      random: seededRandom(++this.#seed),
      logger: createLogger('info', {
        write: (line) => void this.log.push(JSON.parse(line) as Record<string, unknown>),
      }),
      metrics: this.metrics,
      options: { ...OPTIONS, ...options },
    });
    this.#running = this.agent.run(this.#stop.signal);
    this.#running.catch(() => undefined);
    await this.settle();
  }

  /** Ends the agent where it stands, as a crash would: it saves nothing. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the test stopped the agent'));
    await this.#running;
  }

  /** How the agent that was started last ended. */
  get ended(): Promise<void> {
    return this.#running;
  }

  /** Lets everything run that needs no time. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 10; turns++) await this.clock.advance(0);
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.settle();
  }

  /** Every report that was published since the last call, in order. */
  takeSaid(): readonly Report[] {
    return this.publishes.splice(0).flatMap(({ reports }) => reports);
  }

  /** What the northbound database has, by port. */
  stored(): ReadonlyMap<string, Report> {
    const records = this.database.state.chassis.get(CHASSIS)?.reports ?? new Map<string, never>();
    return new Map([...records.values()].map(({ envelope }) => [envelope.portId, decode(envelope)]));
  }

  async chassis(): Promise<ChassisView> {
    const [view] = await new MemoryNorthbound(this.database).chassis([CHASSIS]);
    if (view === undefined) throw new Error('the chassis is not registered');
    return view;
  }

  approve(): Promise<boolean> {
    return new MemoryNorthbound(this.database).approve(CHASSIS);
  }

  events(name: string): readonly Record<string, unknown>[] {
    return this.log.filter(({ event }) => event === name);
  }

  /** Lets every publish of the agent be seen, and last as long as the test wants. */
  #watchPublishes(): void {
    const publish = this.northbound.publish.bind(this.northbound);
    this.northbound.publish = async (registration, envelopes, options) => {
      const call = this.#record(registration, envelopes);
      this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight);
      try {
        if (this.publishMs > 0) await this.clock.sleep(this.publishMs, options);
        return await publish(registration, envelopes, options);
      } finally {
        this.#inFlight -= 1;
        call.isStored = this.#hasStored(call);
      }
    };
  }

  #record({ incarnation }: ChassisRegistration, envelopes: readonly Envelope[]): Publish {
    const reports = envelopes.map(decode);
    const call: Publish = { agent: this.#seed, incarnation, reports, isStored: false };
    this.publishes.push(call);
    return call;
  }

  #hasStored({ incarnation, reports }: Publish): boolean {
    const { state } = this.database;
    const greatest = state.chassis.get(CHASSIS)?.maxRevision;
    return incarnation === state.incarnation && greatest === reports.at(-1)?.revision;
  }
}

/** What an envelope says, whatever its version: they all have the layout of the first. */
function decode(envelope: Envelope): Report {
  const decoded = decodeReport({ ...envelope, version: 1 });
  if (decoded.kind !== 'report') throw new Error(`the agent wrote a report that is ${decoded.kind}`);
  return decoded.report;
}
