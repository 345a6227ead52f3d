import { hasCode, PortStatusError } from '../../domain/errors.js';
import type { Neutron } from '../../neutron/neutron.js';
import type { Loss } from '../../northbound/memory/memory-northbound.js';
import type { CrashRow, Tally } from './crash-table.js';
import type { Journal } from './journal.js';
import type { Moment, Process } from './process.js';
import { OPTIONS, TTL_MS } from './rig.js';
import type { Rig, RunningServer } from './rig.js';
import { WatchedNorthbound } from './watched.js';

/** What happens to a server. It dies, stands still or is refused at its next call of the verb, before or after its effect. */
export type ServerStep = { readonly server: number } & (
  | { readonly kind: 'die' | 'pause' | 'fail'; readonly verb: string; readonly moment: Moment }
  /** It waits for its next call of the verb. */
  | { readonly kind: 'slow'; readonly verb: string; readonly moment: Moment; readonly ms: number }
  /** Another starts under its name while it is at its next call of the verb, before or after that has its effect. */
  | { readonly kind: 'overtaken'; readonly verb: string; readonly moment: Moment }
  | { readonly kind: 'cut'; readonly loss: Loss }
  /** It does not reach Neutron's database any more. */
  | { readonly kind: 'lose-neutron' }
  /** The wall clock of its machine is set. */
  | { readonly kind: 'clock'; readonly by: number }
  /** `twin`: another starts under its name. `receive-twice`: what it is given next, it is given once more. */
  | { readonly kind: 'restore' | 'resume' | 'stop' | 'start' | 'twin' | 'receive-twice' }
);

/** Shorter than anybody would set it, so that less virtual time has to pass: the loops are the same. */
export const RECONCILE_MS = 3000;
export const CHANGES = {
  reconcileEveryMs: RECONCILE_MS,
  settleEveryMs: 2000,
  settle: { ...OPTIONS.settle, backoffMs: { first: 250, most: 1000 } },
  policy: { ...OPTIONS.policy, buildGraceMs: 2000 },
};
/** In which a server has joined. */
const OVERTAKEN_WITHIN_MS = 10;
/** Calls that a server may make while no time passes: what makes more of them would never end. */
const MOST_CALLS_AT_ONCE = 10_000;
/** When one more starts, the eldest is stopped. */
const MOST_SERVERS = 3;

export interface ServersParts {
  readonly journal: Journal;
  readonly tally: Tally;
  /** Is told of what must never be. */
  readonly alarm: (what: string) => void;
}

interface NamedServer extends RunningServer {
  readonly id: string;
}

/** The servers of a history, and what goes wrong in them. */
export class Servers {
  /** Why servers ended that nobody stopped. */
  readonly deaths: string[] = [];
  readonly #rig: Rig;
  readonly #tally: Tally;
  readonly #alarm: (what: string) => void;
  /** Since when it stands still. */
  readonly #paused = new Map<Process, number>();
  /** When the registration of each was stored or prolonged last; of those that stood still since, nothing is expected. */
  readonly #beats = new Map<Process, number>();
  readonly #running: NamedServer[] = [];
  #started = 0;
  /** Every other server claims each word as a call: in histories few become owed together. */
  #launched = 0;

  constructor(rig: Rig, { journal, tally, alarm }: ServersParts) {
    this.#rig = rig;
    this.#tally = tally;
    this.#alarm = alarm;
    rig.connect = (process) => {
      const noteBeat = (): void => this.#noteBeat(process);
      return new WatchedNorthbound(rig.database, { journal, noteBeat, alarm });
    };
  }

