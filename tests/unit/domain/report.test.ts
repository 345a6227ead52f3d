import { describe, expect, it } from 'vitest';
import { checkName, isUuid, keyOf } from '../../../src/domain/report.js';
import { PORT_ID } from './examples.js';

describe('A port id', () => {
  it.each([
    { text: PORT_ID, is: true },
    { text: PORT_ID.toUpperCase(), is: false },
    { text: PORT_ID.replaceAll('-', ''), is: false },
    { text: ` ${PORT_ID}`, is: false },
    { text: `${PORT_ID}\n`, is: false },
    { text: `${PORT_ID}0`, is: false },
    { text: '', is: false },
  ])('$text is a UUID in the spelling of Neutron: $is', ({ text, is }) => {
    expect(isUuid(text)).toBe(is);
  });
});

describe('A key', () => {
  it('tells one chassis of a port from another', () => {
    expect(keyOf({ portId: PORT_ID, chassis: 'cn1' })).toBe(`${PORT_ID}@cn1`);
    expect(keyOf({ portId: PORT_ID, chassis: 'cn2' })).not.toBe(keyOf({ portId: PORT_ID, chassis: 'cn1' }));
  });
});

describe('A name', () => {
  it.each(['cn1', 'compute-1.example.org', 'a b', 'ü', 'x'.repeat(255)])('%j may be given', (name) => {
    expect(checkName('chassis', name)).toBe(name);
  });

  it.each(['', 'a/b', '/', 'a\nb', 'a\u0000', '\u007f', 'x'.repeat(256)])('%j is refused', (name) => {
    expect(() => checkName('chassis', name)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
  });

  it('that is refused is shown with what it must be', () => {
    expect(() => checkName('listener', 'a/b')).toThrow(
      'listener name "a/b" must have 1 to 255 characters and neither "/" nor control characters; choose another',
    );
  });
});
