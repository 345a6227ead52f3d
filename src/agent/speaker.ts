import { codeOf, hasCode, PortStatusError } from '../domain/errors.js';
import { nextRevision } from '../domain/revision.js';
import { encodeReport } from '../domain/wire.js';
import type { Envelope } from '../domain/wire.js';
import type { ChassisRegistration, Northbound } from '../northbound/northbound.js';
import type { Clock } from '../runtime/clock.js';
import type { Doorbell } from '../runtime/doorbell.js';
import type { Logger } from '../runtime/logger.js';
import type { Metrics } from '../runtime/metrics.js';
import type { Random } from '../runtime/random.js';
import { together } from '../runtime/together.js';
import type { Span, Tracer } from '../runtime/tracer.js';
import type { ChassisRecord } from './chassis-record.js';
import type { Connection } from './connection.js';
import type { Observation, Outbasket } from './outbasket.js';
import { listStored } from './stored-ports.js';
import type { StoredPort } from './stored-ports.js';
import type { RetellCause, Witness } from './witness.js';

export interface SpeakerParts {
  readonly chassis: string;
  readonly northbound: Northbound;
  readonly connection: Connection;
  readonly record: ChassisRecord;
  readonly basket: Outbasket;
  readonly witness: Witness;
  /** Asks the switch for a dump. */
  readonly refresh: () => void;
  /** Rings when there may be something to publish. */
  readonly news: Doorbell;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Absent where tracing is off. */
  readonly tracer?: Tracer | undefined;
  /** Reports per publish, at most. */
  readonly batch: number;
  /** The greatest wire version that this program reads. */
  readonly wireGreatest: number;
}

/** So many ports are much: no boot of a few machines is held up. */
const MUCH = 32;

/**
 * Says to the northbound database what the outbasket holds, under a registration of the chassis.
 *
 * register → write the chassis record → where the data is not as we left it: list what is stored, and ask for a dump
 * after which every port is published that is not stored as it is → publish, one batch at a time; what comes meanwhile
 * makes the next batch.
 * A registration that the database no longer knows ends this, and it begins again.
 */
export class Speaker {
  readonly #parts: SpeakerParts;
  /** The greatest revision that the chassis is known to have given. */
  #greatest = 0;
  /** The incarnation whose records have been listed. */
  #incarnation: string | undefined;
  /** The newest wire version in which something may be stored that we wrote. */
  #newestWritten = 0;
  /** Whether a registration of ours, whose outcome is unknown, may land late and fence the one that we hold. */
  #mayFenceItself = false;

  constructor(parts: SpeakerParts) {
    this.#parts = parts;
  }

  /** @throws {PortStatusError} FENCED when another agent has registered for this chassis. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#serve(signal);
      } catch (error) {
        this.#checkLost(error);
        await this.#parts.connection.pause(1, { signal });
      }
    }
  }

  /** Works under one registration until it is lost. */
  async #serve(signal: AbortSignal): Promise<void> {
    const { connection, record } = this.#parts;
    const registration = await connection.untilAnswered(() => this.#register(signal), { signal });
    await record.write(registration, signal);
    await this.#learnStored(registration, signal);
    await together(
      [(stop) => record.keepWriting(registration, stop), (stop) => this.#publishNews(registration, stop)],
      { signal },
    );
  }

  async #register(signal: AbortSignal): Promise<ChassisRegistration> {
    const { northbound, chassis, logger } = this.#parts;
    try {
      const registration = await northbound.registerChassis(chassis, { signal });
      const { incarnation, number } = registration;
      logger.info({ event: 'agent.registered', chassis, incarnation, number }, 'registered');
      return registration;
    } catch (error) {
      if (hasCode(error, 'UNAVAILABLE')) this.#mayFenceItself = true;
      throw error;
    }
  }

  /**
   * Every port is to be compared with data that may hold what we did not say: a registration is lost where the data was,
   * or where somebody spoke for this chassis meanwhile. What was stored in this incarnation stands: whoever published it is
   * fenced, and a server that has it either keeps it pending or has judged it (docs/decisions/0021).
   */
  async #learnStored({ incarnation, maxRevision }: ChassisRegistration, signal: AbortSignal): Promise<void> {
    const { witness, record, refresh } = this.#parts;
    this.#greatest = Math.max(this.#greatest, maxRevision);
    const stored = await listStored(this.#parts, { signal });
    const stands = (port: StoredPort): boolean =>
      port.incarnation === incarnation && port.version === record.wireVersion;
    witness.expectAll(
      this.#causeOf(incarnation),
      stored.map((port) => ({ ...port, stands: stands(port) })),
    );
    this.#incarnation = incarnation;
    record.forgetCompleteness();
    if (witness.switch === 'up') refresh();
  }

