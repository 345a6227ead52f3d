import { expect, it } from 'vitest';
import { readAnswer } from '../../../src/nova/answers.js';
import type { HttpOutcome } from '../../../src/runtime/http-client.js';
import { plugged } from './setup.js';

const EVENTS = [plugged(0), plugged(1)];
const URL = 'http://controller:8774/v2.1/os-server-external-events';

function answered(body: unknown, status = 207): HttpOutcome {
  return { kind: 'answer', status, header: () => undefined, text: JSON.stringify(body) };
}

it('believes codes only about exactly the events that were sent, in their order', () => {
  const [first, second] = EVENTS.map((event) => ({ ...event, code: 200 }));
  const bodies = [
    [first],
    [second, first],
    [first, second, second],
    [first, { ...second, tag: 'other' }],
    [],
  ];
  const kinds = bodies.map((events) => readAnswer(EVENTS, answered({ events }), URL).kind);
  expect(kinds).toEqual(bodies.map(() => 'unreachable'));
});

it('reads the code of each event, although Nova overwrites its status', () => {
  const events = [
    { ...plugged(0), status: 'failed', code: 422 },
    { ...plugged(1), code: 200 },
  ];
  expect(readAnswer(EVENTS, answered({ events }), URL)).toEqual({
    kind: 'answered',
    answers: [{ kind: 'rejected', code: 422 }, { kind: 'accepted' }],
  });
});

it('takes a code that is neither 200 nor a refusal for no answer to that event', () => {
  const events = [
    { ...plugged(0), code: 500 },
    { ...plugged(1), code: 200 },
  ];
  expect(readAnswer(EVENTS, answered({ events }), URL)).toEqual({
    kind: 'answered',
    answers: [{ kind: 'unreachable', detail: 'Nova gives the event the code 500' }, { kind: 'accepted' }],
  });
});

it.each([
  ['no events', {}],
  ['null', null],
  ['codes that are words', { events: EVENTS.map((event) => ({ ...event, code: 'ok' })) }],
])('does not believe a 200 with %s', (_, body) => {
  expect(readAnswer(EVENTS, answered(body, 200), URL)).toMatchObject({ kind: 'unreachable', alarm: false });
});
