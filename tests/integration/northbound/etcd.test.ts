import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { conformance } from '../../../src/northbound/conformance/conformance.js';
import { openEtcdFixture, openPrivateEtcdFixture } from '../../support/etcd-fixture.js';
import { ETCD, startEtcd } from '../../support/etcd.js';
import type { EtcdCluster } from '../../support/etcd.js';
import { has } from '../../support/needs.js';

// Tests wait for leases of whole seconds: side by side.
vi.setConfig({ maxConcurrency: 12 });

describe.runIf(has('integration/northbound/etcd', ETCD))('a private etcd', () => {
  let cluster: EtcdCluster;
  beforeAll(async () => {
    cluster = await startEtcd();
  });
  afterAll(() => cluster.dispose());

  const shared = new Set<string>();
  conformance({
    test: (name, run) => {
      shared.add(name);
      it.concurrent(name, run);
    },
    engine: () => openEtcdFixture(cluster),
    faults: ['cut', 'loseEverything'],
  });

  // A server has to be restarted: each test has one of its own.
  conformance({
    test: (name, run) => {
      if (!shared.has(name)) it.concurrent(name, run);
    },
    engine: openPrivateEtcdFixture,
    faults: ['cut', 'loseEverything', 'rollBack'],
  });
});
