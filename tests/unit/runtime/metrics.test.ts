import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/runtime/metrics.js';
import { METRICS } from '../../../src/runtime/metrics-table.js';

const rows = Object.values(METRICS);

describe('The metrics', () => {
  it('are registered each under its own name', async () => {
    const { registry } = createMetrics();

    const registered = await registry.getMetricsAsJSON();

    expect(registered.map(({ name }) => name).toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  it.each(rows)(
    '$name is named by the rules of Prometheus and explained in a sentence',
    ({ type, name, help }) => {
      expect(name).toMatch(/^port_status_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(name.endsWith('_seconds') || type !== 'histogram').toBe(true);
      expect(help).toMatch(/\.$/);
    },
  );

  it('say which program this is, of which version, and on which Node.js', async () => {
    const { registry } = createMetrics({ program: 'agent', version: '1.2.3' });

    expect(await registry.metrics()).toContain(
      `port_status_build_info{program="agent",version="1.2.3",node="${process.version}"} 1`,
    );
  });

  it.each([
    ['agent', 'server', 'agentHeld', 'joined'],
    ['server', 'agent', 'joined', 'agentHeld'],
  ] as const)('of the %s are not those of the %s', async (program, other, own, others) => {
    const metrics = createMetrics({ program, version: '1.2.3' });
    const registered = (await metrics.registry.getMetricsAsJSON()).map(({ name }) => name);

    expect(registered).toEqual(
      rows.filter((row) => !('of' in row && row.of === other)).map(({ name }) => name),
    );
    expect(registered).toEqual(expect.arrayContaining([METRICS[own].name, METRICS.connected.name]));
    expect(registered).not.toContain(METRICS[others].name);
    metrics[others].set(7); // parts that both have may know it nevertheless
  });

  it('count what happens', async () => {
    const { judged, registry } = createMetrics();

    judged.inc({ verdict: 'applied', occasion: 'arrival' }, 3);

    expect(await registry.metrics()).toContain(
      'port_status_judged_total{verdict="applied",occasion="arrival"} 3',
    );
  });

  it('show what is now', async () => {
    const { backlog, registry } = createMetrics();

    backlog.set(7);
    backlog.set(5);

    expect(await registry.metrics()).toContain('\nport_status_backlog 5\n');
  });

  it('sort durations into buckets of seconds', async () => {
    const { applySeconds, registry } = createMetrics();

    applySeconds.observe(0.02);

    const text = await registry.metrics();
    expect(text).toContain('port_status_apply_seconds_bucket{le="0.01"} 0');
    expect(text).toContain('port_status_apply_seconds_bucket{le="0.025"} 1');
  });

  it('refuse a label that is not in the table', () => {
    const { judged } = createMetrics();

    expect(() => judged.inc({ port: 'any' })).toThrow(/port/);
  });

  it('of two parts of one process do not meet', async () => {
    const [ours, theirs] = [createMetrics(), createMetrics()];

    ours.joins.inc();

    expect(await theirs.registry.metrics()).toContain('port_status_listener_joins_total 0');
  });
});