  #causeOf(incarnation: string): RetellCause {
    if (this.#incarnation === undefined) return 'start';
    return incarnation === this.#incarnation ? 'registered-again' : 'incarnation';
  }

  async #publishNews(registration: ChassisRegistration, signal: AbortSignal): Promise<void> {
    const { connection, record, news } = this.#parts;
    const publish = (): Promise<void> => this.#publishBatch(registration, signal);
    while (true) {
      await this.#sayAgain(signal);
      await this.#leaveRoom(signal);
      while (this.#hasNews()) await connection.untilAnswered(publish, { signal });
      record.noteCompleteness(registration, this.#greatest);
      await news.wait({ signal });
    }
  }

  /** Where there is much to say at once, as after a power cut or a loss of data, others probably have as much. */
  async #leaveRoom(signal: AbortSignal): Promise<void> {
    const { basket, northbound, clock, random } = this.#parts;
    const { spreadMs } = northbound;
    if (spreadMs > 0 && basket.unpublished >= MUCH) await clock.sleep(random.next() * spreadMs, { signal });
  }

  /**
   * Where a server joined that does not read what we wrote: it would keep that in its topic, for one that reads it, until
   * it leaves. What is stored in a newer wire version than all listeners read is said again.
   */
  async #sayAgain(signal: AbortSignal): Promise<void> {
    const { record, witness } = this.#parts;
    const { wireVersion } = record;
    if (wireVersion >= this.#newestWritten) return;
    const stored = await listStored(this.#parts, { signal });
    witness.sayAgain(stored.filter(({ version }) => version > wireVersion));
    this.#newestWritten = wireVersion;
  }

  #hasNews(): boolean {
    const { basket, witness } = this.#parts;
    return witness.maySpeak && basket.unpublished > 0;
  }

  /** Publishes what waits now. Each attempt takes the newest state and new revisions: an earlier one may still land. */
  async #publishBatch(registration: ChassisRegistration, signal: AbortSignal): Promise<void> {
    if (!this.#hasNews()) return;
    const { basket, record, metrics, batch } = this.#parts;
    const { wireVersion } = record;
    const reports = basket.take(batch);
    using span = this.#beginTrace(reports.length);
    const envelopes = reports.map((report) => this.#encode(report, wireVersion, span?.context));
    this.#newestWritten = Math.max(this.#newestWritten, wireVersion);
    await this.#store(registration, envelopes, span, signal);
    basket.markStored(reports);
    this.#mayFenceItself = false;
    metrics.agentPublished.inc(reports.length);
    metrics.agentUnpublished.set(basket.unpublished);
    record.noteCompleteness(registration, this.#greatest);
  }

  #beginTrace(reports: number): Span | undefined {
    const { tracer, chassis } = this.#parts;
    return tracer?.begin('publish', {
      kind: 'producer',
      attributes: { 'port_status.chassis': chassis, 'port_status.reports': reports },
    });
  }

  async #store(
    registration: ChassisRegistration,
    envelopes: readonly Envelope[],
    span: Span | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const { late } = await this.#parts.northbound.publish(registration, envelopes, { signal });
      if (late > 0) throw outOfOrder(registration.chassis);
    } catch (error) {
      span?.fail(codeOf(error));
      throw error;
    }
  }

  #encode(report: Observation, version: number, trace: string | undefined): Envelope {
    const { chassis, clock } = this.#parts;
    this.#greatest = nextRevision(this.#greatest, clock.now());
    return encodeReport({ ...report, chassis, revision: this.#greatest, trace }, version);
  }

  /** Returns where registering again helps; throws what is to end the agent. */
  #checkLost(error: unknown): void {
    const { chassis, logger } = this.#parts;
    const isOwnFence = hasCode(error, 'FENCED') && this.#mayFenceItself;
    if (hasCode(error, 'FENCED') && !isOwnFence) throw explainFence(chassis, error);
    if (!hasCode(error, 'FENCED', 'REGISTRATION_LOST')) throw error;
    if (isOwnFence) this.#mayFenceItself = false;
    logger.warn({ event: 'agent.registration-lost', detail: error.message }, 'registering again');
  }
}

function explainFence(chassis: string, cause: PortStatusError): PortStatusError {
  return new PortStatusError(
    'FENCED',
    `another agent registered for chassis ${chassis} after this one; find the two agents and stop one, or give each its own chassis name`,
    { cause },
  );
}

/** The database knows a greater revision than we: registering again tells it. */
function outOfOrder(chassis: string): PortStatusError {
  return new PortStatusError(
    'REGISTRATION_LOST',
    `chassis ${chassis} gave a revision that is not its greatest; register again to learn that one`,
  );
}
