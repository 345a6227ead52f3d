import { expect, it } from 'vitest';
import { arrivals, flowsOf, noteDone, sharesOf, sumOfFlows } from '../../../dashboard/src/flow.js';
import type { Accounts, Flow } from '../../../dashboard/src/flow.js';
import { listener, overview } from './overviews.js';
import type { Listener } from './overviews.js';

function done(forMs: number, received: number, written = 0, told = 0): NonNullable<Listener['done']> {
  return { forMs, received, written, told };
}

/** The accounts after a server said all that, one after the other. */
function said(...all: readonly Listener['done'][]): Accounts {
  return all.reduce<Accounts>(
    (accounts, one) => noteDone(accounts, [listener('a', 'live', 0, one)]),
    new Map(),
  );
}

function flow(accounts: Accounts, state: Listener['state'] = 'live'): Flow | undefined {
  return flowsOf(accounts, [listener('a', state)]).get('a');
}

it('a rate is what a server did more, over the time that it ran meanwhile, whenever it was looked at', () => {
  expect(flow(said(done(1000, 10, 8, 2), done(1000, 10, 8, 2), done(3000, 30, 28, 12)))).toEqual({
    received: 10,
    written: 10,
    told: 5,
  });
});

it('a rate is that of the last seconds', () => {
  const accounts = said(...[0, 1, 2, 3, 4, 5, 6].map((second) => done(second * 1000, second < 2 ? 0 : 100)));
  expect(flow(accounts)?.received).toBe(0);
});

it('a server that beats every few seconds has the rate of its last beat', () => {
  expect(flow(said(done(1000, 0), done(21_000, 0), done(41_000, 40)))?.received).toBe(2);
});

it('nothing is known of a rate before the second beat', () => {
  expect(flow(said(done(5000, 1000)))).toEqual({ received: 0, written: 0, told: 0 });
});

it('a server that started anew began at nothing', () => {
  expect(flow(said(done(90_000, 1000), done(2000, 14)))?.received).toBe(7);
});

it('a server that is silent does nothing, as far as anybody knows, and one that is told to leave still works', () => {
  const accounts = said(done(0, 0), done(1000, 10));
  expect(flow(accounts, 'late')?.received).toBe(0);
  expect(flow(accounts, 'lapsed')?.received).toBe(0);
  expect(flow(accounts, 'draining')?.received).toBe(10);
});

it('a server that does not say what it does is left out, and one that is gone is forgotten', () => {
  expect(flow(said(undefined))).toBeUndefined();
  expect(noteDone(said(done(0, 1)), [])).toEqual(new Map());
});

it('the flow of all is the sum of those of each', () => {
  const one = { received: 1, written: 2, told: 3 };
  expect(sumOfFlows([one, one])).toEqual({ received: 2, written: 4, told: 6 });
});

it('a share is what a server was given of all that servers were given in the last quarter of a minute', () => {
  const both = (forMs: number, a: number, b: number): readonly Listener[] => [
    listener('a', 'live', 0, done(forMs, a)),
    listener('b', 'live', 0, done(forMs, b)),
  ];
  const begin = noteDone(new Map(), both(1000, 500, 500));
  expect(sharesOf(begin, both(1000, 500, 500))).toEqual(new Map());
  const after = noteDone(noteDone(begin, both(5000, 530, 510)), both(9000, 530, 510));
  expect([...sharesOf(after, both(9000, 530, 510))]).toEqual([
    ['a', 0.75],
    ['b', 0.25],
  ]);
});

it('what servers said longer ago is not kept', () => {
  const accounts = said(...Array.from({ length: 600 }, (_, second) => done(second * 1000, second)));
  expect(accounts.get('a')).toHaveLength(16);
});

it('what comes into topics is what is given to servers, and what waits more than before', () => {
  const waiting = (atMs: number, backlog: number) =>
    overview(atMs, { listeners: [listener('a', 'live', backlog), listener('b', 'live', 1)] });
  const all = { received: 10, written: 0, told: 0 };
  expect(arrivals(all, waiting(1000, 0), waiting(3000, 40))).toBe(30);
  expect(arrivals(all, waiting(1000, 40), waiting(3000, 0))).toBe(0);
  expect(arrivals(all, waiting(1000, 0), waiting(1000, 0))).toBe(10);
});
