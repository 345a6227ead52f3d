import { expect, it } from 'vitest';
import { happeningsBetween } from '../../../dashboard/src/happenings.js';
import { paceBetween } from '../../../dashboard/src/rates.js';
import type { Overview } from '../../../src/http/overview.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import { parseSamples } from '../../../src/runtime/samples.js';

type Listener = Overview['listeners'][number];

function listener(id: string, state: Listener['state'] = 'live', backlog = 0): Listener {
  return { id, state, backlog, ageMs: 0, ttlMs: 3000, share: 0, program: '1', versions: [1] };
}

function overview(atMs: number, more: Partial<Overview> = {}): Overview {
  const chassis = { live: 0, late: 0, lapsed: 0, incomplete: 0, holding: 0 };
  return { atMs, server: 'n1', isDemo: false, isPaused: false, listeners: [], chassis, metrics: [], ...more };
}

const received = (value: number): Pick<Overview, 'metrics'> => ({
  metrics: [{ name: 'port_status_received_total', labels: {}, value }],
});

it('a rate is what a counter grew by, over the time between', () => {
  expect(paceBetween(overview(1000, received(10)), overview(3000, received(30))).receivedPerSecond).toBe(10);
});

it('a counter that went back began anew', () => {
  expect(paceBetween(overview(1000, received(1000)), overview(2000, received(7))).receivedPerSecond).toBe(7);
});

it('percentiles are of what came in between, over all servers that count', async () => {
  const { registry, commitLatency } = createMetrics();
  const samples = async (): Promise<Pick<Overview, 'metrics'>> => {
    const read = parseSamples(await registry.metrics());
    return { metrics: [...read, ...read].map((one) => ({ ...one, labels: { ...one.labels } })) };
  };
  for (let n = 0; n < 1000; n++) commitLatency.observe(40);
  const before = overview(0, await samples());
  for (let n = 0; n < 98; n++) commitLatency.observe(0.004);
  for (let n = 0; n < 2; n++) commitLatency.observe(0.4);
  const { commit, nova } = paceBetween(before, overview(1000, await samples()));
  expect(commit?.p50Ms).toBeCloseTo(2.5 + (2.5 * 50) / 98, 5);
  expect(commit?.p99Ms).toBe(375);
  expect(nova).toBeUndefined();
});

it('what another process says at /metrics is read with its labels', () => {
  const text = [
    '# HELP port_status_judged_total Verdicts.',
    'port_status_judged_total{verdict="applied",occasion="arrival"} 3',
    'port_status_backlog 0.5',
    'nodejs_version_info{version="v20"} 1',
  ].join('\n');
  expect(parseSamples(text)).toEqual([
    { name: 'port_status_judged_total', labels: { verdict: 'applied', occasion: 'arrival' }, value: 3 },
    { name: 'port_status_backlog', labels: {}, value: 0.5 },
  ]);
});

it('a server that joins, falls silent, and is taken over is told of, each once', () => {
  const lives = [
    [listener('a')],
    [listener('a'), listener('b')],
    [listener('a'), listener('b', 'late')],
    [listener('a'), listener('b', 'lapsed', 12)],
    [listener('a')],
  ].map((listeners, second) => overview(second * 1000, { listeners }));
  const told = lives.slice(1).flatMap((now, index) => happeningsBetween(lives[index] ?? now, now));
  expect(told.map(({ what, isBad }) => [what, isBad])).toEqual([
    ['b joined and gets its share', false],
    ['b is late: nothing was heard of it for half its ttl', false],
    ['b is lapsed: others take over the 12 reports in its topic', true],
    ['b is gone, and its topic was taken over', true],
  ]);
});

it('a server that is taken over between two looks is told of as that', () => {
  const [before, after] = [overview(0, { listeners: [listener('a', 'late')] }), overview(1000)];
  expect(happeningsBetween(before, after)).toMatchObject([
    { what: 'a is gone, and its topic was taken over', isBad: true },
  ]);
});

it('a server that was told to leave is no bad news, a pause is', () => {
  const before = overview(0, { listeners: [listener('a', 'draining')] });
  expect(happeningsBetween(before, overview(1000, { isPaused: true }))).toMatchObject([
    { what: 'a left', isBad: false },
    { what: 'writing was paused', isBad: true },
  ]);
});
