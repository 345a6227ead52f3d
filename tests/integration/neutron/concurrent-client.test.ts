import type { Connection, ResultSetHeader } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Neutron } from '../../../src/neutron/neutron.js';
import { openDatabase } from '../../../src/neutron/open.js';
import { migrate } from '../../../src/neutron/sql/migrations.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { loadNeutron, MARIADB, rowsOf, startMariadb } from '../../support/mariadb.js';
import type { Mariadb } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { plantNetwork, plantPort, portIdOf, portState } from '../../support/neutron-rows.js';
import type { NeutronRows } from '../../support/neutron-rows.js';
import { JUDGING, reportOf } from './scene.js';

const ROUNDS = 1000;

/** MariaDB's errors after which every client of Neutron's tries again: deadlock, lock wait timeout. */
const RETRYABLE = [1213, 1205];

describe.runIf(has('integration/concurrent-client', MARIADB))(
  'another client that writes to the same port',
  () => {
    let mariadb: Mariadb;
    let client: Connection;
    let rows: NeutronRows;
    let servers: readonly [Neutron, Neutron];

    beforeAll(async () => {
      mariadb = await startMariadb();
      client = await mariadb.admin();
      await loadNeutron(client);
      rows = rowsOf(client);
      await plantNetwork(rows);
      await plantPort(rows, 1, { id: portIdOf(1) });
      const ledger = openDatabase(mariadb.url(), 'port_status', systemClock);
      await migrate(ledger, 'port_status');
      await ledger.db.destroy();
      servers = [openServer(mariadb), openServer(mariadb)];
    });
    afterAll(async () => {
      await Promise.all(servers.map((server) => server.close()));
      await client.end();
      await mariadb.dispose();
    });

    it(`wins or loses cleanly in each of ${ROUNDS} rounds, and revision_number counts every write once`, async () => {
      let [wins, losses, transitions] = [0, 0, 0];
      for (let round = 0; round < ROUNDS; round++) {
        const seen = Number((await portState(rows, portIdOf(1))).revision);
        const [won, up, down] = await Promise.all([
          updateAsNeutronDoes(client, seen),
          flip(servers[0], 'ACTIVE', 2 * round + 1),
          flip(servers[1], 'DOWN', 2 * round + 2),
        ]);
        if (won) wins++;
        else losses++;
        transitions += up + down;
      }
      expect((await portState(rows, portIdOf(1))).revision).toBe(3 + wins + transitions);
      // Both ends were at work at the same time, or nothing was tried.
      expect(Math.min(wins, losses, transitions)).toBeGreaterThan(0);
    });
  },
);

function openServer(mariadb: Mariadb): Neutron {
  const store = openDatabase(mariadb.url(), 'port_status', systemClock);
  return createNeutron(store, { clock: systemClock, random: seededRandom(1) });
}

/** Judges one report; returns how often the port's status was written. */
async function flip(server: Neutron, status: 'ACTIVE' | 'DOWN', revision: number): Promise<number> {
  const judged = await server.judge([reportOf(1, revision, { status })], JUDGING);
  if (judged.kind === 'paused') throw new Error('nobody paused the writing');
  return judged.outcomes.filter(({ wrote }) => wrote !== undefined).length;
}

/** Neutron's own guarded update of a port that it read at `seen`. @returns whether it was the faster one. */
async function updateAsNeutronDoes(client: Connection, seen: number): Promise<boolean> {
  try {
    const [{ affectedRows }] = await client.execute<ResultSetHeader>(
      'update standardattributes set revision_number = ?, updated_at = utc_timestamp() where id = 10001 and revision_number = ?',
      [seen + 1, seen],
    );
    return affectedRows === 1;
  } catch (error) {
    if (error instanceof Error && 'errno' in error && RETRYABLE.includes(Number(error.errno))) return false;
    throw error;
  }
}
