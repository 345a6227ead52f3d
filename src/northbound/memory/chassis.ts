import { checkName } from '../../domain/report.js';
import type { ChassisNote, ChassisRegistration, ChassisStanding, ChassisView } from '../northbound.js';
import { refusal } from '../refusals.js';
import type { MemoryDatabase } from './database.js';
import type { ChassisRecord } from './state.js';

/** Gives the name of a chassis to a new registration; what is stored of it stays. */
export function registerChassis(database: MemoryDatabase, chassis: string): ChassisRegistration {
  checkName('chassis', chassis);
  const { state, random } = database;
  const record = state.chassis.get(chassis) ?? createChassis(chassis);
  state.chassis.set(chassis, record);
  record.token = random.id();
  record.number += 1;
  record.timestamp = database.now();
  record.words += 1;
  const { token, number, maxRevision } = record;
  return { chassis, token, number, maxRevision, incarnation: state.incarnation };
}

function createChassis(chassis: string): ChassisRecord {
  return { chassis, token: '', number: 0, maxRevision: 0, timestamp: 0, words: 0, reports: new Map() };
}

/** Gives the name of a chassis that is silent to the caller, under the same number: its agent is not fenced by it. */
export function takeOverChassis(
  { state, random }: MemoryDatabase,
  chassis: string,
  beat: string,
): ChassisRegistration | undefined {
  const record = state.chassis.get(chassis);
  if (record === undefined || beatOf(record) !== beat) return undefined;
  record.token = random.id();
  const { token, number, maxRevision } = record;
  return { chassis, token, number, maxRevision, incarnation: state.incarnation };
}

/** The record that this registration holds. @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
export function findChassis({ state }: MemoryDatabase, registration: ChassisRegistration): ChassisRecord {
  const { chassis, token, number, incarnation } = registration;
  const record = incarnation === state.incarnation ? state.chassis.get(chassis) : undefined;
  if (record?.token === token) return record;
  throw refusal('chassis', chassis, { holder: record?.number, mine: number });
}

export function keepChassis(
  database: MemoryDatabase,
  registration: ChassisRegistration,
  { complete, hold, version }: ChassisNote,
): ChassisStanding {
  const record = findChassis(database, registration);
  const { incarnation, listeners } = database.state;
  record.timestamp = database.now();
  record.words += 1;
  record.hold = hold;
  record.version = version;
  if (complete !== undefined) record.complete = { revision: complete, incarnation };
  const listenerVersions = [...listeners.values()].map(({ versions }) => versions);
  return { approved: record.approved, listenerVersions };
}

export function approveHold({ state }: MemoryDatabase, chassis: string): boolean {
  const record = state.chassis.get(chassis);
  if (record?.hold === undefined) return false;
  record.approved = record.hold.id;
  return true;
}

export function approveSilence({ state }: MemoryDatabase, chassis: string, beat: string): boolean {
  const record = state.chassis.get(chassis);
  if (record === undefined || beatOf(record) !== beat) return false;
  record.approved = beat;
  return true;
}

/** All chassis, or those named that are known, sorted by name. */
export function listChassis(database: MemoryDatabase, names?: readonly string[]): readonly ChassisView[] {
  const { chassis } = database.state;
  return [...new Set(names ?? chassis.keys())]
    .sort()
    .map((name) => chassis.get(name))
    .filter((record) => record !== undefined)
    .map((record) => viewChassis(record, database.now()));
}

function viewChassis(record: ChassisRecord, now: number): ChassisView {
  const { chassis, maxRevision, complete, hold, approved, version, timestamp } = record;
  const ageMs = now - timestamp;
  return { chassis, ageMs, beat: beatOf(record), maxRevision, complete, hold, approved, version };
}

function beatOf({ words }: ChassisRecord): string {
  return String(words);
}
