import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Neutron } from '../../../src/neutron/neutron.js';
import { openDatabase } from '../../../src/neutron/open.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { plantBinding, plantNetwork, plantPort, portIdOf, portState } from '../../support/neutron-rows.js';
import type { NeutronConnection } from '../../support/neutron-rows.js';
import { startOnMariadb } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { JUDGING, reportOf } from './scene.js';

const PORTS = 40;
const ROUNDS = 30;
const NUMBERS = Array.from({ length: PORTS }, (_, i) => i + 1);

describe.skipIf(!has("Neutron's store under two servers", MARIADB))('two servers on one MariaDB', () => {
  let mariadb: NeutronServer;
  let rows: NeutronConnection;

  beforeAll(async () => {
    mariadb = await startOnMariadb();
    rows = await mariadb.connect();
    await plantNetwork(rows);
    for (const n of NUMBERS) {
      await plantPort(rows, n, { id: portIdOf(n) });
      // The target of a live migration: both chassis of a port owe Nova a word.
      await plantBinding(rows, portIdOf(n), { host: 'cn2', status: 'INACTIVE' });
    }
  });
  afterAll(async () => {
    await rows.end();
    await mariadb.dispose();
  });

  it('that judge, look, claim and record the same ports at once end right, with conflicts but without an error', async () => {
    const holders = new Map<string, string>();
    let revision = 0;
    const work = async (server: string): Promise<void> => {
      const random = seededRandom(server.charCodeAt(0));
      const neutron = createNeutron(openDatabase(mariadb.url, 'port_status', systemClock), {
        clock: systemClock,
        random,
      });
      const judging = { ...JUDGING, server, lookEveryMs: 0 };
      const isOver = { yes: false };
      const judgeAll = async (): Promise<void> => {
        for (let round = 0; round < ROUNDS; round++) {
          const cases = NUMBERS.filter(() => random.next() < 0.7).flatMap((n) => [
            reportOf(n, ++revision, {
              status: random.next() < 0.5 ? 'ACTIVE' : 'DOWN',
              attachment: `a${revision}`,
            }),
            reportOf(n, revision, { chassis: 'cn2', attachment: `b${revision}` }),
          ]);
          await neutron.judge(cases, judging);
        }
        isOver.yes = true;
      };
      const lookAll = async (): Promise<void> => {
        while (!isOver.yes) await neutron.judge(await neutron.takeDue(20, 0), judging);
      };
      const sweepAll = async (): Promise<void> => {
        while (!isOver.yes)
          await neutron.judge((await neutron.sweep({ limit: 1000 }, judging)).disagreeing, judging);
      };
      const settleAll = async (): Promise<void> => {
        while (!isOver.yes) await settleSome(neutron, server, random.id(), holders);
      };
      await Promise.all([judgeAll(), lookAll(), sweepAll(), settleAll()]);
      await neutron.close();
    };
    await Promise.all([work('A'), work('B')]);
    const last = await rows.run(
      "select port, status from port_status.reports where chassis = 'cn1' order by port",
    );
    expect(last).toHaveLength(PORTS);
    for (const n of NUMBERS) {
      const { status, blocks } = await portState(rows, portIdOf(n));
      expect([n, status, blocks]).toEqual([n, last[n - 1]?.['status'], status === 'ACTIVE' ? '' : 'L2']);
    }
  }, 60_000);

  /** Claims, keeps the claim for a moment, and records; nobody else may hold a claim on the same port meanwhile. */
  async function settleSome(
    neutron: Neutron,
    server: string,
    nonce: string,
    holders: Map<string, string>,
  ): Promise<void> {
    const claim = {
      generation: `1-${server}`,
      nonce,
      lapsedGenerations: [],
      executing: new Set([nonce]),
    };
    const debts = await neutron.claimDebts(claim, 3);
    for (const { portId } of debts) {
      expect([portId, holders.get(portId) ?? nonce]).toEqual([portId, nonce]);
      holders.set(portId, nonce);
    }
    await systemClock.turn();
    for (const { portId } of debts) holders.delete(portId);
    await neutron.recordAnswers(
      [nonce],
      debts.map((debt) => ({
        debt,
        attempts: 1,
        afterMs: 0,
        settlement: { kind: 'told' },
        answer: { kind: 'accepted' },
      })),
    );
  }
});
