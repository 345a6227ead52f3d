import { expect, it } from 'vitest';
import { latenciesBetween } from '../../../dashboard/src/latencies.js';
import type { Overview } from '../../../src/http/overview.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import { parseSamples } from '../../../src/runtime/samples.js';
import { overview } from './overviews.js';

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
  const { commit, nova } = latenciesBetween(before, overview(1000, await samples()));
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
