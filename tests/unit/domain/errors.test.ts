import { describe, expect, it } from 'vitest';
import { ERRORS, hasCode, PortStatusError } from '../../../src/domain/errors.js';

describe('A foreseen failure', () => {
  it.each([
    ['CONFIG', 78],
    ['LAYOUT', 78],
    ['RIGHTS', 78],
    ['FENCED', 78],
    ['UNAVAILABLE', 69],
    ['REGISTRATION_LOST', 69],
    ['CLOSED', 70],
    ['DATA', 70],
    ['BUG', 70],
  ] as const)('of code %s ends a command with %i', (code, exitCode) => {
    expect(new PortStatusError(code, 'why; do this').exitCode).toBe(exitCode);
  });

  it.each(Object.entries(ERRORS))('of code %s has a meaning of one sentence', (_code, { meaning }) => {
    expect(meaning).toMatch(/^[A-Z][^\n]*\.$/);
  });

  it('keeps what caused it', () => {
    const cause = new Error('ECONNREFUSED');

    const error = new PortStatusError('UNAVAILABLE', 'cannot reach it; start it', { cause });

    expect(error).toMatchObject({ name: 'PortStatusError', message: 'cannot reach it; start it', cause });
  });
});

describe('A caught error', () => {
  const fenced = new PortStatusError('FENCED', 'taken over; stop the other');

  it('is known by any of the codes asked for', () => {
    expect(hasCode(fenced, 'UNAVAILABLE', 'FENCED')).toBe(true);
  });

  it.each([
    { error: fenced, what: 'another code' },
    { error: new Error('UNAVAILABLE'), what: 'not a foreseen failure' },
    { error: { code: 'UNAVAILABLE' }, what: 'no error of ours' },
    { error: undefined, what: 'nothing' },
  ])('is not known when it is $what', ({ error }) => {
    expect(hasCode(error, 'UNAVAILABLE')).toBe(false);
  });
});
