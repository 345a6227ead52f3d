import { hasCode } from '../../domain/errors.js';
import type { Report, ReportedStatus } from '../../domain/report.js';
import { nextRevision } from '../../domain/revision.js';
import { encodeReport } from '../../domain/wire.js';
import type { Envelope } from '../../domain/wire.js';
import { MemoryNorthbound } from '../../northbound/memory/memory-northbound.js';
import type { ChassisRegistration } from '../../northbound/northbound.js';
import { portIdOf } from '../neutron-rows.js';
import type { Rig } from './rig.js';
import type { Journal } from './journal.js';

/** What happens on a compute node. */
export type NodeStep = { readonly chassis: string } & (
  | {
      /** The switch shows a plugging, a new one or the one that it has. */
      readonly kind: 'plug';
      readonly port: number;
      readonly status: ReportedStatus;
      readonly isNew: boolean;
      /** The instance that a new plugging is for, where the switch knows it. */
      readonly knowsInstance: boolean;
    }
  /** An earlier publish lands once more: it was late, or sent twice. */
  | { readonly kind: 'resend'; readonly back: number }
  /** An agent that registers has not published anything yet; it does when it starts, or notices other data. */
  | { readonly kind: 'agent-stops' | 'agent-registers' | 'agent-starts' }
  | { readonly kind: 'clock'; readonly by: number }
);

export interface ChassisParts {
  readonly rig: Rig;
  readonly journal: Journal;
  /** The instance that a port belongs to; undefined where there is no such port. */
  readonly deviceOf: (port: number) => Promise<string | undefined>;
}

/** What the switch has of one port. */
interface Wire {
  readonly status: ReportedStatus;
  readonly attachment: string;
  readonly instance?: string | undefined;
}

interface Publish {
  readonly registration: ChassisRegistration;
  readonly envelopes: readonly Envelope[];
}

/** A compute node: its switch, and an agent that says what it has, as `src/agent` does. */
export class Chassis {
  readonly #name: string;
  readonly #parts: ChassisParts;
  readonly #northbound: MemoryNorthbound;
  readonly #wires = new Map<number, Wire>();
  readonly #sent: Publish[] = [];
  #registration: ChassisRegistration | undefined;
  /** The incarnation in which it has published everything. */
  #completeIn: string | undefined;
  /** The greatest revision that the agent knows it gave. */
  #greatest = 0;
  #isRunning = true;
  #plugged = 0;
  #skewMs = 0;

  constructor(name: string, parts: ChassisParts) {
    this.#name = name;
    this.#parts = parts;
    this.#northbound = new MemoryNorthbound(parts.rig.database);
  }

  async take(step: NodeStep): Promise<void> {
    switch (step.kind) {
      case 'plug':
        return this.#plug(step);
      case 'resend':
        return this.#resend(step.back);
      case 'agent-stops':
        this.#isRunning = false;
        this.#registration = undefined;
        this.#completeIn = undefined;
        this.#greatest = 0;
        return;
      case 'agent-registers':
        await this.#register();
        return;
      case 'agent-starts':
        return this.start();
      case 'clock':
        this.#skewMs += step.by;
    }
  }

  /** Starts the agent, or has it notice that the northbound data is another: it says everything. */
  async start(): Promise<void> {
    const registration = await this.#register();
    if (this.#completeIn !== registration.incarnation) await this.#publishAll(registration);
  }

  /** The registration that stands, or a new one. */
  async #register(): Promise<ChassisRegistration> {
    this.#isRunning = true;
    const standing = this.#standing();
    if (standing !== undefined) return standing;
    const registration = await this.#northbound.registerChassis(this.#name);
    this.#registration = registration;
    this.#greatest = Math.max(this.#greatest, registration.maxRevision);
    return registration;
  }

  #standing(): ChassisRegistration | undefined {
    const { incarnation } = this.#parts.rig.database.state;
    return this.#registration?.incarnation === incarnation ? this.#registration : undefined;
  }

  async #plug(step: NodeStep & { kind: 'plug' }): Promise<void> {
    const { port, status, isNew } = step;
    const before = isNew ? undefined : this.#wires.get(port);
    this.#wires.set(port, { ...(before ?? (await this.#newWire(step))), status });
    if (!this.#isRunning) return;
    const standing = this.#standing();
    if (standing === undefined) return this.start();
    await this.#publish(standing, [port]);
  }

  async #newWire({ port, status, knowsInstance }: NodeStep & { kind: 'plug' }): Promise<Wire> {
    const instance = knowsInstance ? await this.#parts.deviceOf(port) : undefined;
    return { status, attachment: `${this.#name}-${++this.#plugged}`, instance };
  }

  async #resend(back: number): Promise<void> {
    const sent = this.#sent.at(-1 - back);
    if (sent === undefined) return;
    try {
      await this.#northbound.publish(sent.registration, sent.envelopes);
    } catch (error) {
      if (!hasCode(error, 'FENCED', 'REGISTRATION_LOST')) throw error;
    }
  }

  /** Everything that it has, DOWN for what is stored and gone, and then that this was all. */
  async #publishAll(registration: ChassisRegistration): Promise<void> {
    const { journal } = this.#parts;
    const stored = await this.#northbound.reports(this.#name, { limit: 100 });
    const isStored = (port: number): boolean => stored.some(({ portId }) => portId === portIdOf(port));
    const isGone = (port: number): boolean => this.#wires.get(port)?.status === 'DOWN' && !isStored(port);
    const ports = [...this.#wires.keys()];
    await this.#publish(
      registration,
      ports.filter((port) => !isGone(port)),
    );
    for (const port of ports.filter(isGone))
      await journal.note({ kind: 'gone', port: portIdOf(port), chassis: this.#name });
    this.#completeIn = registration.incarnation;
    await journal.note({ kind: 'complete', chassis: this.#name, revision: this.#greatest });
    await this.#northbound.keepChassis(registration, { complete: this.#greatest, version: '0.1.0' });
  }

  async #publish(registration: ChassisRegistration, ports: readonly number[]): Promise<void> {
    const reports = ports.flatMap((port) => this.#report(port));
    await this.#parts.journal.note(
      ...reports.map(({ portId: port, ...report }) => ({ kind: 'said', port, ...report }) as const),
    );
    const envelopes = reports.map((report) => encodeReport(report, 1));
    this.#sent.push({ registration, envelopes });
    await this.#northbound.publish(registration, envelopes);
  }

  #report(port: number): readonly Report[] {
    const wire = this.#wires.get(port);
    if (wire === undefined) return [];
    const observedAt = this.#parts.rig.clock.now() + this.#skewMs;
    this.#greatest = nextRevision(this.#greatest, observedAt);
    return [{ portId: portIdOf(port), chassis: this.#name, ...wire, revision: this.#greatest, observedAt }];
  }
}
