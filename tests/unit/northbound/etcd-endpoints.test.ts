import { describe, expect, it } from 'vitest';
import { Endpoints } from '../../../src/northbound/etcd/endpoints.js';
import { seededRandom } from '../../../src/runtime/random.js';
import type { Random } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';

const URLS = ['http://a:2379', 'http://b:2379', 'http://c:2379'];

describe('the members of a cluster', () => {
  it('are begun with at random, so that many clients spread', () => {
    const random = seededRandom(1);
    const firsts = new Set(Array.from({ length: 50 }, () => open(random).endpoints.inOrder()[0]));
    expect([...firsts].sort()).toEqual(URLS);
  });

  it('are asked again where one answered', () => {
    const { endpoints } = open();
    endpoints.answered('http://b:2379');
    expect(endpoints.inOrder()).toEqual(['http://b:2379', 'http://c:2379', 'http://a:2379']);
  });

  it('are left alone for a while after they failed, longer each time, and come last meanwhile', async () => {
    const { endpoints, clock } = open();
    endpoints.failed('http://a:2379', 'ECONNREFUSED');
    expect(endpoints.inOrder()).toEqual(['http://b:2379', 'http://c:2379', 'http://a:2379']);
    await clock.advance(100);
    expect(endpoints.inOrder()[0]).toBe('http://a:2379');
    endpoints.failed('http://a:2379', 'ECONNREFUSED');
    await clock.advance(100);
    expect(endpoints.inOrder()[0]).toBe('http://b:2379');
    await clock.advance(100);
    expect(endpoints.inOrder()[0]).toBe('http://a:2379');
  });

  it('are all asked also where all have failed: that which rests longest is last', () => {
    const { endpoints } = open();
    for (const url of ['http://c:2379', ...URLS]) endpoints.failed(url, 'ECONNREFUSED');
    expect(endpoints.inOrder()).toHaveLength(3);
    expect(endpoints.inOrder()[2]).toBe('http://c:2379');
  });
});

function open(random: Random = { ...seededRandom(1), next: () => 0 }) {
  const clock = new VirtualClock();
  return { clock, endpoints: new Endpoints(URLS, clock, random, {}) };
}
