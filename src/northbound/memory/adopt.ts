import type { Adoption, Membership } from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import type { MemoryDatabase } from './database.js';
import { drawPlace, findCandidates, findListener, judge } from './listeners.js';
import type { MemoryState, ReportRecord } from './state.js';
import { entriesOf, putInto, sizeOf, takeOut, topicOf } from './topics.js';

/** Moves up to `max` reports that nobody handles to listeners drawn for each. */
export function adopt(database: MemoryDatabase, membership: Membership, max: number): Adoption {
  findListener(database, membership);
  const { state } = database;
  const candidates = findCandidates(database);
  if (candidates.length === 0) return { moved: 0, takenOver: [], more: false };
  const abandoned = findAbandoned(database, membership.id);
  fence(database, abandoned);
  const records = takeFirst(state, abandoned, max);
  for (const record of records) moveReport(database, record, candidates);
  for (const place of new Set(records.map((record) => record.place)))
    database.bells.ring(place ?? UNASSIGNED);
  const emptied = abandoned.filter((name) => sizeOf(topicOf(state, name)) === 0);
  const takenOver = emptied.filter((name) => endTopic(state, name));
  const more = abandoned.length > emptied.length;
  return { moved: records.length, takenOver, more };
}

/** Topics that nobody handles: the unassigned, those without a registration, those of lapsed listeners. */
function findAbandoned(database: MemoryDatabase, adopter: string): readonly string[] {
  const { topics, listeners } = database.state;
  return [...topics.keys()].filter((name) => {
    const record = listeners.get(name);
    return name !== adopter && (record === undefined || judge(record, database.now()) === 'lapsed');
  });
}

/** From here on these listeners can only join anew; one that waits for reports learns it. */
function fence(database: MemoryDatabase, names: readonly string[]): void {
  for (const name of names) {
    const record = database.state.listeners.get(name);
    if (record === undefined) continue;
    record.fenced = true;
    database.bells.ring(name);
  }
}

function takeFirst(state: MemoryState, names: readonly string[], max: number): readonly ReportRecord[] {
  const records: ReportRecord[] = [];
  for (const name of names) {
    for (const record of entriesOf(topicOf(state, name))) {
      if (records.length === max) return records;
      records.push(record);
    }
  }
  return records;
}

function moveReport(database: MemoryDatabase, record: ReportRecord, candidates: readonly string[]): void {
  takeOut(database.state, record);
  putInto(database.state, drawPlace(database, candidates), record);
}

/** Deletes an empty topic and its registration. Whether there was a registration. */
function endTopic({ topics, listeners }: MemoryState, name: string): boolean {
  if (name !== UNASSIGNED) topics.delete(name);
  return listeners.delete(name);
}
