import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode } from '../../../src/domain/errors.js';
import { MessageSplitter } from '../../../src/agent/ovs/framing.js';

const message = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }));

describe('the splitter of messages', () => {
  it('finds the same messages however the stream is cut, also inside a character', () => {
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.nat()), (messages, cuts) => {
        const stream = Buffer.from(messages.map((each) => JSON.stringify(each)).join('\n'));
        expect(splitAt(stream, cuts)).toEqual(
          messages.map((each) => JSON.parse(JSON.stringify(each)) as unknown),
        );
      }),
    );
  });

  it('gives a message at its last byte, not before', () => {
    const splitter = new MessageSplitter();
    expect(splitter.push(Buffer.from('{"a":"}\\"}"'))).toEqual([]);
    expect(splitter.push(Buffer.from('}'))).toEqual([{ a: '}"}' }]);
  });

  it('refuses a message above the bound, whether it has ended or not', () => {
    for (const text of ['{"a":"0123456789"}', '{"a":"0123456789']) {
      const splitter = new MessageSplitter({ maxBytes: 10 });
      expect(() => splitter.push(Buffer.from(text))).toThrow(/more than 10 bytes; check that the address/);
    }
  });

  it('counts the bound for each message, not for the stream', () => {
    const splitter = new MessageSplitter({ maxBytes: 10 });
    expect(splitter.push(Buffer.from('{"a":1}{"a":2}{"a":3}'))).toHaveLength(3);
  });

  it.each(['HTTP/1.1 400', '"text"', '}', '{"a":]}'])('refuses %j as not being OVSDB', (text) => {
    const failure = catchError(() => new MessageSplitter().push(Buffer.from(text)));
    expect(hasCode(failure, 'UNAVAILABLE')).toBe(true);
  });
});

function splitAt(stream: Buffer, cuts: readonly number[]): unknown[] {
  const splitter = new MessageSplitter();
  const places = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  let start = 0;
  return places.flatMap((place) => splitter.push(stream.subarray(start, (start = place))));
}

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
