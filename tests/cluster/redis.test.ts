import { MARIADB } from '../support/mariadb.js';
import { has } from '../support/needs.js';
import { REDIS, startRedis } from '../support/redis.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { NETWORK_FAULTS } from './cuts.js';
import type { ProxiedEngine } from './cuts.js';
import { ordeal } from './ordeal.js';

ordeal<ProxiedEngine>({
  name: 'redis',
  isThere: has('cluster/redis', { ...MARIADB, ...REDIS }),
  start: async () => {
    const server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'everysec']);
    const proxy = await startTcpProxy({ port: server.port, host: '127.0.0.1' });
    return {
      proxy,
      url: `redis://127.0.0.1:${proxy.port}`,
      directUrl: `redis://127.0.0.1:${server.port}`,
      restart: async () => {
        await server.kill();
        await server.start();
      },
      dispose: async () => {
        await proxy.dispose();
        await server.dispose();
      },
    };
  },
  faults: NETWORK_FAULTS,
});
