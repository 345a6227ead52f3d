import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { Scope } from '../../../src/runtime/scope.js';

it('a scope is aborted with the outer signal, for the same reason', () => {
  const outer = new AbortController();
  using scope = new Scope(outer.signal);
  outer.abort(new Error('stopped'));
  expect(scope.signal.reason).toEqual(new Error('stopped'));
});

it('a scope of a signal that is aborted already is aborted from the beginning', () => {
  using scope = new Scope(AbortSignal.abort(new Error('stopped')));
  expect(scope.signal.reason).toEqual(new Error('stopped'));
});

it('a scope that ends aborts what is inside and leaves the outer signal alone', () => {
  const outer = new AbortController();
  const scope = new Scope(outer.signal);
  scope.end(new Error('too late'));
  expect(scope.signal.reason).toEqual(new Error('too late'));
  expect(outer.signal.aborted).toBe(false);
});

it('a scope that has ended leaves nothing behind in the outer signal', () => {
  const outer = new AbortController();
  for (let n = 0; n < 3; n++) {
    using scope = new Scope(outer.signal);
    expect(scope.signal.aborted).toBe(false);
  }
  expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
});
