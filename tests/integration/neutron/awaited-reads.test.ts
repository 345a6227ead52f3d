import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/neutron/open.js';
import type { Neutron } from '../../../src/neutron/neutron.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { plantNetwork, plantPorts, portIdOf, setAge } from '../../support/neutron-rows.js';
import type { NeutronConnection } from '../../support/neutron-rows.js';
import { startOnMariadb } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';

const STEP = 1000;
const BOOTING = [1, 2, 3, 4, 5];

/** Every open page of the dashboard asks for them. */
describe.runIf(has('integration/neutron/awaited-reads', MARIADB))(
  'the ports that Nova waits for, on MariaDB',
  () => {
    let server: NeutronServer;
    let rows: NeutronConnection;
    let neutron: Neutron;
    let planted = 0;

    beforeAll(async () => {
      server = await startOnMariadb();
      rows = await server.connect();
      await plantNetwork(rows);
      neutron = createNeutron(openDatabase(server.url, 'port_status', systemClock), {
        clock: systemClock,
        random: seededRandom(1),
        onConflict: () => undefined,
      });
      await plantMore(2 * STEP);
      for (const number of BOOTING) await setAge(rows, number, 1000);
    });
    afterAll(async () => {
      await neutron.close();
      await rows.end();
      await server.dispose();
    });

    /** Only the first of all ports boot. */
    async function plantMore(count: number): Promise<void> {
      for (const end = planted + count; planted < end; planted += STEP)
        await plantPorts(
          rows,
          Array.from({ length: STEP }, (_, index) => {
            const number = planted + index + 1;
            const isBooting = BOOTING.includes(number);
            return [
              number,
              {
                id: portIdOf(number),
                status: isBooting ? 'DOWN' : 'ACTIVE',
                blocks: isBooting ? ['L2'] : [],
              },
            ];
          }),
        );
    }

    /** How many rows of tables and indexes one question reads; to count them reads some, too. */
    async function rowsReadByOne(): Promise<number> {
      const start = await rowsReadSoFar();
      const before = await rowsReadSoFar();
      const awaited = await neutron.awaited({ withinMs: 300_000, limit: 100 });
      const after = await rowsReadSoFar();
      expect(awaited).toHaveLength(BOOTING.length);
      return after - before - (before - start);
    }

    async function rowsReadSoFar(): Promise<number> {
      const counters = await rows.run("show global status like 'Handler\\_read\\_%'");
      return counters.reduce((total, { Value: value }) => total + Number(value), 0);
    }

    it('cost what boots, however many ports there are and whatever is known of the tables', async () => {
      const few = await rowsReadByOne();
      expect(few).toBeGreaterThan(BOOTING.length);
      expect(few).toBeLessThan(STEP);
      await plantMore(8 * STEP);
      expect(await rowsReadByOne()).toBeLessThanOrEqual(1.2 * few);
      await rows.run('analyze table ports, standardattributes, ml2_port_bindings, provisioningblocks');
      expect(await rowsReadByOne()).toBeLessThanOrEqual(1.2 * few);
    });
  },
);
