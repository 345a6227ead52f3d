import { expect, it } from 'vitest';
import { conformance } from '../../../src/northbound/conformance/conformance.js';
import { portId } from '../../../src/northbound/conformance/scene.js';
import { MemoryDatabase } from '../../../src/northbound/memory/database.js';
import { MemoryNorthbound } from '../../../src/northbound/memory/memory-northbound.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { openMemoryFixture } from '../../support/memory-fixture.js';

conformance({ test: it, engine: openMemoryFixture, faults: ['cut', 'loseEverything', 'rollBack'] });

const envelope = { portId: portId(1), chassis: 'cn1', revision: 10, version: 1, isDown: false, body: '{}' };

it('gives reports again when the answer that held them was lost', async () => {
  const { northbound, membership } = await openWithOneReport();
  northbound.cut('answers');
  await expect(northbound.receive(membership, { max: 10 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  northbound.restore();
  expect(await northbound.receive(membership, { max: 10 })).toMatchObject([{ revision: 10 }]);
});

it('carries out what it was asked when only the answer is lost', async () => {
  const { northbound, membership } = await openWithOneReport();
  const deliveries = await northbound.receive(membership, { max: 10 });
  northbound.cut('answers');
  await expect(northbound.acknowledge(membership, deliveries)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  northbound.restore();
  expect(await northbound.heartbeat(membership)).toEqual({ backlog: 0, oldestMs: 0, isDraining: false });
});

it('rolls back to nothing where there was no checkpoint', async () => {
  const { northbound, database } = await openWithOneReport();
  database.rollBack();
  expect(await northbound.reports('cn1', { limit: 10 })).toEqual([]);
});

it('can roll back to the same checkpoint twice', async () => {
  const { northbound, database } = await openWithOneReport();
  database.checkpoint();
  for (let round = 0; round < 2; round++) {
    const registration = await northbound.registerChassis('cn1');
    await northbound.publish(registration, [{ ...envelope, revision: 20 }]);
    database.rollBack();
    expect(await northbound.reports('cn1', { limit: 10 })).toMatchObject([{ revision: 10 }]);
  }
});

async function openWithOneReport() {
  const database = new MemoryDatabase({ clock: new VirtualClock(), random: seededRandom(1) });
  const northbound = new MemoryNorthbound(database);
  const membership = await northbound.join({ id: 'n1', ttlMs: 3000, versions: [1], program: '1' });
  await northbound.publish(await northbound.registerChassis('cn1'), [envelope]);
  return { database, northbound, membership };
}
