import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Outbasket } from '../../../src/agent/outbasket.js';
import type { Observation } from '../../../src/agent/outbasket.js';

function port(portId: string, more: Partial<Observation> = {}): Observation {
  return { portId, status: 'ACTIVE', attachment: 'plug-1', observedAt: 1, ...more };
}

function gone(portId: string): Observation {
  return port(portId, { status: 'DOWN', isGone: true });
}

/** A basket in which these ports were said. */
function said(...ports: readonly Observation[]): Outbasket {
  const basket = new Outbasket(() => 0);
  for (const each of ports) basket.observe(each);
  basket.markStored(basket.take(100));
  return basket;
}

it.each([{ ofport: 7 }, { ofport: 7, detail: 'ready rule not met: tag is not set' }])(
  'takes an observation that says what was said for no news, whatever was seen besides: %o',
  (seen) => {
    const basket = said(port('a'));
    basket.observe(port('a', { observedAt: 2, seen }));
    expect(basket.unpublished).toBe(0);
  },
);

it.each([
  { status: 'DOWN' },
  { attachment: 'plug-2' },
  { instance: 'vm-2' },
  { seen: { ofport: -1, detail: 'No such device' } },
] as const)('takes a change to %o alone for news', (change) => {
  const basket = said(port('a'));
  basket.observe(port('a', change));
  expect(basket.take(9)).toEqual([port('a', change)]);
});

it('keeps only the newest report of a port', () => {
  const basket = new Outbasket(() => 0);
  basket.observe(port('a', { status: 'DOWN' }));
  basket.observe(port('a', { observedAt: 2 }));
  expect(basket.take(9)).toEqual([port('a', { observedAt: 2 })]);
});

it('keeps a report until it is stored', () => {
  const basket = new Outbasket(() => 0);
  basket.observe(port('a'));
  basket.take(9);
  expect(basket.take(9)).toEqual([port('a')]);
});

it('publishes a port again after an unknown outcome, even if it is back where it was', () => {
  const basket = said(port('a'));
  basket.observe(port('a', { status: 'DOWN' }));
  basket.take(9);
  basket.observe(port('a'));
  expect(basket.take(9)).toEqual([port('a')]);
});

it('keeps what changed while its older report was in flight', () => {
  const basket = new Outbasket(() => 0);
  basket.observe(port('a'));
  const batch = basket.take(9);
  basket.observe(port('a', { attachment: 'plug-2' }));
  basket.markStored(batch);
  expect(basket.take(9)).toEqual([port('a', { attachment: 'plug-2' })]);
});

it('lets those that wait go before a port that changes all the time', () => {
  const basket = new Outbasket(() => 0);
  basket.observe(port('a'));
  basket.observe(port('b'));
  const batch = basket.take(1);
  basket.observe(port('a', { status: 'ERROR' }));
  basket.markStored(batch);
  expect(basket.take(1)).toEqual([port('b')]);
});

it('forgets a port that is gone when that is stored', () => {
  const basket = said(port('a'));
  basket.observe(gone('a'));
  expect(basket.ports).toHaveLength(1);
  basket.markStored(basket.take(9));
  expect(basket.ports).toEqual([]);
});

it('forgets a port that came and went before anybody heard of it', () => {
  const basket = new Outbasket(() => 0);
  basket.observe(port('a'));
  basket.observe(gone('a'));
  expect([basket.unpublished, basket.ports.length]).toEqual([0, 0]);
});

it('forgets a port that was DOWN before it went', () => {
  const basket = said(port('a', { status: 'DOWN' }));
  basket.observe(gone('a'));
  expect([basket.unpublished, basket.ports.length]).toEqual([0, 0]);
});

it('remembers no more ports than are plugged, and those whose end is not stored yet', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('plug', 'offer', 'store', 'unplug')), (steps) => {
      const basket = new Outbasket(() => 0);
      const plugged: string[] = [];
      let batch: readonly Observation[] = [];
      for (const [number, step] of steps.entries()) {
        if (step === 'plug') basket.observe(port(String(number)));
        if (step === 'plug') plugged.push(String(number));
        if (step === 'offer') batch = basket.take(3);
        if (step === 'store') basket.markStored(batch);
        const portId = step === 'unplug' ? plugged.shift() : undefined;
        if (portId !== undefined) basket.observe(gone(portId));
        expect(basket.ports.length).toBeLessThanOrEqual(plugged.length + basket.unpublished);
      }
      for (const portId of plugged) basket.observe(gone(portId));
      while (basket.unpublished > 0) basket.markStored(basket.take(3));
      expect(basket.ports).toEqual([]);
    }),
  );
});

it('says nothing of a withheld port until it is demanded', () => {
  const basket = said(port('a'));
  basket.withhold(gone('a'));
  expect(basket.unpublished).toBe(0);
  basket.demand('a');
  expect(basket.take(9)).toEqual([gone('a')]);
});

it('has stored a round when every port was stored since it began', () => {
  const basket = said(port('a'), port('b'));
  basket.demandAll();
  basket.markStored(basket.take(1));
  expect(basket.isRoundStored()).toBe(false);
  basket.markStored(basket.take(1));
  expect(basket.isRoundStored()).toBe(true);
});

it('says nothing of a port that stands as it is observed, and all others', () => {
  const basket = new Outbasket(() => 0);
  basket.recall(port('a'), true);
  basket.recall(port('b'), true);
  basket.recall(port('c'), false);
  basket.demandAll();
  for (const each of [port('a', { observedAt: 2 }), port('b', { status: 'DOWN' }), port('c')])
    basket.observe(each);
  expect(basket.take(9).map(({ portId }) => portId)).toEqual(['b', 'c']);
  expect(basket.isRoundStored()).toBe(false);
  basket.markStored(basket.take(9));
  expect(basket.isRoundStored()).toBe(true);
});

it('lets what stands spare the first observation after it only', () => {
  const basket = new Outbasket(() => 0);
  basket.recall(port('a'), true);
  basket.demandAll();
  basket.observe(port('a', { status: 'DOWN' }));
  basket.observe(port('a'));
  expect(basket.take(9)).toEqual([port('a')]);
});
