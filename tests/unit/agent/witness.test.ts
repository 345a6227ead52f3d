import { beforeEach, expect, it } from 'vitest';
import { Outbasket } from '../../../src/agent/outbasket.js';
import type { SwitchPort } from '../../../src/agent/port-source.js';
import { Witness } from '../../../src/agent/witness.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { OPTIONS, activePort, portId } from './agent-bench.js';

let basket: Outbasket;
let witness: Witness;

beforeEach(() => {
  basket = new Outbasket(() => 0);
  const parts = { basket, clock: new VirtualClock(), random: seededRandom(1), announceHold: () => undefined };
  witness = new Witness({ ...parts, guard: OPTIONS.guard });
});

function dump(...ports: readonly SwitchPort[]): ReturnType<Witness['apply']> {
  return witness.apply({ kind: 'dump', ports });
}

it('compares the first dump after it learned what is stored, and no earlier one', () => {
  expect(dump(activePort(1))).toBeUndefined();
  expect(witness.maySpeak).toBe(false);
  witness.expectAll('start', []);
  expect(dump(activePort(1))).toEqual({ cause: 'start', ports: 1, falling: 0 });
  expect(witness.maySpeak).toBe(true);
});

it('says for each comparison why it was made', () => {
  witness.expectAll('start', []);
  dump();
  const refreshed = dump();
  witness.apply({ kind: 'lost', reason: 'test' });
  const reconnected = dump();
  witness.expectAll('incarnation', []);
  expect([refreshed, reconnected, dump()].map((resync) => resync?.cause)).toEqual([
    'refresh',
    'reconnect',
    'incarnation',
  ]);
});

it('still publishes every port where the switch was lost before the dump that was due', () => {
  witness.expectAll('start', [{ ...activePort(1), observedAt: 0, stands: false }]);
  witness.apply({ kind: 'lost', reason: 'test' });
  dump(activePort(1));
  expect(basket.unpublished).toBe(1);
});

it('may not speak from the loss of the switch to the next dump', () => {
  witness.expectAll('start', []);
  dump();
  witness.apply({ kind: 'lost', reason: 'test' });
  expect([witness.maySpeak, witness.switch]).toEqual([false, 'lost']);
  dump();
  expect([witness.maySpeak, witness.switch]).toEqual([true, 'up']);
});

it('takes a port that no dump names for DOWN, with the attachment and instance that it had', () => {
  witness.expectAll('start', [{ ...activePort(1, { instance: 'vm-1' }), observedAt: 0, stands: false }]);
  dump();
  expect(basket.take(9)).toMatchObject([
    { portId: portId(1), status: 'DOWN', attachment: 'plug-1', instance: 'vm-1', isGone: true },
  ]);
});

it('approves nothing but the hold that stands', () => {
  expect(witness.approve('another')).toBe(false);
});
