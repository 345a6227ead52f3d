/** How one boot went. */
export interface BootStory {
  readonly isActive: boolean;
  readonly isPlugged: boolean;
  /** The server that wrote it. */
  readonly server: string | undefined;
  /** How long the guest was paused. */
  readonly waitedMs: number;
}

/** What a demo prints with `--json`. */
export interface Summary {
  readonly boots: number;
  /** Boots whose port is ACTIVE in Neutron, and of which Nova heard "plugged". */
  readonly active: number;
  readonly plugged: number;
  /** Boots that miss one of the two. */
  readonly lost: number;
  /** From the plug to Nova's receipt; null without a boot. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Boots that each server wrote. */
  readonly perServer: Readonly<Record<string, number>>;
  readonly seed: number;
}

export function summarize(stories: readonly BootStory[], servers: readonly string[], seed: number): Summary {
  const waits = stories.filter(({ isPlugged }) => isPlugged).map(({ waitedMs }) => waitedMs);
  return {
    boots: stories.length,
    active: stories.filter(({ isActive }) => isActive).length,
    plugged: waits.length,
    lost: stories.filter(({ isActive, isPlugged }) => !isActive || !isPlugged).length,
    p50Ms: percentile(waits, 0.5),
    p99Ms: percentile(waits, 0.99),
    perServer: Object.fromEntries(
      servers.map((server) => [server, stories.filter((story) => story.server === server).length]),
    ),
    seed,
  };
}

/** The nearest-rank percentile, rounded to a tenth of a millisecond. */
function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return value === undefined ? null : Math.round(value * 10) / 10;
}
