import { checkName } from '../domain/report.js';
import type { Northbound } from '../northbound/northbound.js';
import type { Check } from '../runtime/check.js';
import type { Clock } from '../runtime/clock.js';
import { Doorbell } from '../runtime/doorbell.js';
import type { Logger } from '../runtime/logger.js';
import type { Metrics } from '../runtime/metrics.js';
import type { Random } from '../runtime/random.js';
import type { Backoff } from '../runtime/retry.js';
import { together } from '../runtime/together.js';
import type { Tracer } from '../runtime/tracer.js';
import { ChassisRecord } from './chassis-record.js';
import { Connection } from './connection.js';
import { showHold, showPorts, showResync } from './operator-view.js';
import { Outbasket } from './outbasket.js';
import type { PortSource } from './port-source.js';
import type { AgentHealth } from './health.js';
import { AgentReadiness } from './readiness.js';
import { ripeInMs } from './resync-guard.js';
import type { GuardPolicy } from './resync-guard.js';
import { Speaker } from './speaker.js';
import { Witness } from './witness.js';
import type { HoldChange } from './witness.js';

export interface AgentOptions {
  /** How often the chassis record is written, in milliseconds; an approval is learned as fast. */
  readonly heartbeatMs: number;
  /** Reports per publish, at most. */
  readonly batch: number;
  readonly guard: GuardPolicy;
  /** Pauses between attempts to reach the northbound database. */
  readonly backoff: Backoff;
  /** The program's version, for the chassis record. */
  readonly version: string;
  /** The greatest wire version that this program reads and writes. */
  readonly wireGreatest: number;
}

export interface AgentParts {
  /** The compute node's name, equal to `binding:host_id`. */
  readonly chassis: string;
  readonly northbound: Northbound;
  readonly source: PortSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Absent where tracing is off. */
  readonly tracer?: Tracer | undefined;
  readonly options: AgentOptions;
}

/** The local controller of one chassis. */
export interface Agent {
  /**
   * Works until the signal stops it, and resolves when everything has ended. To be called once.
   *
   * On a crash or a stop nothing has to be saved: the next start publishes every port that is not stored as it is.
   *
   * @throws {PortStatusError} FENCED when another agent has registered for the chassis; whatever the source throws.
   */
  run(signal: AbortSignal): Promise<void>;
  health(): AgentHealth;
  /** Asks those it depends on, and says within 2 s how it stands. */
  checks(): Promise<readonly Check[]>;
}

/** @throws {PortStatusError} CONFIG where the chassis name can not be one. */
export function createAgent(parts: AgentParts): Agent {
  checkName('chassis', parts.chassis);
  const wired = wire(parts);
  const { witness, basket, speaker, record, connection } = wired;
  const health = (): AgentHealth => ({
    switch: witness.switch,
    lostReason: witness.lostReason,
    unconfirmed: witness.unconfirmed,
    northbound: connection.state,
    unpublished: basket.unpublished,
    held: witness.hold?.ports.size ?? 0,
    complete: record.isComplete,
  });
  const readiness = new AgentReadiness(wired, health);
  return {
    run: (signal) =>
      together(
        [
          (stop) => watchSwitch(wired, stop),
          (stop) => speaker.run(stop),
          (stop) => beat(wired, stop),
          (stop) => confirmHolds(wired, stop),
        ],
        { signal },
      ),
    health,
    checks: () => readiness.check(),
  };
}

interface Wired extends AgentParts {
  readonly basket: Outbasket;
  readonly witness: Witness;
  readonly connection: Connection;
  readonly record: ChassisRecord;
  readonly speaker: Speaker;
  readonly bells: Bells;
}

/** Each rings for one waiter: the publisher, the writer of the chassis record, the one who asks for a confirming dump. */
interface Bells {
  readonly news: Doorbell;
  readonly note: Doorbell;
  readonly hold: Doorbell;
}

function wire(parts: AgentParts): Wired {
  const { clock, random, source, options } = parts;
  const bells: Bells = { news: new Doorbell(), note: new Doorbell(), hold: new Doorbell() };
  const basket = new Outbasket(() => clock.monotonicMs());
  const announceHold = (change: HoldChange): void => {
    showHold(change, parts);
    bells.note.ring();
    bells.hold.ring();
  };
  const witness = new Witness({ basket, clock, random, guard: options.guard, announceHold });
  const connection = new Connection({ ...parts, backoff: options.backoff });
  const refresh = (): void => source.refresh();
  const record = new ChassisRecord({ ...parts, ...options, ...bells, witness, connection });
  const speaker = new Speaker({
    ...parts,
    ...options,
    ...bells,
    basket,
    witness,
    connection,
    record,
    refresh,
  });
  return { ...parts, basket, witness, connection, record, speaker, bells };
}

async function watchSwitch(
  { source, witness, basket, metrics, logger, bells }: Wired,
  signal: AbortSignal,
): Promise<void> {
  for await (const update of source.watch({ signal })) {
    const resync = witness.apply(update);
    if (update.kind === 'lost') logger.warn({ event: 'switch.lost', reason: update.reason }, 'switch lost');
    if (resync !== undefined) showResync(resync, { metrics, logger });
    metrics.agentUnpublished.set(basket.unpublished);
    metrics.agentUnconfirmed.set(witness.unconfirmed);
    bells.news.ring();
  }
}

/**
 * Writes the chassis record from time to time, whatever the northbound database does. When that is first is chance: agents
 * that were started together do not go on in step.
 */
async function beat(wired: Wired, signal: AbortSignal): Promise<void> {
  const { clock, random, options, bells, basket, metrics } = wired;
  for (let waitMs = random.next() * options.heartbeatMs; ; waitMs = options.heartbeatMs) {
    showPorts(basket, metrics);
    await clock.sleep(waitMs, { signal });
    bells.note.ring();
  }
}

/** Asks the switch for the dump that confirms a hold, as soon as one may. */
async function confirmHolds({ bells, witness, ...parts }: Wired, signal: AbortSignal): Promise<void> {
  const { clock, options, source } = parts;
  while (true) {
    await bells.hold.wait({ signal });
    while (witness.hold !== undefined) {
      const waitMs = ripeInMs(witness.hold, options.guard, clock.monotonicMs());
      if (waitMs === 0) break;
      await clock.sleep(waitMs, { signal });
    }
    if (witness.hold !== undefined) source.refresh();
  }
}
