import { randomBytes, randomInt } from 'node:crypto';

/** The source of chance, as every part of the program gets it: injected, so that any history can be replayed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** An identifier that nobody else draws: 32 hexadecimal digits. */
  id(): string;
}

const TWO_TO_32 = 2 ** 32;

/** The machine's own chance. A number is drawn for each report: `randomInt` asks the machine for thousands at once. */
export const systemRandom: Random = {
  next: () => randomInt(TWO_TO_32) / TWO_TO_32,
  id: () => randomBytes(16).toString('hex'),
};

/** Chance from a seed: the same numbers in the same order every time (splitmix32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const draw = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return {
    next: () => draw() / TWO_TO_32,
    id: () => Array.from({ length: 4 }, () => draw().toString(16).padStart(8, '0')).join(''),
  };
}
