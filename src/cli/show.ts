import type { Clock } from '../runtime/clock.js';
import { Screen } from '../simulator/demo/screen.js';
import type { Terminal } from '../simulator/demo/screen.js';
import { printable } from './table.js';
import type { World } from './world.js';

/** What a command found. */
export interface Answer {
  readonly exitCode: number;
  /** What `--json` prints, beside the exit code. */
  readonly facts: object;
  /** The same for people: lines. */
  readonly text: string;
}

/** Shows one answer after another. */
export interface Show extends Disposable {
  answer(answer: Answer): void;
  /** Why there is no answer now. */
  trouble(why: string): void;
}

type Io = Pick<World, 'stdout' | 'terminal' | 'onExit'>;

/** Pictures in a terminal; elsewhere, and with `--json`, each change. */
export function openShow(io: Io, clock: Clock, isJson: boolean): Show {
  if (isJson) {
    return new Changes(
      ({ exitCode, facts }) => io.stdout.write(`${JSON.stringify({ exitCode, ...facts })}\n`),
      (error) => io.stdout.write(`${JSON.stringify({ error })}\n`),
    );
  }
  if (io.terminal !== undefined) return new Pictures(io.terminal, io.onExit);
  const write = (text: string): void =>
    void io.stdout.write(`${new Date(clock.now()).toISOString()}\n${text}\n`);
  return new Changes(
    ({ text }) => write(text),
    (why) => write(troubleLine(why)),
  );
}

/** What only passes with time, wherever it stands in what was found. */
const PASSING: ReadonlySet<string> = new Set(['ageMs', 'leftMs', 'oldestMs']);

/** Prints what differs from what was printed last. */
class Changes implements Show {
  readonly #print: (answer: Answer) => unknown;
  readonly #complain: (why: string) => unknown;
  #last = '';

  constructor(print: (answer: Answer) => unknown, complain: (why: string) => unknown) {
    this.#print = print;
    this.#complain = complain;
  }

  answer(answer: Answer): void {
    if (this.#isNew(JSON.stringify(answer.facts, (key, value: unknown) => (PASSING.has(key) ? 0 : value))))
      this.#print(answer);
  }

  trouble(why: string): void {
    if (this.#isNew(why)) this.#complain(why);
  }

  #isNew(gist: string): boolean {
    const isNew = gist !== this.#last;
    this.#last = gist;
    return isNew;
  }

  [Symbol.dispose](): void {
    // Nothing is held.
  }
}

const CUT_LINES = '\x1b[?7l';
const WRAP_LINES = '\x1b[?7h';

/** Draws each answer over the one before, as much of it as the terminal has room for; leaves the last one there. */
class Pictures implements Show {
  readonly #terminal: Terminal;
  readonly #screen: Screen;
  readonly #forgetExit: () => void;
  #text = '';
  #drawn = '';

  /** @param onExit has the terminal put right also where the program exits in the middle. */
  constructor(terminal: Terminal, onExit: World['onExit']) {
    this.#terminal = terminal;
    this.#screen = new Screen(terminal);
    this.#forgetExit = onExit(() => this.#restore());
    terminal.write(CUT_LINES);
  }

  answer({ text }: Answer): void {
    this.#text = text;
    this.#draw(text);
  }

  trouble(why: string): void {
    this.#draw(this.#text + troubleLine(why));
  }

  #draw(text: string): void {
    if (text === this.#drawn) return;
    this.#drawn = text;
    this.#screen.show(clip(text.trimEnd().split('\n'), this.#terminal.rows - 1));
  }

  #restore(): void {
    this.#terminal.write(WRAP_LINES);
    this.#screen.close();
  }

  [Symbol.dispose](): void {
    this.#forgetExit();
    this.#restore();
  }
}

/** The lines that there is room for; the last one tells how many more there are. */
function clip(lines: readonly string[], room: number): readonly string[] {
  if (lines.length <= room) return lines;
  const shown = lines.slice(0, Math.max(0, room - 1));
  return [...shown, `… ${lines.length - shown.length} more lines`];
}

function troubleLine(why: string): string {
  return `no answer now: ${printable(why)}\n`;
}
