import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { ROOT } from '../support/root.js';

/** The samples of a target, in the order of their names. */
export function corpusOf(target: string): readonly Buffer[] {
  const folder = fileURLToPath(new URL(`tests/fuzz/corpus/${target}/`, ROOT));
  return readdirSync(folder)
    .sort()
    .map((file) => readFileSync(folder + file));
}

/** What has a meaning in JSON, TOML, OVSDB or JavaScript, or is at a limit of one. */
const TOKENS = [
  ...['{', '}', '[', ']', '[[', '"', "'", '"""', '\\', ',', ':', '=', '\n', '|', '/', '%', '@', '?', '#'],
  ...['null', 'true', '-1', '0.5', '1e309', '9007199254740993', '0000000000000000', 'nan', '1979-05-27'],
  ...['["set",[]]', '["uuid","x"]', '["map",[["a","b"]]]', '"delete":null', '__proto__', 'constructor'],
  ...['\u0000', '\ufeff', '\ud83d\ude00', '\\u0000', '\\ud83d', '%ff', '%00'],
].map((token) => Buffer.from(token));

type Edit = (input: Buffer) => Buffer;

/** A place in an input, whatever its length. */
const place = fc.double({ min: 0, max: 1, noNaN: true });

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(place, fc.uint8Array({ maxLength: 8 })).map(([at, bytes]) => splice(at, 0, Buffer.from(bytes))),
  fc
    .tuple(place, fc.uint8Array({ maxLength: 4 }))
    .map(([at, bytes]) => splice(at, bytes.length, Buffer.from(bytes))),
  fc.tuple(place, fc.constantFrom(...TOKENS)).map(([at, token]) => splice(at, 0, token)),
  fc.tuple(place, fc.constantFrom(...TOKENS)).map(([at, token]) => splice(at, token.length, token)),
  fc.tuple(place, fc.nat(64)).map(([at, length]) => splice(at, length, Buffer.alloc(0))),
  fc.tuple(place, fc.integer({ min: 1, max: 16 }), fc.integer({ min: 2, max: 200 })).map(repeat),
  fc.tuple(place, place).map(([from, to]) => moveBlock(from, to)),
);

function splice(at: number, length: number, bytes: Buffer): Edit {
  return (input) => {
    const start = Math.floor(at * input.length);
    return Buffer.concat([input.subarray(0, start), bytes, input.subarray(start + length)]);
  };
}

/** What stands there, many times: depth, or length. */
function repeat([at, length, times]: readonly [number, number, number]): Edit {
  return (input) => {
    const start = Math.floor(at * input.length);
    const block = input.subarray(start, start + length);
    const copies = Array.from({ length: times }, () => block);
    return Buffer.concat([input.subarray(0, start), ...copies, input.subarray(start)]);
  };
}

function moveBlock(from: number, to: number): Edit {
  return (input) => {
    const start = Math.floor(from * input.length);
    const block = input.subarray(start, start + 32);
    return splice(to, 0, block)(splice(from, block.length, Buffer.alloc(0))(input));
  };
}

/** A sample with a few edits. It shrinks to the fewest edits that matter. */
export function editedSample(samples: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 6 }))
    .map(([sample, edits]) => edits.reduce((input, change) => change(input), sample));
}
