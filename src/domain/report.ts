import { PortStatusError } from './errors.js';

/** What a chassis can say of a port. BUILD is Neutron's own word and never reported. */
export type ReportedStatus = 'ACTIVE' | 'DOWN' | 'ERROR';

/** The `ofport` of an interface whose device the switch could not open; the reason is its error. */
export const COULD_NOT_OPEN = -1;

/** What the switch showed when the report was made: kept for the operator's explanation, never decided upon. */
export interface Sighting {
  /** Name of the switch's interface, such as `tap15e2c509-be`. */
  readonly device?: string | undefined;
  /** Whether there is no such interface any more. */
  readonly isGone?: boolean | undefined;
  readonly ofport?: number | undefined;
  readonly linkState?: string | undefined;
  readonly adminState?: string | undefined;
  /** Why the port is not online, in words: the switch's own error text or the rule that is not met. */
  readonly detail?: string | undefined;
}

/**
 * What one chassis says about one logical port now. State, not an event: it may be repeated, replaced, re-sent.
 *
 * Example: `{ portId: '15e2c509-be19-4dfd-a2e0-c08cb1499a3e', chassis: 'cn1', status: 'ACTIVE', attachment:
 * 'b3193b14-5a2f-40f0-8b05-fdb430d77edb', instance: '0f7e9c35-cc38-48b2-8d67-2fe6f853a383',
 * revision: 1795405481123456, observedAt: 1795405481123 }`
 */
export interface Report {
  /** The Neutron port's UUID, lower case. */
  readonly portId: string;
  /** The compute node's name, equal to `binding:host_id`. */
  readonly chassis: string;
  readonly status: ReportedStatus;
  /** Identity of this plugging (OVS Interface row UUID): tells a re-plug from a repetition. */
  readonly attachment: string;
  /** The Nova server (`external_ids:vm-uuid`), where the switch knows it. */
  readonly instance?: string | undefined;
  /** Orders the reports of one chassis; see revision.ts. */
  readonly revision: number;
  /** Milliseconds since 1970 by the chassis' clock. For people: never compared. */
  readonly observedAt: number;
  readonly seen?: Sighting | undefined;
  /**
   * The W3C `traceparent` of what made this report, 55 characters: leads from the agent to the call of Nova. Never
   * decided upon. Since wire version 2.
   */
  readonly trace?: string | undefined;
}

/** A logical port on one chassis: what the ledger and the northbound records are keyed by. */
export interface ReportKey {
  readonly portId: string;
  readonly chassis: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether `text` is a UUID in Neutron's own spelling (lower case, with hyphens). */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** One string per (port, chassis), usable as a Map key: a UUID has a fixed length, so no two keys collide. */
export function keyOf({ portId, chassis }: ReportKey): string {
  return `${portId}@${chassis}`;
}

/** The longest host name that `ml2_port_bindings.host` holds. */
const MAX_NAME_LENGTH = 255;

/**
 * Checks the name of a chassis or listener: 1 to 255 characters, no `/`, no control characters.
 *
 * `/` separates the parts of northbound keys, so that a name can never reach into another's range.
 *
 * @throws {PortStatusError} CONFIG, naming what is wrong.
 */
export function checkName(kind: 'chassis' | 'listener', name: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (name.length === 0 || name.length > MAX_NAME_LENGTH || /[/\u0000-\u001f\u007f]/.test(name)) {
    throw new PortStatusError(
      'CONFIG',
      `${kind} name ${JSON.stringify(name)} must have 1 to ${MAX_NAME_LENGTH} characters and neither "/" nor control characters; choose another`,
    );
  }
  return name;
}
