import type { Report } from '../../../src/domain/report.js';
import { nextRevision } from '../../../src/domain/revision.js';
import { encodeReport } from '../../../src/domain/wire.js';
import type { ChassisRegistration, Northbound } from '../../../src/northbound/northbound.js';
import type { Clock } from '../../../src/runtime/clock.js';
import { deviceOf, portIdOf } from '../../support/neutron-rows.js';

export const PORTS = 1000;
const CHASSIS = 10;

/** The numbers of all ports. */
export const NUMBERS: readonly number[] = Array.from({ length: PORTS }, (_, index) => index + 1);

/** Each chassis has a tenth of the ports. */
export function chassisOf(number: number): string {
  return `compute-${String((number % CHASSIS) + 1).padStart(2, '0')}`;
}

/** What agents on all chassis would say. */
export class AllChassis {
  readonly #northbound: Northbound;
  readonly #clock: Clock;
  readonly #registrations = new Map<string, ChassisRegistration>();
  #revision = 0;

  constructor(northbound: Northbound, clock: Clock) {
    this.#northbound = northbound;
    this.#clock = clock;
  }

  async register(): Promise<void> {
    for (const chassis of new Set(NUMBERS.map(chassisOf)))
      this.#registrations.set(chassis, await this.#northbound.registerChassis(chassis));
  }

  /** Publishes a report of every port, all in one step, so that a server finds all of them when it looks. */
  async say(status: Report['status']): Promise<void> {
    const reports = NUMBERS.map((number) => this.#reportOf(number, status));
    await this.#forEach((registration) => {
      const own = reports.filter(({ chassis }) => chassis === registration.chassis);
      return this.#northbound.publish(
        registration,
        own.map((report) => encodeReport(report, 1)),
      );
    });
  }

  /** Says that everything was published. */
  async complete(): Promise<void> {
    const note = { complete: this.#revision, version: '0.1.0' };
    await this.#forEach((registration) => this.#northbound.keepChassis(registration, note));
  }

  async #forEach(work: (registration: ChassisRegistration) => Promise<unknown>): Promise<void> {
    await Promise.all([...this.#registrations.values()].map(work));
  }

  #reportOf(number: number, status: Report['status']): Report {
    this.#revision = nextRevision(this.#revision, this.#clock.now());
    return {
      ...sightingOf(number),
      chassis: chassisOf(number),
      status,
      revision: this.#revision,
      observedAt: this.#clock.now(),
    };
  }
}

/** What a switch shows of a port. */
export function sightingOf(number: number): Pick<Report, 'portId' | 'attachment' | 'instance' | 'seen'> {
  const portId = portIdOf(number);
  return {
    portId,
    attachment: `aaaaaaaa-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
    instance: deviceOf(number),
    seen: { device: `tap${portId.slice(-11)}`, ofport: 7, linkState: 'up', adminState: 'up' },
  };
}
