import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { startOnMariadb, startOnPostgresql } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { POSTGRESQL } from '../../support/postgresql.js';
import { AgentBench } from './agent-bench.js';
import { Bench } from './bench.js';
import { expectBudget, expectRows } from './budget-file.js';
import { placeOnMariadb, placeOnPostgresql, placeOnSqlite } from './place.js';
import type { Place } from './place.js';
import { AGENT_SCENARIOS, SERVER_SCENARIOS } from './scenarios.js';

it('has a row for every scenario and no other', () => {
  expectRows([...AGENT_SCENARIOS, ...SERVER_SCENARIOS].map(({ name }) => name));
});

describe('what an agent asks for', () => {
  for (const { name, run } of AGENT_SCENARIOS) {
    it(name, async () => {
      const bench = await AgentBench.open();
      onTestFinished(() => bench.close());
      expectBudget(name, await run(bench));
    });
  }
});

describe('what a server asks for, with SQLite', () => budgetOn('sqlite', placeOnSqlite));

describe.skipIf(!has('The budget on MariaDB', MARIADB))('what a server asks for, with MariaDB', () => {
  let server: NeutronServer;
  beforeAll(async () => void (server = await startOnMariadb(['--innodb-stats-auto-recalc=0'])));
  afterAll(() => server.dispose());
  budgetOn('mariadb', () => placeOnMariadb(server));
});

describe.skipIf(!has('The budget on PostgreSQL', POSTGRESQL))(
  'what a server asks for, with PostgreSQL',
  () => {
    let server: NeutronServer;
    beforeAll(async () => void (server = await startOnPostgresql(['autovacuum=off'])));
    afterAll(() => server.dispose());
    budgetOn('postgresql', () => placeOnPostgresql(server));
  },
);

/** What concerns Neutron's database stands in the file under its name; all the rest is the same with each. */
function budgetOn(database: string, open: () => Promise<Place>): void {
  for (const { name, run } of SERVER_SCENARIOS) {
    it(name, async () => {
      const bench = await Bench.open(await open());
      onTestFinished(() => bench.close());
      const { neutron = {}, ...others } = await run(bench);
      expectBudget(name, { ...others, [database]: neutron });
    });
  }
}
