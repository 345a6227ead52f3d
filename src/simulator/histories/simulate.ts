import { PortStatusError } from '../../domain/errors.js';
import type { Clock } from '../../runtime/clock.js';
import { Tally } from './crash-table.js';
import type { Came } from './crash-table.js';
import { historyOf, playHistory } from './play.js';
import { playInParallel } from './players.js';
import { shrink } from './shrink.js';
import { tellStory } from './story.js';
import { Stage } from './world.js';
import type { Step } from './world.js';

export interface SimulateOptions {
  /** The seeds, both included. */
  readonly first: number;
  readonly last: number;
  /** Steps of each history. */
  readonly steps: number;
  /** How many histories are played at the same time, each on a core. */
  readonly jobs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What a person wants to hear meanwhile. */
  readonly say: (line: string) => void;
}

/** A history that went wrong, without the steps that it does not need for that. */
export interface Violation extends Recipe {
  readonly complaints: readonly string[];
}

/** How a history is made again: `kept` are the steps of those that the seed draws, by their numbers from 0 on. */
export interface Recipe {
  readonly seed: number;
  readonly steps: number;
  readonly kept: readonly number[];
  /** What happens in it, for whoever reads it; and another history's where the program draws otherwise than it did. */
  readonly story: readonly string[];
}

export interface Outcome {
  readonly histories: number;
  /** Of each history. */
  readonly steps: number;
  readonly violations: readonly Violation[];
  /** How often each row of the crash table came. */
  readonly crashTable: Came['rows'];
  /** How often a process died before or after the effect of each call. */
  readonly crashPoints: Came['points'];
  readonly historiesPerSecond: number;
}

/** So many of the histories that went wrong are shortened, which takes some hundred plays; the others are told in full. */
const MOST_SHORTENED = 3;

/** Plays the histories of these seeds. All but the speed is the same every time, on every machine. */
export async function simulate(options: SimulateOptions): Promise<Outcome> {
  const { first, last, steps, clock, say } = options;
  const histories = last - first + 1;
  const beganMs = clock.monotonicMs();
  const failed: { readonly seed: number; readonly complaints: readonly string[] }[] = [];
  let played = 0;
  const tally = new Tally();
  for await (const { seed, complaints, came } of playInParallel(options)) {
    tally.add(came);
    played += 1;
    if (complaints.length > 0) failed.push({ seed, complaints });
    if (complaints.length > 0) say(`seed ${seed}: ${complaints[0] ?? ''}`);
    if (played % 1000 === 0 && played < histories) say(`${played} of ${histories} histories`);
  }
  const seconds = (clock.monotonicMs() - beganMs) / 1000;
  const violations = await shortenAll(failed, options);
  const { rows: crashTable, points: crashPoints } = tally.all;
  const historiesPerSecond = Math.round((histories / seconds) * 10) / 10;
  return { histories, steps, violations, crashTable, crashPoints, historiesPerSecond };
}

async function shortenAll(
  failed: readonly { readonly seed: number; readonly complaints: readonly string[] }[],
  { steps, say, signal }: SimulateOptions,
): Promise<readonly Violation[]> {
  const stage = new Stage();
  const violations: Violation[] = [];
  for (const [index, { seed, complaints }] of failed.entries()) {
    signal.throwIfAborted();
    if (index < MOST_SHORTENED) say(`seed ${seed}: looking for the shortest history that still fails`);
    const whole = Array.from({ length: steps }, (_, at) => at);
    const kept = index < MOST_SHORTENED ? await shorten(stage, seed, whole) : whole;
    const history = keptOf(seed, steps, kept);
    const left = index < MOST_SHORTENED ? await playHistory(stage, history) : complaints;
    violations.push({ seed, steps, kept, story: tellStory(history), complaints: left });
  }
  await stage.close();
  return violations;
}

function shorten(stage: Stage, seed: number, whole: readonly number[]): Promise<readonly number[]> {
  return shrink(
    whole,
    async (kept) => (await playHistory(stage, keptOf(seed, whole.length, kept))).length > 0,
  );
}

function keptOf(seed: number, steps: number, kept: readonly number[]): readonly Step[] {
  const numbers = new Set(kept);
  return historyOf(seed, steps).filter((_, at) => numbers.has(at));
}

/**
 * Plays one history again. @returns what is wrong with it.
 *
 * @throws {PortStatusError} CONFIG where this program no longer draws what the recipe tells.
 */
export async function replay({ seed, steps, kept, story }: Recipe): Promise<readonly string[]> {
  const history = keptOf(seed, steps, kept);
  if (tellStory(history).join('\n') !== story.join('\n'))
    throw new PortStatusError(
      'CONFIG',
      `seed ${seed} draws another history than the file tells; play it with the version that wrote the file`,
    );
  const stage = new Stage();
  const complaints = await playHistory(stage, history);
  await stage.close();
  return complaints;
}
