import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLogger, silentLogger } from '../../../src/runtime/logger.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import type { Metrics } from '../../../src/runtime/metrics.js';
import { seededRandom } from '../../../src/runtime/random.js';
import type { Tracer } from '../../../src/runtime/tracer.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { openTracer } from '../../../src/tracing/open.js';
import type { OpenTracer } from '../../../src/tracing/open.js';
import { startOtlpCollector } from '../../support/otlp-collector.js';
import type { OtlpCollector } from '../../support/otlp-collector.js';

const RESOURCE = { service: 'port-status-server', instance: 'a', version: '1.2.3' };
const LINK = '00-5bf92f3577b34da6a3ce929d0e0e4736-10f067aa0ba902b7-01';
const NOT_DRAWN = LINK.replace(/01$/, '00');

interface Bench {
  readonly clock: VirtualClock;
  readonly collector: OtlpCollector;
  readonly tracer: OpenTracer;
  readonly metrics: Metrics;
  readonly events: () => readonly unknown[];
}

async function open(samplePercent = 100, urlOf: (url: string) => string = (url) => url): Promise<Bench> {
  const clock = new VirtualClock();
  const collector = await startOtlpCollector();
  onTestFinished(() => collector.close());
  const metrics = createMetrics();
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  const parts = { clock, random: seededRandom(1), metrics, logger };
  const tracer = openTracer({ otlpEndpoint: urlOf(collector.url), samplePercent }, RESOURCE, parts);
  const events = (): readonly unknown[] =>
    lines.map((line) => (JSON.parse(line) as { readonly event: string }).event);
  onTestFinished(() => tracer.close());
  return { clock, collector, tracer, metrics, events };
}

function work(tracer: Tracer, count: number): void {
  for (let number = 0; number < count; number++) tracer.begin('work')?.[Symbol.dispose]();
}

async function countOf(metrics: Metrics, name: 'spansSent' | 'spansDropped'): Promise<object> {
  const { values } = await metrics[name].get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels['why'] ?? 'sent', value]));
}

