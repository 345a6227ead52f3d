import { activeBinding, isComputePort, L2_BLOCK } from './neutron-port.js';
import type { Binding, NeutronPort } from './neutron-port.js';
import type { Report } from './report.js';
import { isNewer } from './revision.js';
import type { Moment } from './revision.js';

/** What is to be done with one report: the rows of docs/neutron.md, "Deciding". */
export type Verdict =
  | 'absent'
  | 'stale'
  | 'early'
  | 'delegated'
  | 'unbindable'
  | 'foreign'
  | 'misplaced'
  | 'blocked'
  | 'admin-down'
  | 'applied';

/** Why, as one stable word for the operator. */
export type Reason =
  | 'no-such-port'
  | 'not-newer'
  | 'other-instance'
  | 'driver-not-allowed'
  | 'network-owned'
  | 'trunk-parent'
  | 'l2population'
  | 'no-active-binding'
  | 'binding-failed'
  | 'unbound'
  | 'migrating-here'
  | 'moved-away'
  | 'bound-elsewhere'
  | 'blocks-left'
  | 'fresh-build'
  | 'administratively-down'
  | 'active-though-administratively-down'
  | 'written'
  | 'agrees';

/** What Neutron's tables have to take. All empty: nothing is written at all, `revision_number` included. */
export interface Effects {
  readonly deleteL2: boolean;
  readonly insertL2: boolean;
  readonly write?: 'ACTIVE' | 'DOWN' | 'ERROR';
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly effects: Effects;
}

/** What the operator laid down about what may be written. */
export interface JudgePolicy {
  /** Mechanism drivers whose ports may be written from outside (`neutron.drivers`; there is no default). */
  readonly drivers: ReadonlySet<string>;
  /** A BUILD younger than this is left to the neutron-openvswitch-agent that wrote it. */
  readonly buildGraceMs: number;
}

/** A report as the judge needs it: with the ledger's number of the incarnation it was published in. */
export type JudgedReport = Pick<Report, 'chassis' | 'status' | 'instance'> & Moment;

const NOTHING: Effects = { deleteL2: false, insertL2: false };

/**
 * Decides what one report means for Neutron's tables. Pure: arrival, look-again and sweep all call it.
 *
 * The first rule that speaks decides; the order is the contract's. Only `applied`, `stale` and `delegated` are final,
 * all other verdicts are judged again in full (see look.ts).
 *
 * @param newest what the ledger holds for (port, chassis), where the report is a new arrival. A stored report that is
 *   judged again comes without it: it is the newest.
 */
export function judge(
  report: JudgedReport,
  port: NeutronPort | undefined,
  policy: JudgePolicy,
  newest?: Moment,
): Judgement {
  if (port === undefined) return nothing('absent', 'no-such-port');
  if (newest !== undefined && !isNewer(report, newest)) return nothing('stale', 'not-newer');
  return (
    isForAnotherInstance(report, port) ??
    mayOnlyNeutronWrite(report, port, policy) ??
    isNotBoundHere(report, port) ??
    act(report, port, policy)
  );
}

/** The port was given to another VM meanwhile; the report of that VM's plugging is still to come. */
function isForAnotherInstance(report: JudgedReport, port: NeutronPort): Judgement | undefined {
  return report.status === 'ACTIVE' && report.instance !== undefined && report.instance !== port.deviceId
    ? nothing('early', 'other-instance')
    : undefined;
}

/** Statuses that only neutron-server may write, because more than the two rows hangs on them. */
function mayOnlyNeutronWrite(
  report: JudgedReport,
  port: NeutronPort,
  policy: JudgePolicy,
): Judgement | undefined {
  if (port.deviceOwner.startsWith('network:')) return nothing('delegated', 'network-owned');
  if (port.isTrunkParent) return nothing('delegated', 'trunk-parent');
  if (port.l2populationHosts.includes(report.chassis)) return nothing('delegated', 'l2population');
  const binding = bindingOf(port, report.chassis) ?? activeBinding(port);
  if (binding === undefined || !isBound(binding)) return undefined;
  const isAllowed = binding.driver !== undefined && policy.drivers.has(binding.driver);
  return isAllowed ? undefined : nothing('delegated', 'driver-not-allowed');
}

