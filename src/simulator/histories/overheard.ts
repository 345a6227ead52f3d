import { decodeReport } from '../../domain/wire.js';
import type { Envelope } from '../../domain/wire.js';
import type { MemoryDatabase } from '../../northbound/memory/database.js';
import { MemoryNorthbound } from '../../northbound/memory/memory-northbound.js';
import { UNASSIGNED } from '../../northbound/place.js';
import type {
  CallOptions,
  ChassisNote,
  ChassisRegistration,
  ChassisStanding,
} from '../../northbound/northbound.js';
import type { Tally } from './crash-table.js';
import type { Said } from './history.js';
import type { Journal } from './journal.js';

/** What one chassis said so far, through whatever connections. */
export class Sayings {
  readonly #journal: Journal;
  readonly #tally: Tally;
  readonly #isPlugged: (port: string) => boolean;
  /** What it said last of each port. */
  readonly #last = new Map<string, Said>();
  #greatest = 0;
  #incarnation = '';
  #complete = '';

  constructor(journal: Journal, tally: Tally, isPlugged: (port: string) => boolean) {
    this.#journal = journal;
    this.#tally = tally;
    this.#isPlugged = isPlugged;
  }

  /** Takes down what of these is stored now. */
  noteStored(
    database: MemoryDatabase,
    { chassis }: ChassisRegistration,
    envelopes: readonly Envelope[],
  ): void {
    const { chassis: records, incarnation } = database.state;
    const reports = records.get(chassis)?.reports;
    for (const envelope of envelopes) {
      const stored = reports?.get(envelope.portId);
      if (stored?.envelope !== envelope) continue;
      if (stored.place === UNASSIGNED) this.#tally.hit('no server live');
      this.#noteOrder(incarnation, envelope.revision);
      const said = readSaid(envelope);
      this.#journal.entries.push(said);
      this.#last.set(said.port, said);
    }
  }

  /** Takes down that the chassis has published everything, where that is news. */
  noteComplete({ state }: MemoryDatabase, chassis: string): void {
    const record = state.chassis.get(chassis);
    if (record?.complete === undefined) return;
    this.#complete = keyOf(record.complete.revision, state.incarnation);
    const isGone = ({ port }: Said): boolean => !record.reports.has(port) && !this.#isPlugged(port);
    const gone = [...this.#last.values()].filter(isGone);
    if (gone.some(({ status }) => status !== 'DOWN'))
      this.#tally.hit('the same, and a port unplugged while the agent was down');
    this.#journal.entries.push(...gone.map(({ port }) => ({ kind: 'gone', port, chassis }) as const));
    this.#journal.entries.push({ kind: 'complete', chassis, revision: record.complete.revision });
  }

  /** Whether that word would be news. */
  isNews({ complete }: ChassisNote, incarnation: string): boolean {
    return complete !== undefined && keyOf(complete, incarnation) !== this.#complete;
  }

  #noteOrder(incarnation: string, revision: number): void {
    const isAfterLoss = this.#incarnation !== '' && this.#incarnation !== incarnation;
    if (isAfterLoss && revision < this.#greatest)
      this.#tally.hit('the same, and a chassis clock set back by a day');
    this.#greatest = isAfterLoss ? revision : Math.max(this.#greatest, revision);
    this.#incarnation = incarnation;
  }
}

function keyOf(revision: number, incarnation: string): string {
  return `${revision} ${incarnation}`;
}

function readSaid(envelope: Envelope): Said {
  const read = decodeReport(envelope, envelope.version);
  if (read.kind !== 'report') throw new Error(`an agent wrote what can not be read: ${envelope.body}`);
  const { portId: port, chassis, revision, status, attachment, instance } = read.report;
  return { kind: 'said', port, chassis, revision, status, attachment, instance };
}

/** An agent's connection to the northbound database, of which is taken down what comes to be stored through it. */
export class OverheardNorthbound extends MemoryNorthbound {
  readonly #database: MemoryDatabase;
  readonly #sayings: Sayings;
  readonly #journal: Journal;

  constructor(database: MemoryDatabase, sayings: Sayings, journal: Journal) {
    super(database);
    this.#database = database;
    this.#sayings = sayings;
    this.#journal = journal;
  }

  // The effect comes within the call, before its promise: nothing can come between it and what is taken down of it.

  override async publish(
    registration: ChassisRegistration,
    envelopes: readonly Envelope[],
    options?: CallOptions,
  ): Promise<{ readonly stored: number; readonly late: number }> {
    await this.#journal.catchUp();
    const answer = super.publish(registration, envelopes, options);
    this.#sayings.noteStored(this.#database, registration, envelopes);
    return answer;
  }

  override async keepChassis(
    registration: ChassisRegistration,
    note: ChassisNote,
    options?: CallOptions,
  ): Promise<ChassisStanding> {
    const isNews = this.#sayings.isNews(note, registration.incarnation);
    if (isNews) await this.#journal.catchUp();
    const answer = super.keepChassis(registration, note, options);
    const stored = this.#database.state.chassis.get(registration.chassis);
    if (isNews && stored?.token === registration.token && stored.complete?.revision === note.complete)
      this.#sayings.noteComplete(this.#database, registration.chassis);
    return answer;
  }
}
