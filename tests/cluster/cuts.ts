import { systemClock } from '../../src/runtime/clock.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import type { EngineFault, EngineUnderTest } from './ordeal.js';

/** An engine that agents and servers reach through a proxy. */
export interface ProxiedEngine extends EngineUnderTest {
  readonly proxy: TcpProxy;
  /** Ends the engine as a crash does, and starts it on what it had stored. */
  readonly restart: () => Promise<void>;
}

/** How long a firewall swallows everything: ten times the listeners' ttl. */
const SWALLOWED_MS = 30_000;

/** What happens to the connections of every engine that is reached over a network, and to its process. */
export const NETWORK_FAULTS: readonly EngineFault<ProxiedEngine>[] = [
  ['an engine that crashes and starts again', ({ restart }) => restart()],
  ['connections that are reset', async ({ proxy }) => proxy.reset()],
  ['connections whose other end is gone and says nothing', async ({ proxy }) => proxy.halfOpen()],
  [
    '30 s in which a firewall swallows everything',
    async ({ proxy }) => {
      proxy.passage = 'black-hole';
      await systemClock.sleep(SWALLOWED_MS);
      proxy.passage = 'open';
      proxy.reset();
    },
  ],
];
