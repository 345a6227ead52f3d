import { describe, expect, it } from 'vitest';
import { checkLease, eligible, leaseMs, stateOf } from '../../../src/domain/listener.js';
import type { ListenerState } from '../../../src/domain/listener.js';

describe('A listener with a ttl of 3 s', () => {
  it.each([
    { ageMs: -5000, state: 'live' },
    { ageMs: 0, state: 'live' },
    { ageMs: 1500, state: 'live' },
    { ageMs: 1501, state: 'late' },
    { ageMs: 3000, state: 'late' },
    { ageMs: 3001, state: 'lapsed' },
  ])('is $state when its timestamp is $ageMs ms old', ({ ageMs, state }) => {
    expect(stateOf(ageMs, 3000, false)).toBe(state);
  });

  it.each([
    { ageMs: 0, state: 'draining' },
    { ageMs: 3000, state: 'draining' },
    { ageMs: 3001, state: 'lapsed' },
  ])('that was told to leave is $state when its timestamp is $ageMs ms old', ({ ageMs, state }) => {
    expect(stateOf(ageMs, 3000, true)).toBe(state);
  });

  it('stops working before anyone may adopt', () => {
    expect(leaseMs(3000)).toBe(2500);
  });
});

describe('A topic is drawn', () => {
  const among = (...states: ListenerState[]): readonly string[] =>
    eligible(states.map((state, index) => ({ id: `${index}`, state }))).map(({ id }) => id);

  it.each<{ states: ListenerState[]; drawn: string[]; name: string }>([
    { name: 'among all that are live', states: ['live', 'late', 'live', 'lapsed'], drawn: ['0', '2'] },
    { name: 'among the late where nobody is live', states: ['late', 'lapsed', 'late'], drawn: ['0', '2'] },
    { name: 'never among those who were told to leave', states: ['draining', 'late'], drawn: ['1'] },
    { name: 'among nobody where all have lapsed', states: ['lapsed', 'lapsed'], drawn: [] },
    { name: 'among nobody where nobody is registered', states: [], drawn: [] },
  ])('$name', ({ states, drawn }) => {
    expect(among(...states)).toEqual(drawn);
  });
});

describe('A lease', () => {
  it.each([
    { ttlMs: 1000, heartbeatMs: 333 },
    { ttlMs: 3000, heartbeatMs: 999 },
    { ttlMs: 60_000, heartbeatMs: 1 },
  ])('can be kept with a ttl of $ttlMs ms and a heartbeat every $heartbeatMs ms', (timings) => {
    expect(() => checkLease(timings)).not.toThrow();
  });

  it.each([
    { ttlMs: 999, heartbeatMs: 100, message: 'listener.ttlMs must lie between 1000 and 60000, got 999' },
    { ttlMs: 60_001, heartbeatMs: 100, message: 'listener.ttlMs must lie between 1000 and 60000, got 60001' },
    {
      ttlMs: 3000,
      heartbeatMs: 1000,
      message: 'listener.ttlMs must exceed 3 × listener.heartbeatMs, got 3000 and 1000',
    },
    { ttlMs: 3000, heartbeatMs: 0, message: 'listener.heartbeatMs must be at least 1, got 0' },
  ])('of $ttlMs ms with a heartbeat every $heartbeatMs ms is refused', ({ message, ...timings }) => {
    expect(() => checkLease(timings)).toThrow(expect.objectContaining({ code: 'CONFIG', message }));
  });
});
