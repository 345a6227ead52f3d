import { ETCD, startEtcd } from '../support/etcd.js';
import { MARIADB } from '../support/mariadb.js';
import { has } from '../support/needs.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { NETWORK_FAULTS } from './cuts.js';
import type { ProxiedEngine } from './cuts.js';
import { ordeal } from './ordeal.js';

ordeal<ProxiedEngine>({
  name: 'etcd',
  isThere: has('cluster/etcd', { ...MARIADB, ...ETCD }),
  start: async () => {
    const cluster = await startEtcd();
    const { clientPort } = cluster.first;
    const proxy = await startTcpProxy({ port: clientPort, host: '127.0.0.1' });
    return {
      proxy,
      url: `etcd://127.0.0.1:${proxy.port}`,
      directUrl: `etcd://127.0.0.1:${clientPort}`,
      restart: async () => {
        await cluster.kill();
        await cluster.start();
      },
      dispose: async () => {
        await proxy.dispose();
        await cluster.dispose();
      },
    };
  },
  faults: NETWORK_FAULTS,
});
