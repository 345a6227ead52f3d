import type { Random } from '../runtime/random.js';

/**
 * The fencing token of a listener's registration: its number, which tells later from earlier within one incarnation,
 * and a random part, so that no two are equal. Example: `12-9f86d081884c7d659a2feaa0c55ad015`.
 */
export function formatGeneration(number: number, random: Random): string {
  return `${number}-${random.id()}`;
}

/** The number in a generation. */
export function numberOf(generation: string): number {
  return Number.parseInt(generation, 10);
}
