import type { Clock } from '../../runtime/clock.js';
import type { Sample } from '../../runtime/samples.js';
import { Process } from './processes.js';
import type { Part } from './processes.js';
import { CountKeeper, readCounts } from './server-counts.js';
import type { ServerCounts } from './tally.js';

/** How long a killed server stays away: longer than others need to take over its topic. */
const AWAY_MS = 6000;

/** All processes of a demo. One that ends without having been told to is the end of the demo. */
export class Crew {
  readonly #clock: Clock;
  readonly #servers: ReadonlyMap<string, Part>;
  readonly #processes = new Map<string, Process>();
  /** Those that are about to be killed: nobody dies twice. */
  readonly #doomed = new Set<Process>();
  readonly #counts = new CountKeeper();
  readonly #failed = new AbortController();
  readonly #closed = new AbortController();
  readonly #revivals = new Set<Promise<void>>();

  /** Starts everybody. */
  constructor(clock: Clock, servers: ReadonlyMap<string, Part>, agents: ReadonlyMap<string, Part>) {
    this.#clock = clock;
    this.#servers = servers;
    for (const [name, part] of [...servers, ...agents]) this.#start(name, part);
  }

  /** Aborted, with what is to be said, when a process has ended by itself. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  get counts(): ServerCounts {
    return readCounts(this.samples);
  }

  /** What all servers have counted, as they said last. */
  get samples(): readonly Sample[] {
    return this.#counts.samples;
  }

  /** How many servers there are, dead ones included. */
  get size(): number {
    return this.#servers.size;
  }

  isRunning(server: string): boolean {
    const process = this.#processes.get(server);
    return process?.hasEnded === false && !this.#doomed.has(process);
  }

  /** Kills a server; it comes back under the same name after a while. */
  async kill(server: string): Promise<void> {
    const process = this.#processes.get(server);
    if (process === undefined || !this.isRunning(server)) return;
    this.#doomed.add(process);
    await this.#counts.ask(process, process.address);
    process.kill();
    const revival = this.#revive(server).finally(() => this.#revivals.delete(revival));
    this.#revivals.add(revival);
  }

  /** Asks every server what it has counted. */
  async count(): Promise<void> {
    const servers = [...this.#servers.keys()].flatMap((name) => this.#processes.get(name) ?? []);
    await Promise.all(servers.map((server) => this.#counts.ask(server, server.address)));
  }

  /** Ends every process; idempotent. */
  async close(): Promise<void> {
    this.#closed.abort(new Error('the demo is over'));
    await Promise.all(this.#revivals);
    await Promise.all([...this.#processes.values()].map((process) => process.stop(this.#clock)));
  }

  /** Ends every process at once, without waiting: for a program that is about to exit. */
  abandon(): void {
    for (const process of this.#processes.values()) process.kill();
  }

  async #revive(server: string): Promise<void> {
    const part = this.#servers.get(server);
    const isLate = await this.#clock.sleep(AWAY_MS, { signal: this.#closed.signal }).then(
      () => false,
      () => true,
    );
    if (!isLate && part !== undefined) this.#start(server, part);
  }

  #start(name: string, part: Part): void {
    const process = new Process(part);
    this.#processes.set(name, process);
    void process.ended.then(({ wasTold }) => {
      if (!wasTold) this.#failed.abort(process.obituary);
    });
  }
}
