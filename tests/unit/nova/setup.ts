import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { ExternalEvent } from '../../../src/domain/debt.js';
import { openNova } from '../../../src/nova/external-events.js';
import type { NovaOverHttp } from '../../../src/nova/external-events.js';
import type { NovaOptions } from '../../../src/nova/options.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import type { Metrics } from '../../../src/runtime/metrics.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { startFakeCloud } from '../../../src/simulator/cloud/cloud.js';
import type { FakeCloud } from '../../../src/simulator/cloud/cloud.js';

export const TIMEOUT_MS = 30_000;

export interface Setup {
  readonly clock: VirtualClock;
  readonly cloud: FakeCloud;
  readonly client: NovaOverHttp;
  readonly metrics: Metrics;
  /** Lines of the log. */
  readonly log: string[];
}

/** A fake cloud and a client of it, both gone at the end of the test. */
export async function setUp(changes: Partial<NovaOptions> = {}): Promise<Setup> {
  const clock = new VirtualClock();
  const cloud = await startFakeCloud({ clock, random: seededRandom(1) });
  onTestFinished(() => cloud.dispose());
  const metrics = createMetrics();
  const log: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void log.push(line) });
  const options = { ...cloud.options, ...changes };
  const surroundings = { clock, random: seededRandom(2), metrics, logger, timeoutMs: TIMEOUT_MS };
  const client = await openNova(options, surroundings);
  onTestFinished(() => client.close());
  return { clock, cloud, client, metrics, log };
}

/** A signal that nobody aborts. */
export const calm = { signal: new AbortController().signal };

/** The UUID that ends with this number. */
export function uuid(kind: 'server' | 'port', number: number): string {
  const first = kind === 'server' ? '5e0000e5' : 'b0000000';
  return `${first}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function plugged(number: number): ExternalEvent {
  return {
    name: 'network-vif-plugged',
    server_uuid: uuid('server', number),
    status: 'completed',
    tag: uuid('port', number),
  };
}

/** Plugged events about so many servers, all of which Nova knows. */
export function pluggedAtKnownServers(cloud: FakeCloud, count: number): ExternalEvent[] {
  const events = Array.from({ length: count }, (_, number) => plugged(number));
  for (const { server_uuid } of events) cloud.nova.addServer(server_uuid);
  return events;
}
