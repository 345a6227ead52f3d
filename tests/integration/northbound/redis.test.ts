import { afterAll, beforeAll, describe, it } from 'vitest';
import { conformance } from '../../../src/northbound/conformance/conformance.js';
import { has } from '../../support/needs.js';
import { openRedisFixture } from '../../support/redis-fixture.js';
import { REDIS, startRedis } from '../../support/redis.js';
import type { RedisServer } from '../../support/redis.js';

describe.runIf(has('integration/northbound/redis', REDIS))('a private Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.dispose());

  conformance({
    test: it,
    engine: () => openRedisFixture(server),
    faults: ['cut', 'loseEverything', 'rollBack'],
  });
});
