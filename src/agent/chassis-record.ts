import { commonVersion } from '../domain/wire.js';
import type { ChassisNote, ChassisRegistration, Northbound } from '../northbound/northbound.js';
import type { Clock } from '../runtime/clock.js';
import type { Doorbell } from '../runtime/doorbell.js';
import type { Connection } from './connection.js';
import type { Witness } from './witness.js';

export interface ChassisRecordParts {
  readonly clock: Clock;
  readonly northbound: Northbound;
  readonly connection: Connection;
  readonly witness: Witness;
  /** Rings when there may be something to publish. */
  readonly news: Doorbell;
  /** Rings when the record is to be written: at each heartbeat, and when what it says has changed. */
  readonly note: Doorbell;
  /** The program's version. */
  readonly version: string;
  /** The greatest wire version that this program writes. */
  readonly wireGreatest: number;
}

/** The word that every port is published in an incarnation. */
interface Completeness {
  /** The greatest that was published when it was last so. */
  revision: number;
  readonly incarnation: string;
  isStored: boolean;
}

/** What the northbound database is told of the chassis itself, and what it answers. */
export class ChassisRecord {
  readonly #parts: ChassisRecordParts;
  #complete: Completeness | undefined;
  #keptAtMs: number | undefined;
  #wireVersion: number;

  constructor(parts: ChassisRecordParts) {
    this.#parts = parts;
    this.#wireVersion = commonVersion([], parts.wireGreatest);
  }

  /** The wire version that every listener reads, as the database said last. */
  get wireVersion(): number {
    return this.#wireVersion;
  }

  /** When it was written last under a registration that still stood, by the monotonic clock. */
  get keptAtMs(): number | undefined {
    return this.#keptAtMs;
  }

  /** Whether it is stored that every port is published. */
  get isComplete(): boolean {
    return this.#complete?.isStored === true;
  }

  /** Takes back that every port is published: the data is not the data that it was said of. */
  forgetCompleteness(): void {
    this.#complete = undefined;
  }

  /**
   * Notes that every port is published; `greatest` is the revision of the last of them. The first time that is written at
   * once; that it is still so up to a later revision goes along with the next heartbeat: a DOWN whose record is gone would
   * be lost with the last second of Neutron's database, were the chassis complete only *before* it.
   */
  noteCompleteness({ incarnation }: ChassisRegistration, greatest: number): void {
    if (!this.#parts.witness.isComplete()) return;
    if (this.#complete === undefined) this.#parts.note.ring();
    this.#complete ??= { revision: greatest, incarnation, isStored: false };
    this.#complete.revision = greatest;
  }

  /** Writes the record whenever the bell rings. @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
  async keepWriting(registration: ChassisRegistration, signal: AbortSignal): Promise<void> {
    while (true) {
      await this.#parts.note.wait({ signal });
      await this.write(registration, signal);
    }
  }

  /** Writes the record; the answer tells what the listeners read and what an operator approved. */
  async write(registration: ChassisRegistration, signal: AbortSignal): Promise<void> {
    const { connection, witness, news } = this.#parts;
    const answer = await connection.untilAnswered(() => this.#keep(registration, signal), { signal });
    this.#noteListeners(answer.listenerVersions);
    if (answer.approved !== undefined && witness.approve(answer.approved)) news.ring();
  }

  #noteListeners(listenerVersions: readonly (readonly number[])[]): void {
    const { news, wireGreatest } = this.#parts;
    const before = this.#wireVersion;
    const listeners = listenerVersions.map((versions) => ({ versions }));
    this.#wireVersion = commonVersion(listeners, wireGreatest);
    if (this.#wireVersion < before) news.ring();
  }

  async #keep(registration: ChassisRegistration, signal: AbortSignal): ReturnType<Northbound['keepChassis']> {
    const complete = this.#completeIn(registration.incarnation);
    const answer = await this.#parts.northbound.keepChassis(registration, this.#note(complete), { signal });
    this.#keptAtMs = this.#parts.clock.monotonicMs();
    if (complete !== undefined) complete.isStored = true;
    return answer;
  }

  /** The word, where it was said of the data of this incarnation. */
  #completeIn(incarnation: string): Completeness | undefined {
    return this.#complete?.incarnation === incarnation ? this.#complete : undefined;
  }

  #note(complete: Completeness | undefined): ChassisNote {
    const { witness, version } = this.#parts;
    const { hold } = witness;
    return {
      version,
      complete: complete?.revision,
      hold: hold && { id: hold.id, ports: hold.ports.size, sinceMs: hold.sinceMs },
    };
  }
}
