import { z } from 'zod';
import type { ExternalEvent } from '../domain/debt.js';
import { isUuid } from '../domain/report.js';

/**
 * The most events in one request: at most 80 kB, as an event that passes `isSayable` has at most 160 bytes. Nova takes
 * 114,688 bytes; the rest is margin, and keeps small what one lost answer leaves in doubt.
 */
export const MAX_EVENTS = 500;

const eventSchema = z.object({
  name: z.enum(['network-vif-plugged', 'network-vif-unplugged']),
  status: z.enum(['completed', 'failed']),
  server_uuid: z.string().refine(isUuid),
  tag: z.string().refine(isUuid),
});

/**
 * Whether Nova's schema lets this event pass. One that it does not makes the whole batch fail with 400.
 *
 * Source: Nova's `api/openstack/compute/schemas/server_external_events.py`; narrowed to what we say.
 */
export function isSayable(event: ExternalEvent): boolean {
  return eventSchema.safeParse(event).success;
}

/** An event and its place in the caller's list. */
export interface Numbered {
  readonly index: number;
  readonly event: ExternalEvent;
}

export type Batch = readonly Numbered[];

/** Cuts a list into batches, in order, so that none exceeds what Nova takes in one request. */
export function batchesOf(events: readonly Numbered[]): Batch[] {
  const count = Math.ceil(events.length / MAX_EVENTS);
  return Array.from({ length: count }, (_, n) => events.slice(n * MAX_EVENTS, (n + 1) * MAX_EVENTS));
}

/** The two halves of a batch of at least two. */
export function halvesOf(batch: Batch): readonly [Batch, Batch] {
  const middle = Math.ceil(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle)];
}

/** The body of `POST /os-server-external-events`. */
export function encodeBody(events: readonly ExternalEvent[]): string {
  return `{"events":[${events.map(encodeEvent).join(',')}]}`;
}

/** Only the four properties that the schema knows: any other makes the whole batch fail with 400. */
function encodeEvent({ name, server_uuid, status, tag }: ExternalEvent): string {
  return JSON.stringify({ name, server_uuid, status, tag });
}
