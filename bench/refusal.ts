import type { Scenario, Takes } from './scenario.js';

/** What a command line says. */
export interface Asked {
  /** Names of options that were given, not taken by default. */
  readonly given: readonly string[];
  readonly engines: readonly string[];
  readonly db: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Why a scenario can not be played as it is asked for, and what it takes, in one line; undefined where it can. */
export function refusalOf({ name, takes }: Scenario, asked: Asked): string | undefined {
  const reason = reasonOf(takes, asked);
  return reason === undefined ? undefined : `${name}: ${reason}; it takes ${inWords(takes)}`;
}

function reasonOf(takes: Takes, { given, engines, db, numbers }: Asked): string | undefined {
  const foreign = given.find((option) => !isTaken(takes, option));
  if (foreign !== undefined) return `--${foreign} means nothing here`;
  if (given.includes('engine')) {
    const unknown = engines.find((engine) => !takes.engines.includes(engine));
    if (unknown !== undefined) return `no engine ${unknown}`;
    if (engines.length > 1 && takes.areEnginesCompared !== true) return 'one engine at a time';
  }
  if (given.includes('db') && !takes.dbs.includes(db)) return `no database ${db}`;
  const wrong = given.find((option) => numbers[option] !== undefined && !isCount(numbers[option]));
  return wrong === undefined ? undefined : `--${wrong} is a whole number from 1 on`;
}

export function isTaken({ engines, dbs, options }: Takes, option: string): boolean {
  if (option === 'json') return true;
  if (option === 'engine') return engines.length > 0;
  if (option === 'db') return dbs.length > 0;
  return options.some((name) => name === option);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function inWords({ engines, areEnginesCompared, dbs, options }: Takes): string {
  return [
    ...(engines.length === 0 ? [] : [`--engine ${engines.join(areEnginesCompared === true ? ' ' : '|')}`]),
    ...(dbs.length === 0 ? [] : [`--db ${dbs.join('|')}`]),
    ...[...options, 'json'].map((option) => `--${option}`),
  ].join(', ');
}
