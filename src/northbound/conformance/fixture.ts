import type { Northbound } from '../northbound.js';

/** What can happen to a database that a test can bring about. */
export type Fault = keyof Faults;

export interface Faults {
  /** Cuts this connection, or all of them; `restore` ends it. */
  readonly cut?: {
    readonly cut: (connection: Northbound) => Promise<void>;
    readonly restore: (connection: Northbound) => Promise<void>;
  };
  /** Empties the database under the connections that are open. */
  readonly loseEverything?: () => Promise<void>;
  /** Remembers the data, and goes back to what was remembered, under the connections that are open. */
  readonly rollBack?: {
    readonly checkpoint: () => Promise<void>;
    readonly rollBack: () => Promise<void>;
  };
}

/** One empty database of the engine under test, and what a test can do to it. */
export interface EngineFixture {
  /**
   * A ttl for listeners, in milliseconds: long enough that a slow machine does not let them lapse by itself, short
   * enough for `advance`.
   */
  readonly ttlMs: number;
  readonly faults: Faults;
  /** Opens a further connection, as another process would. */
  connect(): Promise<Northbound>;
  /** Lets the database's own clock move on: sets it where that is possible, else waits. */
  advance(ms: number): Promise<void>;
  /** Removes the database. All connections are closed by then. */
  end(): Promise<void>;
}
