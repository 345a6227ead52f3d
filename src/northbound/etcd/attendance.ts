import { Doorbell } from '../../runtime/doorbell.js';
import { untilStopped } from '../../runtime/until-stopped.js';
import { Bells } from '../bells.js';
import type { Membership } from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import { unavailable } from '../refusals.js';
import type { EtcdDatabase } from './database.js';
import { ENGINE } from './faults.js';
import { Inbox } from './inbox.js';
import type { Beat, Pulse } from './listeners.js';
import { at, under } from './operations.js';
import { Session } from './session.js';
import { Watch } from './watch.js';
import type { WatchEnd, WatchEvent, Watched } from './watch.js';

/** For how long the watch may not have told of a heartbeat of our own, before it counts as dead. */
const SILENCE_MS = 3000;

interface Unheard {
  readonly revision: number;
  readonly writtenAtMs: number;
}

/**
 * What a connection holds for one membership: its inbox, who waits here, and the watch that wakes them.
 *
 * Watched are its topic, its registration (others fence it), signs of life, and what is in nobody's topic. The watch is
 * opened by whoever waits, and resumed where it broke off; nothing goes on once nobody waits any more but its stream,
 * which ends with `close`. Each heartbeat is written to a key that is watched: a stream that does not bring it is dead,
 * however open its connection seems.
 */
export class Attendance {
  readonly inbox = new Inbox();
  readonly #bells = new Bells();
  readonly #membership: Membership;
  readonly #database: EtcdDatabase;
  readonly #watched: readonly Watched[];
  #watch: Watch | undefined;
  #opening: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();
  /** Why the watch is no more. */
  #loss: unknown;
  #unheard: Unheard | undefined;
  #pulse: Pulse | undefined;
  readonly #life = new AbortController();

  /** @param revision of the data when it joined; 0 where that is not known here. */
  constructor(database: EtcdDatabase, membership: Membership, revision: number) {
    this.#database = database;
    this.#membership = membership;
    this.#watched = this.#whatToWatch(revision === 0 ? 0 : revision + 1);
  }

  /** What the last heartbeat found. */
  get pulse(): Pulse | undefined {
    return this.#pulse;
  }

  /** Lets `bell` ring when there may be something to receive, or the registration is in doubt. */
  listenForReports(bell: Doorbell): () => void {
    return this.#bells.listen(this.#membership.id, bell);
  }

  /** Lets `bell` ring when there may be something to adopt. */
  listenForOrphans(bell: Doorbell): () => void {
    return this.#bells.listen(UNASSIGNED, bell);
  }

  /** Has the inbox know what waits in the topic, where it knows of nothing that does, and the watch run. */
  async prepare(session: Session): Promise<void> {
    if (!this.inbox.isComplete && !this.inbox.hasWaiting) await this.#list(session);
    await this.watch(session.signal);
  }

  /** Has the watch run: whoever asks for it at the same time shares it. @throws {PortStatusError} UNAVAILABLE, RIGHTS. */
  async watch(signal: AbortSignal): Promise<void> {
    if (this.#watch !== undefined || this.#life.signal.aborted) return;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    await untilStopped(this.#opening, signal);
  }

  /** @throws {PortStatusError} UNAVAILABLE when the watch was lost: who was waiting has to know. */
  checkWatch(): void {
    if (this.#loss !== undefined) throw this.#loss as Error;
  }

  /** A heartbeat was written in that revision. Ends a watch that has not told of an earlier one for too long. */
  noteBeat({ revision, pulse }: Pick<Beat, 'revision' | 'pulse'>): void {
    this.#pulse = pulse;
    if (this.#watch === undefined) return;
    const now = this.#database.options.clock.monotonicMs();
    this.#unheard ??= { revision, writtenAtMs: now };
    if (now - this.#unheard.writtenAtMs > SILENCE_MS) this.#watch.stop();
  }

  ringAll(): void {
    this.#bells.ringAll();
  }

  async close(): Promise<void> {
    this.#life.abort(new Error('nobody attends any more'));
    this.#watch?.stop();
    this.ringAll();
    await this.#running;
  }

  async #list(session: Session): Promise<void> {
    const { keys } = this.#database;
    this.inbox.beginListing();
    const limit = this.inbox.listingSize;
    const topic = under(keys.topic(this.#membership.id), { limit, wanted: 'keys', isOldestFirst: true });
    const { revision, answers } = await session.read(topic);
    this.inbox.list(answers[0]?.kvs ?? []);
    this.#beginAfter(revision);
  }

  async #open(): Promise<void> {
    this.#loss = undefined;
    this.#unheard = undefined;
    const session = new Session(this.#database, this.#life.signal);
    if (this.#watched.some(({ next }) => next === 0)) this.#beginAfter((await session.read()).revision);
    const watch = await Watch.open(this.#database.gateway, this.#watched);
    if (this.#life.signal.aborted) watch.stop();
    this.#watch = watch;
    this.#running = this.#run(watch);
  }

  async #run(watch: Watch): Promise<void> {
    try {
      this.#noteEnd(await watch.run());
    } catch (error) {
      this.#loss = error;
    } finally {
      this.#watch = undefined;
      this.ringAll();
    }
  }

  /** What happened in revisions that etcd has thrown away is in the topic: it is listed again. */
  #noteEnd(end: WatchEnd): void {
    if (end === 'stopped') {
      this.#loss = unavailable(ENGINE, 'its watch fell silent');
      return;
    }
    this.inbox.relist();
    for (const watched of this.#watched) watched.next = 0;
  }

  #beginAfter(revision: number): void {
    for (const watched of this.#watched) if (watched.next === 0) watched.next = revision + 1;
  }

  #whatToWatch(next: number): readonly Watched[] {
    const { keys } = this.#database;
    const { id } = this.#membership;
    const ringReports = (): void => this.#bells.ring(id);
    const ringOrphans = (): void => this.#bells.ring(UNASSIGNED);
    return [
      { range: under(keys.topic(id)), next, tell: (event) => this.#notePointer(event) },
      { range: at(keys.listeners + id), next, tell: ringReports },
      { range: under(keys.alive), next, tell: (event) => this.#noteLife(event) },
      { range: under(keys.topic(UNASSIGNED)), next, tell: ({ kind }) => kind === 'put' && ringOrphans() },
    ];
  }

  #notePointer({ kind, kv }: WatchEvent): void {
    if (kind === 'delete') this.inbox.noteRemoval(kv.key, kv.modified);
    else this.inbox.noteWrite(kv.key, kv.modified);
    if (kind === 'put') this.#bells.ring(this.#membership.id);
  }

  /** A sign of life that is gone: somebody left, or lapsed. */
  #noteLife({ kind, kv }: WatchEvent): void {
    if (kind === 'delete') this.#bells.ring(UNASSIGNED);
    const isOurs = kv.key === this.#database.keys.alive + this.#membership.id;
    if (isOurs && kv.modified >= (this.#unheard?.revision ?? Infinity)) this.#unheard = undefined;
  }
}