/** Everything but: this chassis holds the active binding. Why DOWN is foreign: docs/decisions/0002. */
function isNotBoundHere(report: JudgedReport, port: NeutronPort): Judgement | undefined {
  const active = activeBinding(port);
  if (active === undefined) return nothing('unbindable', 'no-active-binding');
  if (active.vifType === 'binding_failed') return nothing('unbindable', 'binding-failed');
  if (active.vifType === 'unbound') return nothing('early', 'unbound');
  if (active.host === report.chassis) return undefined;
  if (report.status === 'DOWN') return nothing('foreign', 'moved-away');
  const isMigrationTarget =
    active.migratingTo === report.chassis || bindingOf(port, report.chassis)?.status === 'INACTIVE';
  return report.status === 'ACTIVE' && isMigrationTarget
    ? nothing('foreign', 'migrating-here')
    : nothing('misplaced', 'bound-elsewhere');
}

/** The report of the bound chassis. */
function act(report: JudgedReport, port: NeutronPort, policy: JudgePolicy): Judgement {
  switch (report.status) {
    case 'ACTIVE':
      return bringUp(port, policy);
    case 'DOWN':
      return {
        ...applied(port, 'DOWN'),
        effects: {
          ...writing(port, 'DOWN'),
          insertL2: isComputePort(port) && !port.blocks.includes(L2_BLOCK),
        },
      };
    case 'ERROR':
      return applied(port, 'ERROR');
  }
}

/** Only UP waits for a fresh BUILD to pass: docs/decisions/0004. */
function bringUp(port: NeutronPort, policy: JudgePolicy): Judgement {
  const deleteL2 = port.blocks.includes(L2_BLOCK);
  if (isFreshBuild(port, policy)) return nothing('early', 'fresh-build');
  if (port.blocks.some((entity) => entity !== L2_BLOCK)) {
    return { verdict: 'blocked', reason: 'blocks-left', effects: { ...NOTHING, deleteL2 } };
  }
  if (!port.adminStateUp) {
    const reason = port.status === 'ACTIVE' ? 'active-though-administratively-down' : 'administratively-down';
    return { verdict: 'admin-down', reason, effects: { ...NOTHING, deleteL2 } };
  }
  return { ...applied(port, 'ACTIVE'), effects: { ...writing(port, 'ACTIVE'), deleteL2 } };
}

/** A time that lies ahead, because neutron-server's clock does, must not hold a boot up for longer than the grace. */
function isFreshBuild({ status, ageMs }: NeutronPort, { buildGraceMs }: JudgePolicy): boolean {
  return status === 'BUILD' && Math.abs(ageMs) < buildGraceMs;
}

function applied(port: NeutronPort, status: 'ACTIVE' | 'DOWN' | 'ERROR'): Judgement {
  const reason = port.status === status ? 'agrees' : 'written';
  return { verdict: 'applied', reason, effects: writing(port, status) };
}

/** An equal status writes nothing at all: `revision_number` goes up by exactly 1 per transition. */
function writing(port: NeutronPort, status: 'ACTIVE' | 'DOWN' | 'ERROR'): Effects {
  return port.status === status ? NOTHING : { ...NOTHING, write: status };
}

function nothing(verdict: Verdict, reason: Reason): Judgement {
  return { verdict, reason, effects: NOTHING };
}

function bindingOf(port: NeutronPort, host: string): Binding | undefined {
  return port.bindings.find((binding) => binding.host === host);
}

function isBound({ vifType }: Binding): boolean {
  return vifType !== 'unbound' && vifType !== 'binding_failed';
}

/** Whether carrying out these effects changes any row of Neutron. */
export function changesNeutron({ deleteL2, insertL2, write }: Effects): boolean {
  return deleteL2 || insertL2 || write !== undefined;
}
