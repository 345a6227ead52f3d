import { beforeEach, expect, it } from 'vitest';
import { Failures } from '../../../src/agent/ovs/failures.js';

let nowMs: number;
let failures: Failures;

beforeEach(() => {
  nowMs = 0;
  failures = new Failures(1000, () => nowMs);
});

it('is due when the earliest failure is, one after the other', () => {
  failures.note('a', true);
  nowMs = 300;
  failures.note('b', true);
  expect(failures.dueInMs).toBe(700);
  nowMs = 1000;
  expect([failures.takeDue(), failures.dueInMs]).toEqual([['a'], 300]);
  nowMs = 1300;
  expect([failures.takeDue(), failures.dueInMs]).toEqual([['b'], undefined]);
});

it('does not begin anew when the same failure is seen again', () => {
  failures.note('a', true);
  nowMs = 900;
  failures.note('a', true);
  expect(failures.dueInMs).toBe(100);
});

it('calls a failure lasting from the moment that it was taken as due until it ends', () => {
  failures.note('a', true);
  nowMs = 1000;
  expect(failures.note('a', true)).toBe(false);
  failures.takeDue();
  expect([failures.note('a', true), failures.note('a', false), failures.note('a', true)]).toEqual([
    true,
    false,
    false,
  ]);
});

it('forgets rows that are no longer there', () => {
  failures.note('a', true);
  nowMs = 1000;
  failures.takeDue();
  failures.note('b', true);
  failures.retain(new Map([['c', {}]]));
  expect([failures.dueInMs, failures.note('a', true)]).toEqual([undefined, false]);
});

it('never has anything due where failures are borne for ever', () => {
  const patient = new Failures(undefined, () => nowMs);
  patient.note('a', true);
  expect([patient.dueInMs, patient.takeDue()]).toEqual([undefined, []]);
});
