import type { Judging, Neutron } from '../../neutron/neutron.js';
import type { Northbound } from '../../northbound/northbound.js';
import type { Clock } from '../../runtime/clock.js';
import type { WriteRule } from '../judge-policy.js';

/** What is compared, and by which rules. */
export interface Sources {
  readonly northbound: Northbound;
  readonly neutron: Neutron;
  readonly clock: Clock;
  /** How what is found is judged: as a server of this configuration does. */
  readonly judging: Judging;
  /** Whether a server has joined the present incarnation: what is new in one that nobody joined is left to the first that does. */
  readonly isNumbered: boolean;
  readonly rule: WriteRule;
  readonly isDryRun: boolean;
  /** Most rows read in a second of each: ledger, northbound records, Neutron's ports. */
  readonly rate: number;
  /** Most findings mended in one transaction. */
  readonly batch: number;
  /** The greatest wire version that is read. */
  readonly wireGreatest: number;
  /** Neutron's migration heads when its tables were checked. */
  readonly heads: string;
}

/** Rows read at once. */
export const PAGE = 1000;

/** Finds also what differs on chassis that may not be written, and was noted as such. */
export function lookingAtAll(judging: Judging): Judging {
  return { ...judging, mayWrite: () => true };
}
