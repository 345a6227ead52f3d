import { USUAL_SIZE } from './options.js';
import type { ScenarioOptions } from './options.js';
import { textOf } from './table.js';

/** What a scenario has to keep, and what came of it. */
export interface Bound {
  readonly bound: string;
  readonly value: number | boolean | Readonly<Record<string, number>>;
  readonly holds: boolean;
}

/** @param figure its name in the file, where it has one. */
export function atLeast(figure: string, value: number, least: number): Bound {
  return { bound: `${figure} ≥ ${textOf(least)}`, value, holds: value >= least };
}

export function atMost(figure: string, value: number, most: number): Bound {
  return { bound: `${figure} ≤ ${textOf(most)}`, value, holds: value <= most };
}

export function below(figure: string, value: number, end: number): Bound {
  return { bound: `${figure} < ${textOf(end)}`, value, holds: value < end };
}

export function isTrue(claim: string, value: boolean): Bound {
  return { bound: claim, value, holds: value };
}

type Least = Parameters<typeof atLeast>;

/** One of two is enough. */
export function eitherAtLeast(one: Least, other: Least): Bound {
  const [first, second] = [atLeast(...one), atLeast(...other)];
  return {
    bound: `${first.bound} or ${second.bound}`,
    value: { [one[0]]: one[1], [other[0]]: other[1] },
    holds: first.holds || second.holds,
  };
}

/** `kept: p99Ms ≤ 250: 223`. */
export function lineOf(bound: Bound): string {
  return `${bound.holds ? 'kept' : 'FAILED'}: ${inWords(bound)}`;
}

/** `p99Ms ≤ 250: 223`. */
export function inWords({ bound, value }: Bound): string {
  return `${bound}: ${textOf(value)}`;
}

/** Whether a scenario is played as it is unless said otherwise: bounds on speed are about that alone. */
export function isUsual(options: Omit<ScenarioOptions, 'say'>): boolean {
  return options.engine === 'redis' && options.db === 'mariadb' && isUsualSize(options);
}

export function isUsualSize({ ports, chassis, servers }: Omit<ScenarioOptions, 'say'>): boolean {
  return ports === USUAL_SIZE.ports && chassis === USUAL_SIZE.chassis && servers === 1;
}
