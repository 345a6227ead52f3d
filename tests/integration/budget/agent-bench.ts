import { createAgent } from '../../../src/agent/agent.js';
import type { Agent } from '../../../src/agent/agent.js';
import type { SwitchPort } from '../../../src/agent/port-source.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import { Opened } from '../../../src/runtime/opened.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { ScriptedSwitch } from '../../../src/simulator/switch/scripted-switch.js';
import { startInBackground } from './background.js';
import type { Background } from './background.js';
import { NUMBERS, sightingOf } from './chassis.js';
import { AGENT_DEFAULTS, SERVER_DEFAULTS } from './defaults.js';
import { openEngine } from './engine.js';
import type { Engine } from './engine.js';
import { since } from './figures.js';
import type { Figures } from './figures.js';
import { pass, untilQuiet } from './quiet.js';
import type { Play } from './quiet.js';

/** An agent with 1,000 ports on its switch under a virtual clock, and counters around it. */
export class AgentBench {
  readonly #clock = new VirtualClock();
  readonly #opened = new Opened();
  readonly #engine: Engine = openEngine(this.#clock, this.#opened);
  readonly #switch = new ScriptedSwitch();
  #agent: { readonly agent: Agent; readonly background: Background } | undefined;

  private constructor() {
    this.#switch.plug(...NUMBERS.map(portOf));
  }

  /** A server is registered, as a listener whom reports can be left with. */
  static async open(): Promise<AgentBench> {
    const bench = new AgentBench();
    const { id, program, lease } = SERVER_DEFAULTS;
    await bench.#engine.uncounted.join({ id, program, ttlMs: lease.ttlMs, versions: [1] });
    return bench;
  }

  /** Starts a new agent, the one before is stopped; it has published every port and said so. */
  async start(): Promise<void> {
    await this.#agent?.background.stop();
    const agent = createAgent({
      chassis: 'compute-01',
      northbound: this.#engine.counted,
      source: this.#switch,
      clock: this.#clock,
      random: seededRandom(7),
      logger: silentLogger,
      metrics: createMetrics(),
      options: AGENT_DEFAULTS,
    });
    this.#agent = { agent, background: startInBackground((signal) => agent.run(signal), this.#opened) };
    await untilQuiet(this.#play, () => agent.health().complete);
  }

  pass(ms: number): Promise<void> {
    return pass(this.#play, ms);
  }

  /** What is asked of the northbound database while `work` goes on. */
  async measure(work: () => Promise<void>): Promise<Figures> {
    const { count } = this.#engine;
    const before = count.figures();
    await work();
    return { northbound: since(before, count.figures()) };
  }

  close(): Promise<void> {
    return this.#opened[Symbol.asyncDispose]();
  }

  get #play(): Play {
    const { count } = this.#engine;
    const check = (): void => this.#agent?.background.check();
    return { clock: this.#clock, moves: () => count.moves, check };
  }
}

function portOf(number: number): SwitchPort {
  return { ...sightingOf(number), status: 'ACTIVE' };
}
