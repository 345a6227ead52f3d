/**
 * Draws one of the candidates with equal chance.
 *
 * @param draw a random number in [0, 1), from the caller: the engines' own generators are not ours to trust (Redis
 *   seeds its own the same way on every call).
 */
export function drawOne<T>(candidates: readonly T[], draw: number): T | undefined {
  return candidates[Math.floor(draw * candidates.length)];
}
