import type { Delivery, DeliveryRef, Membership } from '../northbound.js';
import type { MemoryDatabase } from './database.js';
import { findListener } from './listeners.js';
import type { MemoryState, ReportRecord } from './state.js';
import { giveAgain, takeOut, topicOf } from './topics.js';

export interface GiveOptions {
  readonly max: number;
  /** Whether what was given and not acknowledged is to be given again: an answer may have been lost. */
  readonly again: boolean;
}

/** Gives up to `max` reports that this membership was not given yet, oldest first. */
export function giveReports(
  database: MemoryDatabase,
  membership: Membership,
  { max, again }: GiveOptions,
): readonly Delivery[] {
  findListener(database, membership);
  const topic = topicOf(database.state, membership.id);
  if (again) giveAgain(topic);
  const deliveries: Delivery[] = [];
  for (const record of topic.waiting) {
    if (deliveries.length === max) break;
    topic.waiting.delete(record);
    if (record.place !== membership.id) continue;
    topic.given.add(record);
    deliveries.push(toDelivery(record, database.now()));
  }
  return deliveries;
}

function toDelivery({ envelope, incarnation, publishedAt }: ReportRecord, now: number): Delivery {
  return { ...envelope, incarnation, waitedMs: now - publishedAt };
}

/** Takes off the topic what still is as it was delivered. */
export function acknowledge(
  database: MemoryDatabase,
  membership: Membership,
  deliveries: readonly DeliveryRef[],
): number {
  findListener(database, membership);
  return deliveries.filter((delivery) => takeOff(database.state, membership.id, delivery)).length;
}

function takeOff(state: MemoryState, listener: string, { chassis, portId, revision }: DeliveryRef): boolean {
  const reports = state.chassis.get(chassis)?.reports;
  const record = reports?.get(portId);
  if (record?.envelope.revision !== revision || record.place !== listener) return false;
  takeOut(state, record);
  if (record.envelope.isDown) reports?.delete(portId);
  return true;
}
