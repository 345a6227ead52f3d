import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNorthbound } from '../../src/northbound/open.js';
import type { StoredReport } from '../../src/northbound/northbound.js';
import { systemClock } from '../../src/runtime/clock.js';
import { Opened } from '../../src/runtime/opened.js';
import { seededRandom } from '../../src/runtime/random.js';
import { startFakeCloud } from '../../src/simulator/cloud/cloud.js';
import type { FakeCloud } from '../../src/simulator/cloud/cloud.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { eventually, pass } from '../support/eventually.js';
import { makeNeutronFile } from '../support/neutron-server.js';
import type { NeutronFile } from '../support/neutron-server.js';
import { deviceOf, plantNetwork, plantPort, portIdOf, portState } from '../support/neutron-rows.js';
import { startOtlpCollector } from '../support/otlp-collector.js';
import type { CollectedSpan, OtlpCollector } from '../support/otlp-collector.js';
import { startProgram } from '../support/process.js';
import type { Program } from '../support/process.js';

const random = seededRandom(1);

let opened: Opened;
let folder: string;
let neutron: NeutronFile;
let cloud: FakeCloud;
let plugs: SimulatedSwitch;
let collector: OtlpCollector;

beforeEach(async () => {
  opened = new Opened();
  folder = mkdtempSync(join(tmpdir(), 'port-status-tracing-'));
  opened.add({ close: async () => rmSync(folder, { recursive: true, force: true }) });
  neutron = await makeNeutronFile();
  opened.add({ close: async () => neutron.dispose() });
  await neutron.rows.run('pragma busy_timeout = 5000');
  await plantNetwork(neutron.rows);
  cloud = await startFakeCloud({ clock: systemClock, random });
  opened.add({ close: () => cloud.dispose() });
  plugs = opened.add(new SimulatedSwitch());
  await plugs.open(join(folder, 'switch'));
  collector = await startOtlpCollector();
  opened.add({ close: async () => collector.close() });
});
afterEach(() => opened[Symbol.asyncDispose]());

const PORTS = [1, 2, 3];

/** Where traces go, and how much of them. */
type Tracing =
  Readonly<Record<'PORT_STATUS_TRACING_OTLP_ENDPOINT', string>> | Readonly<Record<string, never>>;

function start(words: readonly string[], own: Readonly<Record<string, string>>, tracing: Tracing): Program {
  const environment = {
    PORT_STATUS_NORTHBOUND_URL: `sqlite:${join(folder, 'northbound.db')}`,
    PORT_STATUS_HTTP_LISTEN: '127.0.0.1:0',
    ...own,
    ...tracing,
  };
  const program = startProgram(words, { environment });
  opened.add({ close: () => program.stop() });
  return program;
}

async function startServer(tracing: Tracing): Promise<Program> {
  const { auth_url, username = '', password = '' } = cloud.options;
  const server = start(
    ['server'],
    {
      PORT_STATUS_NEUTRON_URL: neutron.url,
      PORT_STATUS_NEUTRON_DRIVERS: 'openvswitch',
      PORT_STATUS_APPLY_MODE: 'write',
      PORT_STATUS_APPLY_CHASSIS: '*',
      PORT_STATUS_NOVA_AUTH_URL: auth_url,
      PORT_STATUS_NOVA_USERNAME: username,
      PORT_STATUS_NOVA_PASSWORD: password,
    },
    tracing,
  );
  await server.logged('listener.joined');
  return server;
}

async function startAgent(tracing: Tracing): Promise<Program> {
  const own = {
    PORT_STATUS_AGENT_CHASSIS: 'cn1',
    PORT_STATUS_SWITCH_ADDRESS: `simulated:${join(folder, 'switch')}`,
    PORT_STATUS_SWITCH_READY: 'ofport',
  };
  const agent = start(['agent'], own, tracing);
  await agent.logged('agent.resynced');
  return agent;
}

/** Boots guests, whose ports are plugged, and waits until Nova heard of each. */
async function boot(numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    cloud.nova.addServer(deviceOf(number));
    await plantPort(neutron.rows, number, { id: portIdOf(number) });
    plugs.plug({ portId: portIdOf(number), status: 'ACTIVE', attachment: `plug-${number}` });
  }
  await eventually(() => {
    const told = new Set(cloud.nova.heard.map(({ tag }) => tag));
    expect(numbers.filter((number) => !told.has(portIdOf(number)))).toEqual([]);
  });
  for (const number of numbers)
    expect(await portState(neutron.rows, portIdOf(number))).toMatchObject({ status: 'ACTIVE' });
}

async function records(): Promise<readonly StoredReport[]> {
  const northbound = openNorthbound(`sqlite:${join(folder, 'northbound.db')}`, {
    clock: systemClock,
    random,
  });
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
    const server = await startServer(tracing);
    const agent = await startAgent(tracing);
    await boot(PORTS);
    const stored = await records();
    for (const program of [agent, server]) expect((await program.stop()).exitCode).toBe(0);
    const requests = cloud.nova.requests.filter(({ body }) => body.includes('network-vif-plugged'));
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
    expect(collector.bodies.join('')).not.toContain(cloud.options.password);
  });

  it('an agent that starts again says nothing again, though its traces would be others', async () => {
    const tracing = { PORT_STATUS_TRACING_OTLP_ENDPOINT: collector.url };
    await startServer(tracing);
    const agent = await startAgent(tracing);
    await boot(PORTS);
    await eventually(async () => {
      for (const { place } of await records()) expect(place).toBeUndefined();
    });
    const before = await records();
    expect((await agent.stop()).exitCode).toBe(0);
    const published = spansOf('publish').size;
    const again = await startAgent(tracing);
    await again.logged('agent.resynced');
    await boot([4]);
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
    const server = await startServer(tracing);
    const agent = await startAgent(tracing);
    await boot(PORTS);
    await server.logged('tracing.away');
    await boot([4]);
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
    await startServer({});
    await startAgent({});
    await boot(PORTS);
    await pass(1500); // longer than spans gather
    expect(collector.requests).toBe(0);
    expect((await records()).map(traceOf)).toEqual(PORTS.map(() => undefined));
    expect(cloud.nova.requests.map(({ headers }) => headers['traceparent'])).toEqual(
      cloud.nova.requests.map(() => undefined),
    );
  });
});
