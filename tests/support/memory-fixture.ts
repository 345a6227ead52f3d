import assert from 'node:assert/strict';
import type { EngineFixture } from '../../src/northbound/conformance/conformance.js';
import { MemoryDatabase } from '../../src/northbound/memory/database.js';
import { MemoryNorthbound } from '../../src/northbound/memory/memory-northbound.js';
import type { Northbound } from '../../src/northbound/northbound.js';
import { seededRandom } from '../../src/runtime/random.js';
import { VirtualClock } from '../../src/runtime/virtual-clock.js';

export async function openMemoryFixture(): Promise<EngineFixture> {
  const clock = new VirtualClock();
  const database = new MemoryDatabase({ clock, random: seededRandom(1) });
  return {
    ttlMs: 3000,
    connect: async () => new MemoryNorthbound(database),
    advance: (ms) => clock.advance(ms),
    end: async () => undefined,
    faults: {
      cut: {
        cut: async (connection) => asMemory(connection).cut(),
        restore: async (connection) => asMemory(connection).restore(),
      },
      loseEverything: async () => database.loseEverything(),
      rollBack: {
        checkpoint: async () => database.checkpoint(),
        rollBack: async () => database.rollBack(),
      },
    },
  };
}

function asMemory(connection: Northbound): MemoryNorthbound {
  assert.ok(connection instanceof MemoryNorthbound);
  return connection;
}
