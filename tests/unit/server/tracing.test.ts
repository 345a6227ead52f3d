import { expect, it } from 'vitest';
import { PortStatusError } from '../../../src/domain/errors.js';
import { encodeReport } from '../../../src/domain/wire.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { UNREACHABLE } from '../../../src/simulator/histories/rig.js';
import { SpanTracer } from '../../../src/tracing/span-tracer.js';
import type { EndedSpan } from '../../../src/tracing/span-tracer.js';
import { portIdOf } from '../../support/neutron-rows.js';
import { openBench } from './server-bench.js';
import type { ServerBench } from './server-bench.js';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const NOT_DRAWN = TRACE.replace(/01$/, '00');

/** A bench whose servers trace, and the spans that ended. Of those that go back to nothing that was drawn, none is drawn. */
async function openTraced(): Promise<{ readonly bench: ServerBench; readonly spans: readonly EndedSpan[] }> {
  const bench = await openBench();
  const spans: EndedSpan[] = [];
  const take = (span: EndedSpan): void => void spans.push(span);
  bench.tracer = new SpanTracer({ clock: bench.clock, random: seededRandom(9), samplePercent: 0, take });
  return { bench, spans };
}

async function say(bench: ServerBench, number: number, trace: string | undefined): Promise<void> {
  const report = { portId: portIdOf(number), chassis: 'cn1', status: 'ACTIVE', observedAt: 0 } as const;
  const revision = await bench.nextRevision('cn1');
  await bench.publish(encodeReport({ ...report, attachment: `plug-${number}`, revision, trace }, 2));
}

function contextOf({ traceId, spanId }: EndedSpan): string {
  return `00-${traceId}-${spanId}-01`;
}

function only(spans: readonly EndedSpan[], name: string): EndedSpan {
  const [first, ...others] = spans.filter((span) => span.name === name);
  if (first === undefined || others.length > 0) throw new Error(`not one span is named ${name}`);
  return first;
}

it('leads from the report over the batch that judged it to what Nova was told', async () => {
  const { bench, spans } = await openTraced();
  await bench.plant(1);
  await bench.start('A');
  await say(bench, 1, TRACE);
  await bench.pass(1000);
  const [batch, settle] = [only(spans, 'batch'), only(spans, 'settle')];
  expect([batch.links, settle.links]).toEqual([[TRACE], [contextOf(batch)]]);
  const partsOf = (whole: EndedSpan): readonly unknown[] =>
    spans
      .filter(({ traceId }) => traceId === whole.traceId)
      .map(({ name, parentSpanId }) => [name, parentSpanId]);
  expect(partsOf(batch)).toEqual([
    ['judge', batch.spanId],
    ['acknowledge', batch.spanId],
    ['batch', undefined],
  ]);
  expect(partsOf(settle)).toEqual([
    ['tell Nova', settle.spanId],
    ['record', settle.spanId],
    ['settle', undefined],
  ]);
  expect(batch.attributes).toEqual({
    'port_status.server': 'A',
    'port_status.reports': 1,
    'port_status.verdict.applied': 1,
  });
});

it('leads over the look at which a block of others was gone', async () => {
  const { bench, spans } = await openTraced();
  await bench.plant(1, { blocks: ['L2', 'DHCP'] });
  await bench.start('A');
  await say(bench, 1, TRACE);
  await bench.pass(20);
  expect(bench.nova.wordsOf(1)).toEqual([]);
  await bench.unblock(1, 'DHCP');
  await bench.pass(1000);
  expect(bench.nova.wordsOf(1)).toEqual(['plugged']);
  const looks = spans.filter(({ name }) => name === 'look');
  for (const { links } of looks) expect(links).toEqual([contextOf(only(spans, 'batch'))]);
  expect(looks.map(contextOf)).toContain(only(spans, 'settle').links[0]);
});

it.each([undefined, NOT_DRAWN])('traces nothing of a report whose trace is %s', async (trace) => {
  const { bench, spans } = await openTraced();
  await bench.plant(1);
  await bench.start('A');
  await say(bench, 1, trace);
  await bench.pass(60_000);
  expect([bench.nova.wordsOf(1), spans]).toEqual([['plugged'], []]);
});

it('shows every attempt, and of what failed the code alone', async () => {
  const { bench, spans } = await openTraced();
  await bench.plant(1);
  const { process } = await bench.start('A');
  process.intercept('judge', async () => {
    process.free('judge');
    throw new PortStatusError('UNAVAILABLE', 'a secret; mend it');
  });
  bench.nova.answer = () => UNREACHABLE;
  await say(bench, 1, TRACE);
  await bench.pass(1000);
  const failures = spans.map(({ name, failure }) => [name, failure]);
  expect(failures.filter(([name]) => name === 'judge')).toEqual([
    ['judge', 'UNAVAILABLE'],
    ['judge', undefined],
  ]);
  expect(failures).toContainEqual(['tell Nova', 'UNAVAILABLE']);
  expect(JSON.stringify(spans)).not.toMatch(/secret|refused/);
});
