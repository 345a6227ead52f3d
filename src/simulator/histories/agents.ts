import { createAgent } from '../../agent/agent.js';
import type { AgentOptions } from '../../agent/agent.js';
import type { PortSource } from '../../agent/port-source.js';
import { hasCode, PortStatusError } from '../../domain/errors.js';
import type { Loss } from '../../northbound/memory/memory-northbound.js';
import type { Northbound } from '../../northbound/northbound.js';
import type { Clock } from '../../runtime/clock.js';
import { silentLogger } from '../../runtime/logger.js';
import type { Metrics } from '../../runtime/metrics.js';
import { seededRandom } from '../../runtime/random.js';
import type { Tally } from './crash-table.js';
import type { Journal } from './journal.js';
import { OverheardNorthbound } from './overheard.js';
import type { Sayings } from './overheard.js';
import { Process } from './process.js';
import type { Moment } from './process.js';
import type { Rig } from './rig.js';
import type { AgentVerb } from './verbs.js';

/** What happens to the agent of a chassis. */
export type AgentStep = { readonly chassis: string } &
  /** `twin`: a second one for the chassis. */
  (
    | { readonly kind: 'stops' | 'starts' | 'twin' | 'resumes' | 'restored' }
    | { readonly kind: 'dies' | 'pauses'; readonly verb: AgentVerb; readonly moment: Moment }
    /** What it publishes next lands after that time, when it was given up long ago. */
    | { readonly kind: 'late'; readonly ms: number }
    /** It waits for its next call of the verb. */
    | { readonly kind: 'slow'; readonly verb: AgentVerb; readonly moment: Moment; readonly ms: number }
    | { readonly kind: 'cut'; readonly loss: Loss }
  );

export interface AgentsParts {
  readonly chassis: string;
  readonly rig: Rig;
  readonly clock: Clock;
  readonly source: PortSource;
  readonly journal: Journal;
  readonly sayings: Sayings;
  readonly tally: Tally;
  readonly metrics: Metrics;
}

interface RunningAgent {
  readonly process: Process;
  readonly northbound: OverheardNorthbound;
  readonly stop: AbortController;
}

const OPTIONS: AgentOptions = {
  heartbeatMs: 1000,
  batch: 100,
  guard: { maxDown: 20, maxDownPercent: 20, holdMs: 60_000 },
  backoff: { firstMs: 100, mostMs: 1000 },
  version: '0.1.0',
  wireGreatest: 2,
};

/** The agents of one chassis, one after the other, and what goes wrong in them. */
export class Agents {
  /** Why agents ended that nobody stopped. */
  readonly deaths: string[] = [];
  readonly #parts: AgentsParts;
  #agent: RunningAgent | undefined;
  /** Those in whose place another was started while they ran. */
  readonly #rivals: RunningAgent[] = [];
  #started = 0;

  constructor(parts: AgentsParts) {
    this.#parts = parts;
  }

  take(step: AgentStep): void {
    const agent = this.#agent;
    if (step.kind === 'starts' && agent === undefined) this.start();
    if (agent !== undefined) this.#happen(step, agent);
  }

  start(): void {
    const { rig, journal, sayings, chassis, source, clock, metrics } = this.#parts;
    const process = new Process();
    const northbound = new OverheardNorthbound(rig.database, sayings, journal);
    const running: RunningAgent = { process, northbound, stop: new AbortController() };
    const agent = createAgent({
      ...{ chassis, source, metrics },
      northbound: process.reach<Northbound>(northbound),
      clock: process.clockOf(clock),
      random: seededRandom(1000 + this.#started++),
      logger: silentLogger,
      options: OPTIONS,
    });
    this.#agent = running;
    void agent.run(running.stop.signal).catch((error: unknown) => this.#noteEnd(running, error));
  }

  /** Ends all that is wrong with the agent that runs; starts one where none does, or where several were at odds. */
  heal(): void {
    if (this.#rivals.length > 0) this.stop();
    this.#agent?.process.clearTheWay();
    this.#agent?.process.resume();
    this.#agent?.northbound.restore();
    if (this.#agent === undefined) this.start();
  }

  stop(): void {
    for (const { stop } of [...this.#rivals, ...(this.#agent === undefined ? [] : [this.#agent])])
      stop.abort(new Error('stopped'));
    this.#rivals.length = 0;
    this.#agent = undefined;
  }

  #happen(step: AgentStep, agent: RunningAgent): void {
    const { process, northbound } = agent;
    switch (step.kind) {
      case 'starts':
        break;
      case 'stops':
        this.stop();
        break;
      case 'twin':
        this.#parts.tally.hit('two agents for one chassis');
        this.#rivals.push(agent);
        this.start();
        break;
      case 'resumes':
        process.resume();
        break;
      case 'restored':
        northbound.restore();
        break;
      case 'dies':
        this.#dieAt(agent, step.verb, step.moment);
        break;
      case 'pauses':
        process.pauseAt(step.verb, step.moment);
        break;
      case 'late':
        this.#publishLate(process, step.ms);
        break;
      case 'slow':
        process.delayAt(step.verb, step.moment, () => this.#parts.rig.clock.sleep(step.ms));
        break;
      case 'cut':
        northbound.cut(step.loss);
    }
  }

  /** One for whose chassis another was started ends with an error, as it has to. */
  #noteEnd(running: RunningAgent, error: unknown): void {
    if (this.#agent === running) this.#agent = undefined;
    if (!running.stop.signal.aborted && !hasCode(error, 'FENCED'))
      this.deaths.push(`the agent of ${this.#parts.chassis}: ${String(error)}`);
  }

  #dieAt(agent: RunningAgent, at: AgentVerb, moment: Moment): void {
    const { tally } = this.#parts;
    agent.process.dieAt(at, moment, (verb) => {
      tally.die(`${moment} ${verb}`);
      if (verb === 'publish') tally.hit('agent dies before publish resolves');
      if (this.#agent === agent) this.#agent = undefined;
    });
  }

  #publishLate(process: Process, ms: number): void {
    const { rig, tally } = this.#parts;
    process.intercept('publish', async (proceed) => {
      process.free('publish');
      void rig.clock.sleep(ms).then(async () => {
        tally.hit('publish times out, then lands late');
        await proceed().catch(() => undefined);
      });
      throw new PortStatusError('UNAVAILABLE', 'the publish timed out');
    });
  }
}
