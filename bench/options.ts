/** How a scenario is to be played. */
export interface ScenarioOptions {
  /** Absent: all. */
  readonly engines: readonly string[] | undefined;
  /** One engine of the northbound database, where a scenario takes one. */
  readonly engine: string;
  readonly db: string;
  readonly ports: number;
  readonly chassis: number;
  readonly servers: number;
  /** How often everything is measured. */
  readonly runs: number;
  /** A folder where each server writes what took its processor's time. */
  readonly profile?: string | undefined;
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** How large a scenario is unless said otherwise. */
export const USUAL_SIZE = { ports: 50_000, chassis: 1000 };
