import type { MemoryDatabase } from '../../northbound/memory/database.js';
import { MemoryNorthbound } from '../../northbound/memory/memory-northbound.js';
import type { ReportRecord } from '../../northbound/memory/state.js';
import { entriesOf } from '../../northbound/memory/topics.js';
import type {
  CallOptions,
  DeliveryRef,
  HeartbeatOptions,
  ListenerIdentity,
  Membership,
  TopicLoad,
} from '../../northbound/northbound.js';
import type { Journal } from './journal.js';

/** What is seen of the servers' connections to the northbound database while they work. */
export interface Watch {
  readonly journal: Journal;
  /** Is told that a server's heartbeat, or its join, was stored. */
  readonly noteBeat: () => void;
  readonly alarm: (what: string) => void;
}

/** A server's connection to the northbound database, of which is taken down what is acknowledged through it, and by whom. */
export class WatchedNorthbound extends MemoryNorthbound {
  readonly #database: MemoryDatabase;
  readonly #watch: Watch;
  #generation: string | undefined;

  constructor(database: MemoryDatabase, watch: Watch) {
    super(database);
    this.#database = database;
    this.#watch = watch;
  }

  /** The registration in which the server works, as far as it knows. */
  get generation(): string | undefined {
    return this.#generation;
  }

  override async join(listener: ListenerIdentity, options?: CallOptions): Promise<Membership> {
    const membership = await super.join(listener, options);
    this.#generation = membership.generation;
    this.#watch.noteBeat();
    return membership;
  }

  override async heartbeat(membership: Membership, options?: HeartbeatOptions): Promise<TopicLoad> {
    const load = await super.heartbeat(membership, options);
    this.#watch.noteBeat();
    return load;
  }

  // The effect comes within the call, before its promise: nothing can come between it and what is taken down of it.
  override async acknowledge(
    membership: Membership,
    deliveries: readonly DeliveryRef[],
    options?: CallOptions,
  ): Promise<number> {
    await this.#watch.journal.catchUp();
    const pending = deliveries.flatMap((delivery) => this.#findPending(delivery));
    const answer = super.acknowledge(membership, deliveries, options);
    this.#note(
      membership,
      pending.filter(({ place }) => place === undefined),
    );
    return answer;
  }

  #findPending({ chassis, portId }: DeliveryRef): readonly ReportRecord[] {
    const record = this.#database.state.chassis.get(chassis)?.reports.get(portId);
    return record?.place === undefined ? [] : [record];
  }

  #note({ id, generation }: Membership, acknowledged: readonly ReportRecord[]): void {
    const { journal, alarm } = this.#watch;
    if (acknowledged.length > 0 && this.#database.state.listeners.get(id)?.generation !== generation)
      alarm(`${id} acknowledged after another registration had taken its place`);
    for (const { envelope, incarnation } of acknowledged) {
      const { portId: port, chassis, revision } = envelope;
      journal.entries.push({ kind: 'acknowledged', port, chassis, incarnation, revision });
    }
  }
}

/** What is in a topic that is not its place, or not in the topic that is: a pending report has exactly one. */
export function misplaced({ state }: MemoryDatabase): readonly string[] {
  const reports = [...state.chassis.values()].flatMap((chassis) => [...chassis.reports.values()]);
  const entries = [...state.topics].flatMap(([topic, found]) =>
    [...entriesOf(found)].map((record) => ({ topic, record })),
  );
  const strays = entries.filter(({ topic, record }) => record.place !== topic);
  const missing = reports.filter(
    (record) => record.place !== undefined && !entries.some((entry) => entry.record === record),
  );
  return [
    ...strays.map(({ topic, record }) => `${record.envelope.portId} is in ${topic}, where it has no place`),
    ...missing.map(
      ({ envelope, place }) => `${envelope.portId} is not in ${place ?? ''}, where it has its place`,
    ),
  ];
}
