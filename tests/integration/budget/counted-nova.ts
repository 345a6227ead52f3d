import { openNova } from '../../../src/nova/external-events.js';
import type { Nova } from '../../../src/nova/nova.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import type { Opened } from '../../../src/runtime/opened.js';
import { seededRandom } from '../../../src/runtime/random.js';
import type { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { startFakeCloud } from '../../../src/simulator/cloud/cloud.js';
import { deviceOf } from '../../support/neutron-rows.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import { NUMBERS } from './chassis.js';
import { trafficOf } from './counted-neutron.js';
import type { Figures } from './figures.js';

/** The real client of Nova, which has its token and a connection; the Nova behind it knows the guests of all ports. */
export async function openCountedNova(
  clock: VirtualClock,
  opened: Opened,
): Promise<{ readonly nova: Nova; readonly count: () => Figures }> {
  const random = seededRandom(3);
  const cloud = await startFakeCloud({ clock, random });
  opened.add({ close: () => cloud.dispose() });
  for (const number of NUMBERS) cloud.nova.addServer(deviceOf(number));
  const [endpoint] = cloud.keystone.computeEndpoints;
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(endpoint?.url ?? '').port) });
  opened.add({ close: () => proxy.dispose() });
  const url = `http://127.0.0.1:${proxy.port}/v2.1`;
  cloud.keystone.computeEndpoints = cloud.keystone.computeEndpoints.map((one) => ({ ...one, url }));
  const nova = opened.add(
    await openNova(cloud.options, { clock, random, metrics: createMetrics(), logger: silentLogger }),
  );
  await nova.reach({ signal: new AbortController().signal });
  return { nova, count: () => ({ events: cloud.nova.heard.length, ...trafficOf(proxy) }) };
}
