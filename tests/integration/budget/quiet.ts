import type { VirtualClock } from '../../../src/runtime/virtual-clock.js';

/** Turns of the event loop without a call or an answer: then nothing comes any more by itself. */
const QUIET_TURNS = 8;

/** One step of the virtual time: every period and pause of servers and agents is a multiple of it. */
const STEP_MS = 50;

/** Something that goes on under a virtual clock. */
export interface Play {
  readonly clock: VirtualClock;
  /** Grows with every call and answer. */
  readonly moves: () => number;
  /** Carries out what was held back, where anything was. @returns whether anything was. */
  readonly goOn?: () => Promise<boolean>;
  /** Throws where it has ended by itself. */
  readonly check: () => void;
}

/** Lets everything happen that happens at this moment, and until `isDone`. */
export async function untilQuiet(
  { clock, moves, goOn = async () => false, check }: Play,
  isDone = (): boolean => true,
): Promise<void> {
  for (let quiet = 0; quiet < QUIET_TURNS || !isDone();) {
    check();
    const before = moves();
    await clock.advance(0);
    quiet = moves() === before ? quiet + 1 : 0;
    if (quiet >= QUIET_TURNS && (await goOn())) quiet = 0;
  }
}

/** Lets the time go on, each step when everything that was due has happened. */
export async function pass(play: Play, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    await play.clock.advance(STEP_MS);
    await untilQuiet(play);
  }
}
