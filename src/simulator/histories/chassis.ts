import type { ReportedStatus } from '../../domain/report.js';
import { encodeReport } from '../../domain/wire.js';
import { MemoryNorthbound } from '../../northbound/memory/memory-northbound.js';
import type { Metrics } from '../../runtime/metrics.js';
import { ScriptedSwitch } from '../switch/scripted-switch.js';
import { Agents } from './agents.js';
import type { Tally } from './crash-table.js';
import type { Wire } from './history.js';
import { UNWRITABLE } from './journal.js';
import type { Journal } from './journal.js';
import { MachineClock } from './machine-clock.js';
import { Sayings } from './overheard.js';
import { portIdOf } from './port-ids.js';
import type { Rig } from './rig.js';

/** What happens on a compute node, but for its agent. */
export type NodeStep = { readonly chassis: string } & (SwitchStep | OtherStep);

type SwitchStep =
  | {
      /** The switch shows a plugging, a new one or the one that it has. */
      readonly kind: 'plug';
      readonly port: number;
      readonly status: ReportedStatus;
      readonly isNew: boolean;
      /** The instance that a new plugging is for, where the switch knows it. */
      readonly knowsInstance: boolean;
    }
  | { readonly kind: 'unplug'; readonly port: number }
  | { readonly kind: 'switch-lost' | 'switch-back' | 'host-boots' | 'switch-confirms' };

type OtherStep =
  /** Somebody writes in the agent's name what no server can read, or what no database takes. */
  | { readonly kind: 'poison'; readonly how: 'malformed' | 'unwritable' }
  | { readonly kind: 'clock'; readonly by: number };

export interface ChassisParts {
  readonly rig: Rig;
  readonly journal: Journal;
  readonly tally: Tally;
  readonly metrics: Metrics;
  /** The instance that a port belongs to; undefined where there is no such port. */
  readonly deviceOf: (port: number) => Promise<string | undefined>;
}

/** The port that poison is about: Neutron does not know it. */
const POISONED = 9;

/** A compute node: its switch, its clock and its agent. */
export class Chassis {
  readonly agents: Agents;
  readonly #name: string;
  readonly #parts: ChassisParts;
  readonly #clock: MachineClock;
  readonly #switch = new ScriptedSwitch();
  #plugged = 0;

  constructor(name: string, parts: ChassisParts) {
    const { rig, journal, tally } = parts;
    this.#name = name;
    this.#parts = parts;
    this.#clock = new MachineClock(rig.clock);
    const sayings = new Sayings(journal, tally, (port) => this.#switch.find(port) !== undefined);
    const [source, clock] = [this.#switch, this.#clock];
    this.agents = new Agents({ ...parts, chassis: name, source, clock, sayings });
  }

  /** What is plugged in. */
  get wires(): readonly Wire[] {
    return this.#switch.ports.map(({ portId: port, status, attachment }) => ({
      ...{ port, chassis: this.#name, status, attachment },
    }));
  }

  async take(step: NodeStep): Promise<void> {
    switch (step.kind) {
      case 'plug':
        return this.#plug(step);
      case 'unplug':
        this.#switch.unplug(portIdOf(step.port));
        return;
      case 'switch-lost':
        this.#switch.lose();
        return;
      case 'switch-back':
        this.#switch.reconnect();
        return;
      case 'host-boots':
        this.#switch.reboot();
        return;
      case 'switch-confirms':
        this.#switch.confirm();
        return;
      case 'poison':
        return this.#poison(step.how);
      case 'clock':
        this.#clock.step(step.by);
    }
  }

  /** Ends all that is wrong here: an agent runs, and the switch tells it everything. */
  heal(): void {
    this.#switch.reconnect();
    this.#switch.confirm();
    this.agents.heal();
  }

  async #plug(step: SwitchStep & { kind: 'plug' }): Promise<void> {
    const { port, status, isNew } = step;
    const portId = portIdOf(port);
    const before = isNew ? undefined : this.#switch.find(portId);
    const instance =
      before === undefined && step.knowsInstance ? await this.#parts.deviceOf(port) : before?.instance;
    const attachment = before?.attachment ?? `${this.#name}-${++this.#plugged}`;
    this.#switch.plug({ portId, status, attachment, instance });
  }

  async #poison(how: 'malformed' | 'unwritable'): Promise<void> {
    const { rig, tally } = this.#parts;
    const { chassis, incarnation } = rig.database.state;
    const record = chassis.get(this.#name);
    if (record === undefined) return;
    const { token, number, maxRevision } = record;
    const report = {
      ...{ portId: portIdOf(POISONED), chassis: this.#name, revision: maxRevision + 1 },
      ...({ status: 'ACTIVE', attachment: UNWRITABLE, observedAt: rig.clock.now() } as const),
    };
    const envelope = encodeReport(report, 1);
    await new MemoryNorthbound(rig.database).publish(
      { chassis: this.#name, token, number, maxRevision, incarnation },
      [how === 'malformed' ? { ...envelope, body: '' } : envelope],
    );
    tally.hit('a report poisons its batch');
  }
}