describe('a span', () => {
  it('is sent with all that it says, and its parts with it', async () => {
    const { clock, collector, tracer } = await open();
    const startMs = clock.monotonicMs() - 5;
    const attributes = { name: 'cn1', reports: 3 };
    {
      using span = tracer.begin('batch', { kind: 'consumer', links: [LINK, LINK], startMs, attributes });
      using part = span?.begin('judge');
      await clock.advance(2);
      span?.note({ share: 0.5 });
      part?.fail('UNAVAILABLE');
    }
    await clock.advance(1000);
    await vi.waitFor(() => expect(collector.spans).toHaveLength(2));
    const [part, batch] = collector.spans;
    expect(batch).toMatchObject({
      ...{ name: 'batch', kind: 5, service: 'port-status-server', droppedLinksCount: 0, status: {} },
      links: [{ traceId: LINK.slice(3, 35), spanId: LINK.slice(36, 52), flags: 1 }],
      attributes: [
        { key: 'name', value: { stringValue: 'cn1' } },
        { key: 'reports', value: { intValue: '3' } },
        { key: 'share', value: { doubleValue: 0.5 } },
      ],
    });
    expect(batch?.parentSpanId).toBeUndefined();
    expect(part).toMatchObject({
      ...{ name: 'judge', kind: 1, traceId: batch?.traceId, parentSpanId: batch?.spanId },
      status: { code: 2, message: 'UNAVAILABLE' },
    });
    const msOf = (nanos = '0'): number => Number(BigInt(nanos) / 1_000_000n);
    const [beganMs, endedMs] = [msOf(batch?.startTimeUnixNano), msOf(batch?.endTimeUnixNano)];
    expect([endedMs - beganMs, endedMs]).toEqual([7, clock.now() - 1000]);
  });

  it('names itself so that others can go back to it', async () => {
    const { tracer } = await open();
    using span = tracer.begin('publish');
    expect(span?.context).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('keeps 128 links, and counts the rest', async () => {
    const { clock, collector, tracer } = await open();
    const links = Array.from({ length: 200 }, (_, n) =>
      LINK.replace(/^00-5bf/, `00-${String(n).padStart(3, '0')}`),
    );
    tracer.begin('batch', { links })?.[Symbol.dispose]();
    await clock.advance(1000);
    await vi.waitFor(() => expect(collector.spans).toHaveLength(1));
    expect([collector.spans[0]?.links.length, collector.spans[0]?.droppedLinksCount]).toEqual([128, 72]);
  });

  it('is dropped by a collector that refuses it, counted, and not sent again', async () => {
    const { clock, collector, tracer, metrics, events } = await open();
    collector.answer = 400;
    work(tracer, 3);
    await clock.advance(1000);
    await vi.waitFor(async () => expect(await countOf(metrics, 'spansDropped')).toEqual({ refused: 3 }));
    await clock.advance(60_000);
    expect([collector.requests, events()]).toEqual([1, ['tracing.away']]);
  });
});

describe('how many traces are drawn', () => {
  it.each([
    [0, 0, 0],
    [25, 190, 310],
    [100, 1000, 1000],
  ])('is %i of a hundred', async (percent, least, most) => {
    const { tracer } = await open(percent);
    const drawn = Array.from({ length: 1000 }, () => tracer.begin('work')).filter(
      (span) => span !== undefined,
    );
    expect(drawn.length).toBeGreaterThanOrEqual(least);
    expect(drawn.length).toBeLessThanOrEqual(most);
  });

  it('is all of those that go back to one that was drawn, and none more of others', async () => {
    const { tracer } = await open(0);
    expect(tracer.begin('batch', { links: [NOT_DRAWN, LINK] })).toBeDefined();
    expect(tracer.begin('batch', { links: [NOT_DRAWN] })).toBeUndefined();
  });
});

describe('a collector that is away', () => {
  it('is asked again with pauses, and gets what waited, once it is back', async () => {
    const { clock, collector, tracer, metrics, events } = await open();
    collector.answer = 503;
    work(tracer, 600);
    for (let seconds = 0; seconds < 100; seconds++) {
      await clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(collector.requests).toBeLessThan(20);
    collector.answer = 200;
    await vi.waitFor(async () => {
      await clock.advance(1000);
      expect(collector.spans).toHaveLength(600);
    });
    expect([await countOf(metrics, 'spansSent'), events()]).toEqual([
      { sent: 600 },
      ['tracing.away', 'tracing.back'],
    ]);
    expect(await countOf(metrics, 'spansDropped')).toEqual({});
  });

  it('has the oldest dropped and counted, and never holds up whoever works', async () => {
    const { clock, collector, tracer, metrics } = await open();
    collector.answer = 'silence';
    for (let round = 0; round < 10; round++) {
      work(tracer, 1000);
      await clock.advance(1000);
    }
    const { full } = (await countOf(metrics, 'spansDropped')) as { readonly full: number };
    expect(full).toBe(10_000 - 2048 - 512); // what waits, and what is under way
    expect(collector.requests).toBeLessThanOrEqual(5);
    collector.answer = 200; // so that the end is not waited for
  });
});

describe('the end of the program', () => {
  it('sends what is left', async () => {
    const { collector, tracer } = await open();
    work(tracer, 3);
    await tracer.close();
    expect(collector.spans).toHaveLength(3);
  });

  it('waits for a collector that does not answer no longer than for any request', async () => {
    const { clock, collector, tracer, metrics } = await open();
    collector.answer = 'silence';
    work(tracer, 3);
    const closed = tracer.close();
    await vi.waitFor(() => expect(collector.requests).toBe(1));
    await clock.advance(2000);
    await closed;
    expect(await countOf(metrics, 'spansDropped')).toEqual({ unsent: 3 });
  });
});

it('shows user and password to the collector, and to nobody else', async () => {
  const withPassword = (url: string): string => url.replace('//', '//port-status:pass%20word@');
  const { collector, tracer, events } = await open(100, withPassword);
  collector.answer = 400;
  work(tracer, 1);
  await tracer.close();
  const basic = `Basic ${Buffer.from('port-status:pass word').toString('base64')}`;
  expect([collector.authorizations, events()]).toEqual([[basic], ['tracing.away']]);
  expect(collector.bodies.join('')).not.toContain('word');
});

it.each(['http://:4318', 'http://a b', 'http://u:100%secret@collector:4318'])(
  'refuses %s, and does not repeat it',
  (otlpEndpoint) => {
    const parts = { clock: new VirtualClock(), random: seededRandom(1), metrics: createMetrics() };
    const open = (): unknown =>
      openTracer({ otlpEndpoint, samplePercent: 100 }, RESOURCE, { ...parts, logger: silentLogger });
    expect(open).toThrow(/^tracing\.otlpEndpoint is no address.*4318/);
    expect(open).not.toThrow(/secret/);
  },
);
