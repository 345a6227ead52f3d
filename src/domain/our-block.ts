import { activeBinding, L2_BLOCK } from './neutron-port.js';
import type { NeutronPort } from './neutron-port.js';
import type { ReportedStatus } from './report.js';

/** An `L2` block that the ledger says we inserted, as its row of (port, chassis) has it. */
export interface InsertedBlock {
  readonly chassis: string;
  /** What the chassis said last. */
  readonly status: ReportedStatus;
  /** The Nova server that the port was plugged into, where it is known. */
  readonly instance?: string | undefined;
  /** The blocks that the port had when we judged it last. */
  readonly blocksThen: readonly string[];
}

/** What becomes of the block when we leave for good, and why. */
export type BlockFate =
  | { readonly kind: 'gone' }
  | { readonly kind: 'remove'; readonly why: string }
  | { readonly kind: 'leave'; readonly why: string };

/**
 * Whether a block that we inserted has to go when we are uninstalled.
 *
 * A block is one row per port, whoever inserted it: when Neutron wants one where ours stands already, ours has become
 * Neutron's. The question is therefore who would remove it later. neutron-openvswitch-agent removes `L2` when it has
 * wired the port; where something else wires, nobody does, and the port would never be ACTIVE again. The first row that
 * fits decides:
 *
 * | the port | the block | because |
 * |---|---|---|
 * | does not exist, or has no `L2` block | gone | it went with the port, or somebody removed it |
 * | is ACTIVE | goes | Neutron gives ACTIVE ports none: it blocks nothing now, but would after the next DOWN |
 * | is in BUILD | stays | neutron-openvswitch-agent is wiring the port, and removes it when it has |
 * | is not bound, or could not be | goes | Neutron activates no unbound port; the next binding inserts its own |
 * | is bound to another host | stays | Neutron bound it there, and wants it until it is wired there |
 * | belongs to another instance than the one unplugged | stays | Neutron bound it again, to the same host |
 * | has a block that it had not when we judged it | stays | Neutron prepares it again, and wants this one, too |
 * | is reported otherwise than DOWN | goes | it is wired: whoever wired it has nothing left to remove |
 * | is DOWN, and was reported so | goes | it keeps being DOWN as Neutron alone would have left it: without a block |
 *
 * A block that stays although it was ours harms where nobody of Neutron's wires; one that goes although Neutron wants it
 * lets a port become ACTIVE before it is wired. Where the rows can not tell the two apart (a port that was taken off and
 * given back to the same instance on the same host) it goes: by then an agent of Neutron's has wired it, or there is none.
 */
export function fateOfBlock(block: InsertedBlock, port: NeutronPort | undefined): BlockFate {
  if (port?.blocks.includes(L2_BLOCK) !== true) return { kind: 'gone' };
  const { status, deviceId } = port;
  if (status === 'ACTIVE') return remove('the port is ACTIVE');
  if (status === 'BUILD') return leave('neutron-openvswitch-agent is wiring the port');
  const host = boundHost(port);
  if (host === undefined) return remove('the port is not bound');
  if (host !== block.chassis) return leave(`Neutron has bound the port to ${host}`);
  if (isOther(block.instance, deviceId)) return leave('Neutron has given the port to another instance');
  const fresh = port.blocks.find((entity) => entity !== L2_BLOCK && !block.blocksThen.includes(entity));
  if (fresh !== undefined) return leave(`Neutron prepares the port again: it has inserted ${fresh}`);
  return remove(block.status === 'DOWN' ? 'the port stays DOWN' : 'the port is wired');
}

function remove(why: string): BlockFate {
  return { kind: 'remove', why };
}

function leave(why: string): BlockFate {
  return { kind: 'leave', why };
}

const NOT_BOUND = new Set(['unbound', 'binding_failed']);

function boundHost(port: NeutronPort): string | undefined {
  const binding = activeBinding(port);
  return binding === undefined || NOT_BOUND.has(binding.vifType) ? undefined : binding.host;
}

/** A port that was taken off its instance has no device. */
function isOther(instance: string | undefined, deviceId: string): boolean {
  return instance !== undefined && deviceId !== '' && instance !== deviceId;
}
