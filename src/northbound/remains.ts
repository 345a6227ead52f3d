/** The data that a URL names, for whoever wants to be rid of it. */
export interface Remains {
  /** Whether the data itself is there; else only what a crash has left of it, if anything. */
  readonly hasData: boolean;
  /** What is there, each in words that an operator can look up: paths, for a file; keys, for Redis and etcd. */
  readonly traces: readonly string[];
  /**
   * Removes all of it, for good. Nobody may be using it: ask `listeners` and `chassis` first. After a crash half-way,
   * doing it again removes the rest; where nothing is there, nothing happens.
   *
   * @throws {PortStatusError} LAYOUT when it is not ours, UNAVAILABLE when it can not be removed.
   */
  destroy(): Promise<void>;
}
