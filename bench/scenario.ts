import { Opened } from '../src/runtime/opened.js';
import type { Bound } from './bounds.js';
import type { CommonFigures } from './figures.js';
import type { ScenarioOptions } from './options.js';
import type { Row } from './table.js';

export interface Result {
  readonly scenario: string;
  /** What is measured, as it is: of the common figures those that apply, and the scenario's own. */
  readonly figures: Partial<CommonFigures> & Readonly<Record<string, unknown>>;
  /** Of the engines and databases that were started, each with how sure a commit is. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  /** A line below the table. */
  readonly footer?: string;
  /** What the scenario has to keep at that size, on that engine and database. */
  readonly bounds: readonly Bound[];
}

/** Options that not every scenario takes. */
export type OptionName = 'ports' | 'chassis' | 'servers' | 'runs' | 'profile' | 'seed';

/** What of the command line means something to a scenario; the rest is refused. */
export interface Takes {
  readonly engines: readonly string[];
  /** Whether several engines are measured side by side (default false: one of them). */
  readonly areEnginesCompared?: boolean;
  readonly dbs: readonly string[];
  readonly options: readonly OptionName[];
  /** How large it is unless said otherwise (default `USUAL_SIZE`). */
  readonly size?: { readonly ports: number; readonly chassis: number };
}

/** Engines that processes share, and databases of Neutron, that a cloud is made of. */
export const OF_CLOUDS = {
  engines: ['redis', 'etcd', 'sqlite'],
  dbs: ['mariadb', 'postgresql', 'sqlite'],
} as const;

/** One benchmark: whatever it compares, it measures in the same run. */
export interface Scenario {
  readonly name: string;
  readonly doc: string;
  readonly takes: Takes;
  readonly run: (options: ScenarioOptions) => Promise<Result>;
}

/** Plays a scenario as often as it is to be measured, each time with what is opened and closed for that run alone. */
export async function eachRun<Figures>(
  { runs, say }: ScenarioOptions,
  play: (opened: Opened, run: number) => Promise<Figures>,
): Promise<readonly Figures[]> {
  const figures: Figures[] = [];
  for (let run = 1; run <= runs; run++) {
    say(`run ${run} of ${runs}`);
    await using opened = new Opened();
    figures.push(await play(opened, run));
  }
  return figures;
}
