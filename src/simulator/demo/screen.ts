import type { Clock } from '../../runtime/clock.js';
import type { Crew } from './crew.js';
import type { Killer } from './killer.js';
import type { Story } from './story.js';
import type { Tally } from './tally.js';
import type { Topics } from './topics.js';
import { draw } from './view.js';
import type { Picture } from './view.js';

/** A terminal that is drawn on, and whose keys are heard. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
  /** Whether keys are heard: standard input is the terminal, too. */
  readonly hasKeys: boolean;
  /** Hears each key, until the returned function is called. */
  listen(hear: (key: string) => void): () => void;
}

/** What is shown, and what the keys do. */
export interface Show {
  readonly clock: Clock;
  readonly durationMs: number;
  readonly cast: { readonly servers: readonly string[] };
  readonly crew: Crew;
  readonly topics: Topics;
  readonly tally: Tally;
  readonly story: Story;
  readonly killer: Killer;
  readonly quit: () => void;
}

const REDRAW_EVERY_MS = 200;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_BELOW = '\x1b[J';
const CLEAR_LINE = '\x1b[K';

/** Redraws a few times per second and hears the keys, until the signal says stop. */
export async function showLive(terminal: Terminal, show: Show, signal: AbortSignal): Promise<void> {
  const screen = new Screen(terminal);
  const startMs = show.clock.monotonicMs();
  const redraw = (): void => screen.show(draw(pictureOf(show, startMs), terminal));
  const deaf = terminal.listen((key) => obey(key, show));
  try {
    for (;;) {
      redraw();
      await show.clock.sleep(REDRAW_EVERY_MS, { signal });
    }
  } finally {
    redraw();
    deaf();
    screen.close();
  }
}

function obey(key: string, { killer, quit }: Show): void {
  if (key === 'k') void killer.killOne();
  if (key === 'q') quit();
}

function pictureOf({ clock, durationMs, cast, crew, topics, tally, story }: Show, startMs: number): Picture {
  const { kinds, latency, lost, appliedTwice, perServer } = tally;
  const servers = cast.servers.map((name) => ({
    name,
    state: topics.stateOf(name, { isRunning: crew.isRunning(name) }),
    boots: perServer[name] ?? 0,
    backlog: topics.backlogOf(name),
  }));
  const counts = { ...crew.counts, lost, appliedTwice };
  const elapsedMs = clock.monotonicMs() - startMs;
  const { lines, underWay } = story;
  return { elapsedMs, durationMs, underWay, servers, kinds, counts, latency, story: lines };
}

/** Pictures drawn over each other at the place where the first one began. */
export class Screen {
  readonly #terminal: Terminal;
  #height = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(lines: readonly string[]): void {
    const start = this.#height === 0 ? HIDE_CURSOR : `\x1b[${this.#height}A\r`;
    const body = lines.map((line) => `${line}${CLEAR_LINE}\n`).join('');
    this.#terminal.write(`${start}${body}${CLEAR_BELOW}`);
    this.#height = lines.length;
  }

  /** Gives the cursor back, below the last picture. */
  close(): void {
    this.#terminal.write(SHOW_CURSOR);
  }
}
