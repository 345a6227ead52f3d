import type { Envelope } from '../../domain/wire.js';
import { checkEnvelopes, greatestRevision } from '../envelopes.js';
import type { ChassisRegistration } from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import { findChassis } from './chassis.js';
import type { MemoryDatabase } from './database.js';
import { drawPlace, findCandidates } from './listeners.js';
import type { MemoryState, ReportRecord } from './state.js';
import { putInto, takeOut, topicOf } from './topics.js';

/** Stores the reports that are not late, with their places, and rings for each topic that got one. */
export function publish(
  database: MemoryDatabase,
  registration: ChassisRegistration,
  envelopes: readonly Envelope[],
): { readonly stored: number; readonly late: number } {
  checkEnvelopes(registration.chassis, envelopes);
  const chassis = findChassis(database, registration);
  const fresh = envelopes.filter(({ revision }) => revision > chassis.maxRevision);
  const candidates = findCandidates(database);
  const records = fresh.map((envelope) => storeReport(database, chassis.reports, envelope));
  for (const record of records) placeReport(database, record, candidates);
  chassis.maxRevision = greatestRevision(fresh, chassis.maxRevision);
  for (const place of new Set(records.map((record) => record.place)))
    database.bells.ring(place ?? UNASSIGNED);
  return { stored: fresh.length, late: envelopes.length - fresh.length };
}

function storeReport(
  database: MemoryDatabase,
  reports: Map<string, ReportRecord>,
  envelope: Envelope,
): ReportRecord {
  const { incarnation } = database.state;
  const now = database.now();
  const record = reports.get(envelope.portId);
  if (record !== undefined) return Object.assign(record, { envelope, incarnation, publishedAt: now });
  const created = { envelope, incarnation, publishedAt: now, pendingSince: now, place: undefined };
  reports.set(envelope.portId, created);
  return created;
}

/** A report that waits where somebody will find it stays; one that was given already waits again; else a draw. */
function placeReport(database: MemoryDatabase, record: ReportRecord, candidates: readonly string[]): void {
  const { state } = database;
  const { place } = record;
  if (place !== undefined && isServed(state, place)) {
    if (topicOf(state, place).given.has(record)) putInto(state, place, record);
    return;
  }
  if (place === undefined) record.pendingSince = database.now();
  takeOut(state, record);
  putInto(state, drawPlace(database, candidates), record);
}

/** Whether the place is the topic of a listener that is registered and not being taken over. */
function isServed({ listeners }: MemoryState, place: string): boolean {
  return listeners.get(place)?.fenced === false;
}
