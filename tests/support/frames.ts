import type { Page } from 'playwright-core';

/** Has the page take down when each of its frames begins. */
export async function recordFrames(page: Page): Promise<void> {
  await page.evaluate(`
    globalThis.frames = [];
    requestAnimationFrame(function note(atMs) {
      globalThis.frames.push(atMs);
      requestAnimationFrame(note);
    });
  `);
}

/** How long each frame took since that was asked last, in milliseconds. */
export async function takeFrames(page: Page): Promise<readonly number[]> {
  const began = await page.evaluate<number[]>('globalThis.frames.splice(0, globalThis.frames.length - 1)');
  return began.slice(1).map((atMs, index) => atMs - (began[index] ?? atMs));
}

/** What so large a share of them does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
}
