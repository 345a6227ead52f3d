import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNorthbound } from '../../src/northbound/open.js';
import type { StoredReport } from '../../src/northbound/northbound.js';
import { systemClock } from '../../src/runtime/clock.js';
import { seededRandom } from '../../src/runtime/random.js';
import { openCloudInFiles } from '../support/cloud-in-files.js';
import type { CloudInFiles } from '../support/cloud-in-files.js';
import { eventually, pass } from '../support/eventually.js';
import { portIdOf } from '../support/neutron-rows.js';
import { startOtlpCollector } from '../support/otlp-collector.js';
import type { CollectedSpan, OtlpCollector } from '../support/otlp-collector.js';

let set: CloudInFiles;
let collector: OtlpCollector;

beforeEach(async () => {
  collector = await startOtlpCollector();
  set = await openCloudInFiles();
});
afterEach(async () => {
  await set.close();
  await collector.close();
});

const PORTS = [1, 2, 3];

async function records(): Promise<readonly StoredReport[]> {
  const northbound = openNorthbound(set.northboundUrl, { clock: systemClock, random: seededRandom(1) });
  return northbound.reports('cn1', { limit: 100 }).finally(() => northbound.close());
}

function traceOf({ body }: StoredReport): string | undefined {
  return (JSON.parse(body) as { readonly trace?: string }).trace;
}

/** The spans of that name, by the context in which others name them. */
function spansOf(name: string): ReadonlyMap<string, CollectedSpan> {
  return new Map(collector.spans.filter((span) => span.name === name).map((span) => [span.context, span]));
}

/** The spans of that name which these go back to. */
function linked(spans: Iterable<CollectedSpan>, name: string): readonly CollectedSpan[] {
  const all = spansOf(name);
  return [...spans].flatMap(({ links }) =>
    links.flatMap(({ traceId, spanId }) => all.get(`${traceId}-${spanId}`) ?? []),
  );
}

describe('with tracing on', () => {
  it('each report leads from the agent’s span over the server’s to the call of Nova that came of it', async () => {
    const tracing = { PORT_STATUS_TRACING_OTLP_ENDPOINT: collector.url };
    const server = await set.startServer(tracing);
    const agent = await set.startAgent(tracing);
    await set.boot(PORTS);
    const stored = await records();
    for (const program of [agent, server]) expect((await program.stop()).exitCode).toBe(0);
    const requests = set.cloud.nova.requests.filter(({ body }) => body.includes('network-vif-plugged'));
    for (const record of stored) {
      const [, traceId = '', spanId = ''] = traceOf(record)?.split('-') ?? [];
      const publish = spansOf('publish').get(`${traceId}-${spanId}`);
      expect(publish).toMatchObject({ service: 'port-status-agent', kind: 4 });
      const call = requests.find(({ body }) => body.includes(record.portId));
      const [, calledIn, caller = ''] = String(call?.headers['traceparent']).split('-');
      const telling = spansOf('tell Nova').get(`${String(calledIn)}-${caller}`);
      expect(telling).toMatchObject({ service: 'port-status-server', kind: 3 });
      const settle = [...spansOf('settle').values()].filter((span) => span.spanId === telling?.parentSpanId);
      const batches = linked(settle, 'batch');
      expect(linked(batches, 'publish')).toContainEqual(publish);
    }
    expect(stored).toHaveLength(PORTS.length);
    const children = collector.spans.filter(({ parentSpanId }) => parentSpanId !== undefined);
    expect(new Set(children.map(({ name }) => name))).toEqual(
      new Set(['judge', 'acknowledge', 'tell Nova', 'record']),
    );
    expect(collector.bodies.join('')).not.toContain(set.cloud.options.password);
  });

  it('an agent that starts again says nothing again, though its traces would be others', async () => {
    const tracing = { PORT_STATUS_TRACING_OTLP_ENDPOINT: collector.url };
    await set.startServer(tracing);
    const agent = await set.startAgent(tracing);
    await set.boot(PORTS);
    await eventually(async () => {
      for (const { place } of await records()) expect(place).toBeUndefined();
    });
    const before = await records();
    expect((await agent.stop()).exitCode).toBe(0);
    const published = spansOf('publish').size;
    const again = await set.startAgent(tracing);
    await again.logged('agent.resynced');
    await set.boot([4]);
    await again.stop();
    const after = await records();
    expect(after.filter(({ portId }) => portId !== portIdOf(4))).toEqual(before);
    expect(spansOf('publish').size).toBe(published + 1);
  });

  it.each([
    ['takes nothing', () => (collector.answer = 503)],
    ['never answers', () => (collector.answer = 'silence')],
    ['is not there', () => collector.close()],
  ])('a collector that %s holds up nothing, and ends nothing', async (_, cut) => {
    await cut();
    const url = collector.url.replace('//', '//somebody:planted-password@');
    const tracing = { PORT_STATUS_TRACING_OTLP_ENDPOINT: url };
    const server = await set.startServer(tracing);
    const agent = await set.startAgent(tracing);
    await set.boot(PORTS);
    await server.logged('tracing.away');
    await set.boot([4]);
    const stops = [server, agent].map(async (program) => {
      const beganMs = performance.now();
      const { exitCode, stdout, stderr } = await program.stop();
      expect(exitCode).toBe(0);
      expect(stdout + stderr).not.toContain('planted');
      return performance.now() - beganMs;
    });
    expect(Math.max(...(await Promise.all(stops)))).toBeLessThan(10_000);
  });
});

describe('with tracing off', () => {
  it('nothing is sent, no report bears a trace, and no call of Nova does', async () => {
    await set.startServer();
    await set.startAgent();
    await set.boot(PORTS);
    await pass(1500); // longer than spans gather
    expect(collector.requests).toBe(0);
    expect((await records()).map(traceOf)).toEqual(PORTS.map(() => undefined));
    expect(set.cloud.nova.requests.map(({ headers }) => headers['traceparent'])).toEqual(
      set.cloud.nova.requests.map(() => undefined),
    );
  });
});
