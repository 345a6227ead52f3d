import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { plantNetwork, plantPort, portIdOf } from '../../support/neutron-rows.js';
import type { NeutronConnection } from '../../support/neutron-rows.js';
import { startOnMariadb, startOnPostgresql } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { POSTGRESQL } from '../../support/postgresql.js';
import { JUDGING, openOn, outcomesOf, reportOf } from './scene.js';
import type { StoreFixture } from './scene.js';

/** Most of all ports: a database may then prefer to scan its tables. */
const OURS = Array.from({ length: 20 }, (_, index) => index + 1);
const OTHER = OURS.length + 1;

describe.each([
  ['MariaDB', MARIADB, startOnMariadb],
  ['PostgreSQL', POSTGRESQL, startOnPostgresql],
])('a transaction of Neutron on another port, on %s', (name, programs, start) => {
  describe.runIf(has(`neutron/other-ports on ${name}`, programs))('with a private server', () => {
    let server: NeutronServer;
    let fixture: StoreFixture;
    let client: NeutronConnection;
    beforeAll(async () => {
      server = await start();
      fixture = await openOn(server);
      client = await server.connect();
      await plantNetwork(fixture.rows);
      for (const number of [...OURS, OTHER])
        await plantPort(fixture.rows, number, { id: portIdOf(number), blocks: ['DHCP', 'L2'] });
    });
    afterAll(async () => {
      await client.end();
      await fixture.dispose();
      await server.dispose();
    });

    it('does not hold up a batch that takes blocks away, though it has taken one away', async () => {
      await client.run('begin');
      await client.run("delete from provisioningblocks where standard_attr_id = ? and entity = 'DHCP'", [
        10_000 + OTHER,
      ]);
      const cases = OURS.map((number) => reportOf(number, number));
      const outcomes = outcomesOf(await fixture.neutron.judge(cases, JUDGING));
      expect(outcomes.map(({ verdict }) => verdict)).toEqual(OURS.map(() => 'blocked'));
    });
  });
});
