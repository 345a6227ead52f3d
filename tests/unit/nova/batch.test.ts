import { expect, it } from 'vitest';
import type { ExternalEvent } from '../../../src/domain/debt.js';
import { batchesOf, encodeBody, MAX_EVENTS } from '../../../src/nova/batch.js';
import { plugged } from './setup.js';

it('the largest batch of the longest events stays well below the 114,688 bytes that Nova takes', () => {
  const longest: ExternalEvent = { ...plugged(0), name: 'network-vif-unplugged', status: 'completed' };
  const body = encodeBody(Array.from({ length: MAX_EVENTS }, () => longest));
  expect(Buffer.byteLength(body)).toBeLessThan(0.75 * 114_688);
});

it.each([0, 1, MAX_EVENTS, MAX_EVENTS + 1, 2_000])(
  '%i events stand in batches once each, in order',
  (count) => {
    const events = Array.from({ length: count }, (_, index) => ({ index, event: plugged(index) }));
    const batches = batchesOf(events);
    expect(batches.flat()).toEqual(events);
    expect(
      batches.map(({ length }) => length).filter((length) => length === 0 || length > MAX_EVENTS),
    ).toEqual([]);
  },
);