  async take(step: ServerStep): Promise<void> {
    const server = this.#running[step.server % this.#running.length];
    switch (step.kind) {
      case 'start':
        return this.start();
      case 'twin':
        if (server !== undefined) this.#tally.hit('two servers with one id');
        return this.start(server?.id);
      case 'overtaken':
        if (server !== undefined) this.#overtakeAt(server, step.verb, step.moment);
        return;
      case 'stop':
        server?.stop();
        this.#running.splice(step.server % this.#running.length, 1);
        return;
      case 'resume':
        if (server !== undefined) this.#resume(server.process);
        return;
      case 'cut':
        server?.northbound.cut(step.loss);
        return;
      case 'slow':
        server?.process.delayAt(step.verb, step.moment, () => this.#rig.clock.sleep(step.ms));
        return;
      case 'lose-neutron':
        this.#tally.hit("Neutron's database fails or loses a commit's answer");
        server?.process.lose(Object.keys(this.#rig.neutron), connectionBroke());
        return;
      case 'restore':
        server?.northbound.restore();
        server?.process.regain();
        return;
      case 'die':
        server?.process.dieAt(step.verb, step.moment, (verb) => this.#noteCrash(verb, step.moment));
        return;
      case 'pause':
        if (server !== undefined) this.#pauseAt(server.process, step.verb, step.moment);
        return;
      case 'clock':
        server?.machine.step(step.by);
        return;
      case 'fail':
        if (step.verb in this.#rig.neutron)
          server?.process.intercept(...this.#failAt(server.process, step.verb, step.moment));
        return;
      case 'receive-twice':
        if (server !== undefined) receiveTwice(server.process);
    }
  }

  async start(id?: string): Promise<void> {
    this.#launch(id);
    await this.#rig.pass(0);
  }

  #launch(id = `server-${++this.#started}`): RunningServer {
    const running = this.#rig.launch(
      id,
      { ...CHANGES, leastOfCall: 1 + (this.#launched++ % 2) },
      (process) => {
        const countCall = this.#callCounter(id);
        process.witness = (verb, args) => {
          countCall(verb);
          this.#witness(verb, args);
          if (verb === 'judge') this.#witnessJudge(id, process);
        };
      },
    );
    this.#running.push({ ...running, id });
    if (this.#running.length > MOST_SERVERS) this.#running.shift()?.stop();
    void running.ended.then((error) => this.#noteDeath(error));
    return running;
  }

  /** Ends a server that calls and calls while no time passes. */
  #callCounter(id: string): (verb: string) => void {
    let [atMs, calls] = [0, 0];
    return (verb) => {
      const nowMs = this.#rig.clock.monotonicMs();
      [atMs, calls] = [nowMs, nowMs === atMs ? calls + 1 : 1];
      if (calls <= MOST_CALLS_AT_ONCE) return;
      this.#alarm(`${id} calls ${verb} without end`);
      throw new Error(`${id} called ${calls} times at one moment`);
    };
  }

  /** What it waits for tells it too late that it was overtaken: else it would not come to its next call. */
  #overtakeAt({ id, process }: NamedServer, verb: string, moment: Moment): void {
    process.intercept('receive', async (proceed) => {
      try {
        return await proceed();
      } catch (error) {
        await this.#rig.clock.sleep(2 * OVERTAKEN_WITHIN_MS);
        throw error;
      }
    });
    process.delayAt(verb, moment, async () => {
      this.#tally.hit('two servers with one id');
      const { process: other } = this.#launch(id);
      other.delayAt('receive', 'before', () => this.#rig.clock.sleep(2 * OVERTAKEN_WITHIN_MS));
      await this.#rig.clock.sleep(OVERTAKEN_WITHIN_MS);
    });
  }

  /** Ends all that is in their way; those that stand still go on standing. */
  restoreAll(): void {
    for (const { northbound, process } of this.#running) {
      northbound.restore();
      process.clearTheWay();
    }
  }

  resumeAll(): void {
    for (const { process } of this.#running) this.#resume(process);
  }

  #pauseAt(process: Process, verb: string, moment: Moment): void {
    process.pauseAt(verb, moment, () => {
      this.#paused.set(process, this.#rig.clock.monotonicMs());
      this.#beats.delete(process);
    });
  }

  #resume(process: Process): void {
    const since = this.#paused.get(process);
    this.#paused.delete(process);
    if (since !== undefined && this.#rig.clock.monotonicMs() - since > TTL_MS)
      this.#tally.hit('server paused past its ttl, then resumes');
    process.resume();
  }

  /** A call to Neutron's database whose connection breaks. */
  #failAt(process: Process, verb: string, moment: Moment): Parameters<Process['intercept']> {
    return [
      verb,
      async (proceed) => {
        process.free(verb);
        this.#tally.hit("Neutron's database fails or loses a commit's answer");
        if (moment === 'after') await proceed();
        throw connectionBroke();
      },
    ];
  }

  #noteCrash(verb: string, moment: Moment): void {
    const point = `${moment} ${verb}`;
    this.#tally.die(point);
    const row = ROWS_OF_CRASHES[point];
    if (row !== undefined) this.#tally.hit(row);
    void this.#noteWaiting();
  }

  async #noteWaiting(): Promise<void> {
    const waiting = await this.#rig.rows.run(
      'select 1 from port_status_reports where look_at is not null limit 1',
    );
    if (waiting.length > 0) this.#tally.hit('server dies while rows wait to be looked at');
  }

  #noteBeat(process: Process): void {
    if (!this.#paused.has(process)) this.#beats.set(process, this.#rig.clock.monotonicMs());
  }

  /** A server whose heartbeats do not get through has stopped before others may take over. */
  #witnessJudge(id: string, process: Process): void {
    const beat = this.#beats.get(process);
    if (beat !== undefined && this.#rig.clock.monotonicMs() - beat > TTL_MS)
      this.#alarm(`${id} works although its registration has lapsed`);
  }

  #witness(verb: string, args: readonly unknown[]): void {
    if (verb !== 'recordAnswers') return;
    const [, answered] = args as Parameters<Neutron['recordAnswers']>;
    if (answered.some(({ debt }) => debt.word === 'plugged' && debt.toldPlugged && debt.untold > 1))
      this.#tally.hit('two transitions while Nova is down, ending where Nova was last told');
  }

  /** A server of whose name another was started ends with an error, as it has to. */
  #noteDeath(error: unknown): void {
    if (error instanceof Error && !hasCode(error, 'FENCED')) this.deaths.push(String(error));
  }
}

function connectionBroke(): PortStatusError {
  return new PortStatusError('UNAVAILABLE', 'the connection broke');
}

const ROWS_OF_CRASHES: Readonly<Partial<Record<string, CrashRow>>> = {
  'before judge': 'server dies before commit',
  'after judge': 'server dies after commit, before acknowledge',
  'before acknowledge': 'server dies after commit, before acknowledge',
  'before tell': 'server dies after commit, before Nova answers',
  'after tell': 'server dies after commit, before Nova answers',
};

function receiveTwice(process: Process): void {
  process.intercept('receive', async (proceed) => {
    const deliveries = await proceed();
    process.intercept('receive', async () => {
      process.free('receive');
      return deliveries;
    });
    return deliveries;
  });
}
