import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conformance } from '../../src/northbound/conformance/conformance.js';
import type { EngineFixture } from '../../src/northbound/conformance/conformance.js';
import { portId } from '../../src/northbound/conformance/scene.js';
import { SqliteNorthbound } from '../../src/northbound/sqlite/sqlite-northbound.js';
import { systemClock } from '../../src/runtime/clock.js';
import { systemRandom } from '../../src/runtime/random.js';
import { OtherProcess } from '../support/other-process.js';
import { createShiftedClock } from '../support/shifted-clock.js';
import { makeSqliteHome } from '../support/sqlite-fixture.js';

const faults = ['cut', 'loseEverything', 'rollBack'] as const;
let other: OtherProcess;

beforeAll(async () => {
  other = await OtherProcess.start();
});

afterAll(() => other.kill());

describe('the file shared by two processes, every second connection in the other one', () => {
  conformance({ test: it, engine: () => openSharedFixture('here'), faults });
});

describe('the file shared by two processes, every first connection in the other one', () => {
  conformance({ test: it, engine: () => openSharedFixture('there'), faults });
});

/** Connections live in this process and in the other one by turns. */
async function openSharedFixture(first: 'here' | 'there'): Promise<EngineFixture> {
  const home = makeSqliteHome();
  const clock = createShiftedClock();
  let shiftMs = 0;
  let isHere = first === 'there';
  await other.shift(0);
  return {
    ttlMs: 60_000,
    connect: async () => {
      isHere = !isHere;
      return isHere
        ? new SqliteNorthbound(home.path, { clock, random: systemRandom })
        : other.connect(home.path);
    },
    advance: async (ms) => {
      shiftMs += ms;
      clock.shift(ms);
      await other.shift(shiftMs);
    },
    end: async () => home.remove(),
    faults: home.faults,
  };
}

const sayPort = (number: number, chassis: string) => ({
  portId: portId(number),
  chassis,
  revision: number,
  version: 1,
  isDown: false,
  body: '{}',
});

it('keeps what a process had published when it is killed', async () => {
  const home = makeSqliteHome();
  const doomed = await OtherProcess.start();
  const there = await doomed.connect(home.path);
  await there.publish(await there.registerChassis('cn1'), [sayPort(1, 'cn1')]);
  await doomed.kill();
  const here = new SqliteNorthbound(home.path, { clock: systemClock, random: systemRandom });
  expect(await here.reports('cn1', { limit: 10 })).toMatchObject([{ revision: 1 }]);
  await here.close();
  home.remove();
});

it('lets two processes that write as fast as they can both finish', async () => {
  const home = makeSqliteHome();
  const here = new SqliteNorthbound(home.path, { clock: systemClock, random: systemRandom });
  const there = await other.connect(home.path);
  await Promise.all([publishOneByOne(here, 'cn1', 200), publishOneByOne(there, 'cn2', 200)]);
  expect(await here.reports('cn1', { limit: 1000 })).toHaveLength(200);
  expect(await here.reports('cn2', { limit: 1000 })).toHaveLength(200);
  await Promise.all([here.close(), there.close()]);
  home.remove();
});

async function publishOneByOne(
  northbound: Pick<SqliteNorthbound, 'registerChassis' | 'publish'>,
  chassis: string,
  count: number,
): Promise<void> {
  const registration = await northbound.registerChassis(chassis);
  for (let number = 1; number <= count; number++) {
    await northbound.publish(registration, [sayPort(number, chassis)]);
  }
}
