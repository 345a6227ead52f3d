import type { Envelope } from '../../domain/wire.js';
import { UNASSIGNED } from '../place.js';
import type { ChassisNote, ListenerIdentity, WorkDone } from '../northbound.js';

/**
 * Everything that the memory engine stores: plain data, so that a checkpoint is one `structuredClone`.
 *
 * It lives as long as its MemoryDatabase: a crash of the process loses it.
 */
export interface MemoryState {
  readonly incarnation: string;
  /** How many listener registrations there were. */
  registrations: number;
  readonly chassis: Map<string, ChassisRecord>;
  readonly listeners: Map<string, ListenerRecord>;
  /** Topics by listener name, and the unassigned under UNASSIGNED; a listener's may exist without its registration. */
  readonly topics: Map<string, Topic>;
}

export interface ChassisRecord {
  readonly chassis: string;
  token: string;
  number: number;
  maxRevision: number;
  complete?: { readonly revision: number; readonly incarnation: string } | undefined;
  hold?: ChassisNote['hold'];
  approved?: string | undefined;
  version?: string | undefined;
  timestamp: number;
  /** How often it spoke. */
  words: number;
  readonly reports: Map<string, ReportRecord>;
}

/** What is stored of one (port, chassis), for as long as that has a record: topics point to this very object. */
export interface ReportRecord {
  envelope: Envelope;
  /** The incarnation that the envelope was published in. */
  incarnation: string;
  publishedAt: number;
  /** Since when something of this port has been pending. */
  pendingSince: number;
  /** A listener's name, UNASSIGNED, or undefined once acknowledged. */
  place: string | undefined;
}

export interface ListenerRecord extends ListenerIdentity {
  readonly generation: string;
  readonly number: number;
  timestamp: number;
  /** Others are adopting its topic: it can only join anew. */
  fenced: boolean;
  isDraining: boolean;
  done?: WorkDone | undefined;
}

/** Pointers to pending reports, each in the order in which they were put there. */
export interface Topic {
  /** What the present registration was given and has not acknowledged; all of it came before `waiting`. */
  readonly given: Set<ReportRecord>;
  readonly waiting: Set<ReportRecord>;
}

export function createState(incarnation: string): MemoryState {
  return {
    incarnation,
    registrations: 0,
    chassis: new Map(),
    listeners: new Map(),
    topics: new Map([[UNASSIGNED, createTopic()]]),
  };
}

export function createTopic(): Topic {
  return { given: new Set(), waiting: new Set() };
}
