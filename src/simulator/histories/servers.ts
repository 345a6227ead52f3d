import { hasCode, PortStatusError } from '../../domain/errors.js';
import type { Loss } from '../../northbound/memory/memory-northbound.js';
import type { Process } from './process.js';
import { OPTIONS } from './rig.js';
import type { Rig, RunningServer } from './rig.js';

export type Moment = 'before' | 'after';

/** What happens to a server. It dies, stands still or is refused at its next call of the verb, before or after its effect. */
export type ServerStep = { readonly server: number } & (
  | { readonly kind: 'die' | 'pause' | 'fail'; readonly verb: string; readonly moment: Moment }
  | { readonly kind: 'cut'; readonly loss: Loss }
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
/** When one more starts, the eldest is stopped. */
const MOST_SERVERS = 3;

interface NamedServer extends RunningServer {
  readonly id: string;
}

/** The servers of a history, and what goes wrong in them. */
export class Servers {
  /** Why servers ended that nobody stopped. */
  readonly deaths: string[] = [];
  readonly #rig: Rig;
  readonly #running: NamedServer[] = [];
  #started = 0;

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  async take(step: ServerStep): Promise<void> {
    const server = this.#running[step.server % this.#running.length];
    switch (step.kind) {
      case 'start':
        return this.start();
      case 'twin':
        return this.start(server?.id);
      case 'stop':
        server?.stop();
        this.#running.splice(step.server % this.#running.length, 1);
        return;
      case 'resume':
        server?.process.resume();
        return;
      case 'cut':
        server?.northbound.cut(step.loss);
        return;
      case 'restore':
        server?.northbound.restore();
        return;
      case 'die':
        server?.process.dieAt(step.verb, step.moment);
        return;
      case 'pause':
        server?.process.pauseAt(step.verb, step.moment);
        return;
      case 'fail':
        if (step.verb in this.#rig.neutron)
          server?.process.intercept(...failAt(server.process, step.verb, step.moment));
        return;
      case 'receive-twice':
        if (server !== undefined) receiveTwice(server.process);
    }
  }

  async start(id = `server-${++this.#started}`): Promise<void> {
    const running = await this.#rig.start(id, CHANGES);
    this.#running.push({ ...running, id });
    if (this.#running.length > MOST_SERVERS) this.#running.shift()?.stop();
    void running.ended.then((error) => this.#noteDeath(error));
  }

  /** Connects those whose connections are cut; those that stand still go on standing. */
  restoreAll(): void {
    for (const { northbound } of this.#running) northbound.restore();
  }

  resumeAll(): void {
    for (const { process } of this.#running) process.resume();
  }

  /** A server of whose name another was started ends with an error, as it has to. */
  #noteDeath(error: unknown): void {
    if (error instanceof Error && !hasCode(error, 'FENCED')) this.deaths.push(String(error));
  }
}

/** A call to Neutron's database whose connection breaks. */
function failAt(process: Process, verb: string, moment: Moment): Parameters<Process['intercept']> {
  return [
    verb,
    async (proceed) => {
      process.free(verb);
      if (moment === 'after') await proceed();
      throw new PortStatusError('UNAVAILABLE', 'the connection broke');
    },
  ];
}

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
