import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OvsFixture } from '../support/ovs.js';
import { startProgram } from '../support/process.js';
import type { Program } from '../support/process.js';
import type { ChaosEngine } from './engine.js';
import type { Network } from './network.js';

export interface CrewOptions {
  readonly config: string;
  readonly folder: string;
  readonly neutronUrl: string;
  readonly engine: ChaosEngine;
  /** By chassis; every other name is a server's. */
  readonly switches: ReadonlyMap<string, OvsFixture>;
  readonly network: Network | undefined;
}

/** Of Debian's package faketime, in the folder of whatever architecture this is. */
function findFaketime(): string {
  const paths = readdirSync('/usr/lib').map((folder) => `/usr/lib/${folder}/faketime/libfaketime.so.1`);
  const found = paths.find(existsSync);
  if (found === undefined) throw new Error('libfaketime.so.1 is not there; install the package faketime');
  return found;
}

/** The agents and servers by their names, each a process with a clock that can be set. */
export class Crew {
  /** What ended although nobody ended it, with the end of its log. */
  readonly deserted: string[] = [];
  readonly #faketime = findFaketime();
  readonly #options: CrewOptions;
  readonly #programs = new Map<string, Program>();

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** Starts it, or starts it anew under its name. */
  start(name: string): void {
    const ovs = this.#options.switches.get(name);
    const words =
      ovs === undefined
        ? ['server', '--listener-id', name, '--neutron-url', this.#options.neutronUrl]
        : ['agent', '--agent-chassis', name, '--switch-address', ovs.address];
    this.setClock(name, 0);
    const program = startProgram(
      [...words, '--config', this.#options.config, '--northbound-url', this.#options.engine.urlFor(name)],
      { environment: this.#environmentOf(name), prefix: this.#options.network?.links.get(name)?.prefix },
    );
    this.#programs.set(name, program);
    void program.ended.then(({ exitCode, stderr }) => this.#noteEnd(name, program, exitCode, stderr));
  }

  /** Resolves when every one of them has begun its work. */
  async untilAllWork(): Promise<void> {
    for (const [name, program] of this.#programs)
      await program.logged(this.#options.switches.has(name) ? 'agent.resynced' : 'listener.joined', {
        withinMs: 60_000,
      });
  }

  async kill(name: string): Promise<void> {
    const program = this.#programs.get(name);
    this.#programs.delete(name);
    await program?.kill();
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.#programs.get(name)?.signal(signal);
  }

  /** Sets the clock of one process apart from the machine's, in seconds. Its monotonic clock goes on. */
  setClock(name: string, seconds: number): void {
    writeFileSync(this.#clockOf(name), `${seconds < 0 ? '' : '+'}${seconds}`);
  }

  async close(): Promise<void> {
    const programs = [...this.#programs.values()];
    this.#programs.clear();
    await Promise.all(programs.map((program) => program.stop()));
  }

  #clockOf(name: string): string {
    return join(this.#options.folder, `${name}.clock`);
  }

  #environmentOf(name: string): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: this.#faketime,
      FAKETIME_TIMESTAMP_FILE: this.#clockOf(name),
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  #noteEnd(name: string, program: Program, exitCode: number | null, stderr: string): void {
    if (this.#programs.get(name) === program)
      this.deserted.push(`${name} ended with ${String(exitCode)}: ${stderr.slice(-500)}`);
  }
}
