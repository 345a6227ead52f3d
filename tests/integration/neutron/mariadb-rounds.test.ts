import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/neutron/open.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { plantNetwork, plantPort, portIdOf } from '../../support/neutron-rows.js';
import type { NeutronConnection } from '../../support/neutron-rows.js';
import { startOnMariadb } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import { JUDGING, outcomesOf, reportOf } from './scene.js';

describe.runIf(has('integration/neutron/mariadb-rounds', MARIADB))('a judgement on MariaDB', () => {
  let server: NeutronServer;
  let rows: NeutronConnection;
  const parts = { clock: systemClock, random: seededRandom(1), onConflict: () => undefined };

  beforeAll(async () => {
    server = await startOnMariadb();
    rows = await server.connect();
    await plantNetwork(rows);
    for (const number of [1, 2]) await plantPort(rows, number, { id: portIdOf(number) });
  });
  afterAll(async () => {
    await rows.end();
    await server.dispose();
  });

  it('takes three round trips', async () => {
    const url = new URL(server.url);
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    const store = openDatabase(url.href, 'port_status', systemClock);
    const neutron = createNeutron(store, parts);
    await neutron.judge([reportOf(1, 1)], JUDGING); // which connects, and enters the incarnation
    const before = proxy.traffic.roundTrips;
    const judged = await neutron.judge([reportOf(2, 1)], JUDGING);
    expect(outcomesOf(judged)).toMatchObject([{ verdict: 'applied' }]);
    expect(proxy.traffic.roundTrips - before).toBe(3);
    await neutron.close();
    await proxy.dispose();
  });

  it("does not wait for Neutron's tables while writing is paused, whoever has locked them", async () => {
    const neutron = createNeutron(openDatabase(server.url, 'port_status', systemClock), parts);
    await neutron.setPaused(true);
    await rows.run('lock tables ports write, standardattributes write, provisioningblocks write');
    expect(await neutron.judge([reportOf(1, 2)], JUDGING)).toEqual({ kind: 'paused' });
    await rows.run('unlock tables');
    await neutron.setPaused(false);
    expect(outcomesOf(await neutron.judge([reportOf(1, 2)], JUDGING))).toHaveLength(1);
    await neutron.close();
  });
});
