/** The rows of the crash table (docs/how-it-works.md, "When something crashes"), as a history comes by them. */
export const CRASH_TABLE = [
  'agent dies before publish resolves',
  'publish times out, then lands late',
  'server dies before commit',
  'server dies after commit, before acknowledge',
  'server dies after commit, before Nova answers',
  'server dies while rows wait to be looked at',
  'server paused past its ttl, then resumes',
  'two transitions while Nova is down, ending where Nova was last told',
  'Neutron changes a port long after its report was acknowledged',
  'northbound database loses the last second, or all',
  'the same, and a chassis clock set back by a day',
  'the same, and a port unplugged while the agent was down',
  "Neutron's database fails or loses a commit's answer",
  "Neutron's database loses the last second",
  'a report poisons its batch',
  'Nova down for an hour',
  'no server live',
  'two agents for one chassis',
  'two servers with one id',
] as const;

export type CrashRow = (typeof CRASH_TABLE)[number];

/** What histories came by: rows of the crash table, and calls at which a process died, such as `after publish`. */
export interface Came {
  readonly rows: Readonly<Record<CrashRow, number>>;
  readonly points: Readonly<Record<string, number>>;
}

/** Counts what a history, or many, came by. */
export class Tally {
  readonly #rows = new Map<CrashRow, number>(CRASH_TABLE.map((row) => [row, 0]));
  readonly #points = new Map<string, number>();

  hit(row: CrashRow, times = 1): void {
    this.#rows.set(row, (this.#rows.get(row) ?? 0) + times);
  }

  /** A process died at a call, before its effect or after it. */
  die(point: string, times = 1): void {
    this.#points.set(point, (this.#points.get(point) ?? 0) + times);
  }

  add({ rows, points }: Came): void {
    for (const row of CRASH_TABLE) this.hit(row, rows[row]);
    for (const [point, times] of Object.entries(points)) this.die(point, times);
  }

  get all(): Came {
    const points = [...this.#points].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      rows: Object.fromEntries(this.#rows) as Record<CrashRow, number>,
      points: Object.fromEntries(points),
    };
  }
}
