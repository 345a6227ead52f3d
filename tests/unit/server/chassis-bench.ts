import { createAgent } from '../../../src/agent/agent.js';
import type { AgentOptions } from '../../../src/agent/agent.js';
import type { SwitchPort } from '../../../src/agent/port-source.js';
import { MemoryNorthbound } from '../../../src/northbound/memory/memory-northbound.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { portIdOf } from '../../support/neutron-rows.js';
import { OPTIONS } from '../agent/agent-bench.js';
import { ScriptedSwitch } from '../../../src/simulator/switch/scripted-switch.js';
import { Process } from '../../../src/simulator/histories/process.js';
import type { ServerBench } from './server-bench.js';

/** A compute node: the real agent with a scripted switch, on the northbound database of a server bench. */
export class ChassisBench {
  readonly switch = new ScriptedSwitch();
  readonly #bench: ServerBench;
  readonly #chassis: string;
  #process = new Process();
  #northbound: MemoryNorthbound | undefined;
  #stop = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();

  constructor(bench: ServerBench, chassis = 'cn1') {
    this.#bench = bench;
    this.#chassis = chassis;
  }

  /** Starts its agent; what is plugged is published when this resolves. */
  async start(options: Partial<AgentOptions> = {}): Promise<void> {
    const { clock, database } = this.#bench;
    this.#process = new Process();
    this.#stop = new AbortController();
    this.#northbound = new MemoryNorthbound(database);
    const agent = createAgent({
      chassis: this.#chassis,
      northbound: this.#process.reach(this.#northbound),
      source: this.switch,
      clock: this.#process.clockOf(clock),
      random: seededRandom(7),
      logger: silentLogger,
      metrics: createMetrics(),
      options: { ...OPTIONS, ...options },
    });
    this.#ended = agent.run(this.#stop.signal).catch((error: unknown) => error);
    await this.#bench.pass(0);
  }

  /** Ends its agent as a crash would: it says nothing of it. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the test stopped the agent'));
    await this.#ended;
  }

  /** Stops its agent where it stands, as SIGSTOP does. */
  pause(): void {
    this.#process.pause();
  }

  resume(): void {
    this.#process.resume();
  }

  /** Cuts its agent off from the northbound database. */
  cut(): void {
    this.#northbound?.cut();
  }

  restore(): void {
    this.#northbound?.restore();
  }

  plug(...numbers: readonly number[]): void {
    this.switch.plug(...numbers.map(wiredPort));
  }

  has(number: number): boolean {
    return this.switch.find(portIdOf(number)) !== undefined;
  }

  unplug(...numbers: readonly number[]): void {
    this.switch.unplug(...numbers.map(portIdOf));
  }
}

function wiredPort(number: number): SwitchPort {
  return { portId: portIdOf(number), status: 'ACTIVE', attachment: `plug-${number}` };
}
