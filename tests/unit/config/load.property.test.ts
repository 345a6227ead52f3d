import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inspect, load } from '../../../src/config/load.js';
import type { Command } from '../../../src/config/option.js';
import { environmentNameOf } from '../../../src/config/option.js';
import { keysOf, OPTION_ROWS } from '../../../src/config/options.js';
import { hasCode } from '../../../src/domain/errors.js';
import { sources } from './sources.js';

const COMMANDS: readonly Command[] = [
  'server',
  'agent',
  'migrate',
  'compare',
  'pause',
  'resume',
  'approve',
  'demo',
];
const KEYS = OPTION_ROWS.flatMap(keysOf);

const key = fc.oneof(fc.constantFrom(...KEYS), fc.string());
const text = fc.oneof(
  fc.string(),
  fc.integer().map(String),
  fc.constantFrom('true', 'write', 'tag', 'sqlite:/x', '127.0.0.1:1', 'a,b'),
);
const tomlValue = fc.oneof(
  fc.integer().map(String),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
  fc.boolean().map(String),
  fc.string().map((one) => JSON.stringify(one)),
  fc.array(fc.string()).map((one) => JSON.stringify(one)),
  fc.constantFrom('1979-05-27', '{ a = 1 }', '[[1], []]', '= ='),
);
const toml = fc.oneof(
  fc.string(),
  fc
    .array(fc.tuple(fc.constantFrom(...KEYS), tomlValue))
    .map((lines) => lines.map(([name, value]) => `${name} = ${value}`).join('\n')),
);

it('is read or refused as CONFIG, whatever stands in flags, environment and file', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...COMMANDS),
      fc.dictionary(key, text),
      fc.dictionary(fc.oneof(key.map(environmentNameOf), fc.string()), text),
      toml,
      (command, flags, environment, file) => {
        const said = sources({ flags, environment, file, files: { 'a,b': 'secret' } });
        const { problems } = inspect(command, said);
        let refusal: unknown;
        try {
          load(command, said);
        } catch (error) {
          refusal = error;
        }
        expect(refusal === undefined || hasCode(refusal, 'CONFIG')).toBe(true);
        expect(refusal !== undefined).toBe(problems.length > 0);
        expect(problems.every((line) => line !== '' && !line.includes('\n'))).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});
