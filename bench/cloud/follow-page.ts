import {
  CHASSIS,
  chassisPath,
  EVENTS,
  FIRST_CHASSIS,
  pauseAfter,
  QUARANTINE,
  STUCK,
} from '../../dashboard/src/questions.js';
import { systemClock } from '../../src/runtime/clock.js';
import { together } from '../../src/runtime/together.js';
import type { Task } from '../../src/runtime/together.js';
import type { Program } from '../../tests/support/process.js';

/** As Prometheus scrapes where somebody wants to see every second. */
const SCRAPE_MS = 1000;

/** What was answered. */
export interface Followed {
  readonly overviews: number;
  /** Answers to what the page asks beside, and how long the slowest of them took. */
  readonly answers: number;
  readonly slowestMs: number;
  readonly scrapes: number;
}

/**
 * Somebody who has a server's page open while the metrics of all servers are scraped: asks what the page asks, as often,
 * and reads every answer. Draws nothing: the browser that shows the page is on another machine.
 */
export class Follower {
  readonly #base: string;
  readonly #scraped: readonly string[];
  readonly #end = new AbortController();
  readonly #count = { overviews: 0, answers: 0, slowestMs: 0, scrapes: 0 };
  #following: Promise<void> = Promise.resolve();

  private constructor(base: string, scraped: readonly string[]) {
    this.#base = base;
    this.#scraped = scraped;
  }

  /** Opens the page of a server. Resolves when everything on it has been answered once. */
  static async open(page: Program, servers: readonly Program[]): Promise<Follower> {
    const follower = new Follower(await addressOf(page), await Promise.all(servers.map(addressOf)));
    await follower.#open();
    return follower;
  }

  /** Forgets what was answered until now. */
  reset(): void {
    Object.assign(this.#count, { overviews: 0, answers: 0, slowestMs: 0, scrapes: 0 });
  }

  /** Closes the page. @throws what a request failed with. */
  async stop(): Promise<Followed> {
    this.#end.abort(new Error('the page is closed'));
    await this.#following;
    return this.#count;
  }

  async #open(): Promise<void> {
    await loadPage(this.#base);
    const { signal } = this.#end;
    const events = await openEvents(`${this.#base}/api/v1/${EVENTS}`, signal);
    await events.next();
    const questions = [STUCK, QUARANTINE, { path: chassisPath(FIRST_CHASSIS), everyMs: CHASSIS.everyMs }];
    const tookMs = await Promise.all(questions.map(({ path }) => this.#ask(path)));
    const tasks: readonly Task[] = [
      () => this.#follow(events),
      ...questions.map(
        ({ path, everyMs }, index): Task =>
          (stop) =>
            this.#askAgain(path, everyMs, tookMs[index] ?? 0, stop),
      ),
      ...this.#scraped.map(
        (server): Task =>
          (stop) =>
            this.#scrape(server, stop),
      ),
    ];
    this.#following = together(tasks, { signal });
    this.#following.catch(() => undefined); // whoever stops it is told
  }

  async #follow(events: AsyncIterator<string>): Promise<void> {
    for (let next = await events.next(); next.done !== true; next = await events.next())
      if (next.value === 'overview') this.#count.overviews += 1;
  }

  async #askAgain(path: string, everyMs: number, firstTookMs: number, signal: AbortSignal): Promise<void> {
    for (let tookMs = firstTookMs; ; tookMs = await this.#ask(path))
      await systemClock.sleep(pauseAfter(tookMs, everyMs), { signal });
  }

  /** @returns how long it took. A server that is too busy says so, and is asked again, as by the page. */
  async #ask(path: string): Promise<number> {
    const beganMs = systemClock.monotonicMs();
    await (await fetch(`${this.#base}/api/v1/${path}`)).json();
    const tookMs = systemClock.monotonicMs() - beganMs;
    this.#count.answers += 1;
    this.#count.slowestMs = Math.max(this.#count.slowestMs, tookMs);
    return tookMs;
  }

  async #scrape(server: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      await (await fetch(`${server}/metrics`, { signal })).text();
      this.#count.scrapes += 1;
      await systemClock.sleep(SCRAPE_MS, { signal });
    }
  }
}

async function addressOf(program: Program): Promise<string> {
  const { address } = await program.logged('http.listening');
  return `http://${String(address)}`;
}

/** The page and its files. */
async function loadPage(base: string): Promise<void> {
  const page = await (await fetch(`${base}/`)).text();
  for (const [, file = ''] of page.matchAll(/(?:src|href)="\.\/([^"]+)"/g))
    await (await fetch(`${base}/${file}`)).text();
}

async function openEvents(url: string, signal: AbortSignal): Promise<AsyncIterator<string>> {
  const { body } = await fetch(url, { signal });
  if (body === null) throw new Error(`nothing comes from ${url}`);
  return readEvents(body.pipeThrough(new TextDecoderStream()));
}

/** The name of each event; what it says is read, too. */
async function* readEvents(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of chunks) {
    const events = (text + chunk).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
      JSON.parse(data);
      yield name;
    }
  }
}
