import type { SilencePolicy } from '../domain/chassis-silence.js';
import type { SettlePolicy } from '../domain/debt.js';
import type { JudgePolicy } from '../domain/judge.js';
import type { LeaseTimings } from '../domain/listener.js';
import type { Judging, Neutron } from '../neutron/neutron.js';
import type { Membership, Northbound, WorkDone } from '../northbound/northbound.js';
import type { Nova } from '../nova/nova.js';
import type { Clock } from '../runtime/clock.js';
import type { Doorbell } from '../runtime/doorbell.js';
import type { Logger } from '../runtime/logger.js';
import type { Metrics } from '../runtime/metrics.js';
import type { Random } from '../runtime/random.js';
import type { Span, Tracer } from '../runtime/tracer.js';
import type { ClaimedWords } from './claimed-words.js';
import type { Health } from './health.js';
import type { Looks } from './looks.js';
import type { Rush } from './rush.js';

/** What a server works with. Whoever makes them closes them. */
export interface ServerParts {
  readonly northbound: Northbound;
  readonly neutron: Neutron;
  /** Absent in observe mode: nothing is said to Nova then. */
  readonly nova?: Nova | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Absent where tracing is off. */
  readonly tracer?: Tracer | undefined;
  readonly options: ServerOptions;
}

export interface ServerOptions {
  /** The listener's name, and its topic's. */
  readonly id: string;
  /** The program's version. */
  readonly program: string;
  readonly lease: LeaseTimings;
  /** Most reports in one transaction. */
  readonly batch: number;
  readonly policy: JudgePolicy;
  /** Whether any chassis may be written: `apply.mode = write`. */
  readonly willWrite: boolean;
  readonly mayWrite: (chassis: string) => boolean;
  readonly lookEveryMs: number;
  readonly reconcileEveryMs: number;
  /** Most ledger rows, and northbound records, that a sweep reads in a second. */
  readonly reconcileRate: number;
  readonly settleEveryMs: number;
  readonly settle: SettlePolicy;
  /** When ports of a silent chassis go DOWN; absent: they keep their status. */
  readonly silence?: SilencePolicy | undefined;
  /** The greatest wire version that it reads and writes. */
  readonly wireGreatest: number;
  /** Most reports in quarantine; what would be more stays pending. */
  readonly quarantineMax: number;
  /** So many words that become owed together are claimed, and recorded, as one call to Nova. */
  readonly leastOfCall: number;
}

/** The same, and what outlives a registration. */
export interface ProgramParts extends ServerParts {
  readonly countWork: () => Promise<WorkDone>;
}

/** One registration of a server with what its loops share. */
export interface Session extends ProgramParts {
  readonly member: Membership;
  /** When the join that made us a member was sent, by the monotonic clock: the lease counts from there. */
  readonly joinSentAtMs: number;
  /** Ends the registration in order, and the server with it: an operator drains it. */
  readonly endLife: () => void;
  readonly judging: Judging;
  readonly looks: Looks;
  readonly rush: Rush;
  readonly words: ClaimedWords;
  /** Rings when a word to Nova became owed here that was not claimed. */
  readonly debts: Doorbell;
  readonly health: Health;
  /** The batch that is worked on, where it is traced: in the session of that batch alone. */
  readonly span?: Span | undefined;
}
