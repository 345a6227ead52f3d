import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keyOf } from '../../../src/domain/report.js';
import type { Report } from '../../../src/domain/report.js';
import type { Case, Claimant, ClaimedDebt, Judging, Outcome } from '../../../src/neutron/neutron.js';
import {
  plantBinding,
  plantBlock,
  plantNetwork,
  plantPort,
  portIdOf,
  portState,
  setAge,
} from '../../support/neutron-rows.js';
import { callCases } from './call-cases.js';
import { decidingCases } from './deciding-cases.js';
import { JUDGING, must, OBSERVED_AT, outcomesOf, reportOf } from './scene.js';
import type { StoreFixture } from './scene.js';

/** What every kind of database has to do alike. */
export function storeSuite(
  name: string,
  open: () => Promise<StoreFixture>,
  closeAll: () => Promise<void>,
): void {
  describe(`Neutron's store on ${name}`, () => {
    let fixture: StoreFixture;
    beforeAll(() => undefined);
    beforeEach(async () => {
      fixture = await open();
      await plantNetwork(fixture.rows);
    });
    afterEach(() => fixture.dispose());
    afterAll(closeAll);

    const judge = async (cases: readonly Case[], judging: Judging = JUDGING): Promise<readonly Outcome[]> =>
      outcomesOf(await fixture.neutron.judge(cases, judging));
    const judgeAs = async (claimant: Claimant, cases: readonly Case[]): Promise<readonly ClaimedDebt[]> => {
      const judged = await fixture.neutron.judge(cases, JUDGING, {
        ...claimant,
        ...{ dueAfterMs: 60_000, leastOfCall: 2 },
      });
      return judged.kind === 'committed' ? judged.claimed : [];
    };
    const claim = (nonce: string) => ({
      generation: '1-a',
      nonce,
      lapsedGenerations: [],
      executing: new Set([nonce]),
    });

    decidingCases(() => fixture);
    callCases(() => fixture);

    it('accepts the layout of a real Neutron', async () => {
      await expect(fixture.neutron.check({ willWrite: true })).resolves.toBeUndefined();
    });

    it('writes ACTIVE, bumps the revision by one, moves updated_at and deletes the L2 block', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      const [outcome] = await judge([reportOf(1, 10)]);
      expect(outcome).toMatchObject({ verdict: 'applied', reason: 'written', wrote: 'ACTIVE', owes: true });
      const state = await portState(fixture.rows, portIdOf(1));
      expect(state).toMatchObject({ status: 'ACTIVE', revision: 4, blocks: '' });
      expect(String(state.updatedAt)).toMatch(/^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.000000)?$/);
      expect(String(state.updatedAt) > '2026-01-01').toBe(true);
    });

    it('changes nothing when the same report comes again', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 10)]);
      const before = await portState(fixture.rows, portIdOf(1));
      const [again] = await judge([reportOf(1, 10)]);
      expect(again).toMatchObject({ verdict: 'stale', owes: false });
      const [newer] = await judge([reportOf(1, 11)]);
      expect(newer).toMatchObject({ verdict: 'applied', reason: 'agrees', wrote: undefined, owes: false });
      expect(await portState(fixture.rows, portIdOf(1))).toEqual(before);
    });

    it('writes DOWN with an L2 block', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1), status: 'ACTIVE', blocks: [] });
      await judge([reportOf(1, 10, { status: 'DOWN' })]);
      expect(await portState(fixture.rows, portIdOf(1))).toMatchObject({
        status: 'DOWN',
        revision: 4,
        blocks: 'L2',
      });
    });

    it('writes ERROR for a report of ERROR', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 10, { status: 'ERROR' })]);
      expect(await portState(fixture.rows, portIdOf(1))).toMatchObject({ status: 'ERROR', revision: 4 });
    });

    it('handles a batch of many ports with different verdicts in one go', async () => {
      for (let n = 1; n <= 30; n++) {
        const blocks = n % 3 === 0 ? ['DHCP', 'L2'] : ['L2'];
        await plantPort(fixture.rows, n, { id: portIdOf(n), blocks, host: n % 5 === 0 ? 'cn2' : 'cn1' });
      }
      const cases = Array.from({ length: 31 }, (_, i) => reportOf(i + 1, 100 + i));
      const verdicts = new Map((await judge(cases)).map((outcome) => [outcome.portId, outcome.verdict]));
      for (let n = 1; n <= 30; n++) {
        const expected = n % 5 === 0 ? 'misplaced' : n % 3 === 0 ? 'blocked' : 'applied';
        expect([n, verdicts.get(portIdOf(n))]).toEqual([n, expected]);
        const state = await portState(fixture.rows, portIdOf(n));
        expect([n, state.status]).toEqual([n, expected === 'applied' ? 'ACTIVE' : 'DOWN']);
      }
      expect(verdicts.get(portIdOf(31))).toBe('absent');
    });

    it('takes 5,000 reports in one transaction, says them again, and forgets them', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      const numbers = Array.from({ length: 5000 }, (_, i) => i + 1);
      const seen = { detail: 'x'.repeat(1000) };
      const long = 'c'.repeat(200);
      const many = (revision: number, more: Partial<Report> = {}): readonly Case[] =>
        numbers.map((n) =>
          reportOf(n, revision, { seen, ...(n > 1 ? { chassis: `${long}-${n}` } : {}), ...more }),
        );
      expect(await judge(many(10))).toHaveLength(5000);
      expect((await judge(many(11))).filter(({ verdict }) => verdict === 'absent')).toHaveLength(4999);
      expect(await fixture.neutron.takeDue(5000, 1000)).toEqual([]);
      await fixture.rows.run(`update ${fixture.ledger('reports')} set look_at = 1`);
      expect(await fixture.neutron.takeDue(5000, 60_000)).toHaveLength(5000);
      await judge(many(12, { status: 'DOWN' }));
      const rows = await fixture.rows.run(`select count(*) as n from ${fixture.ledger('reports')}`);
      expect(rows[0]?.['n']).toBe(1);
    });

    it('looks at 5,000 rows without judging each against a copy of all', async () => {
      const cases = Array.from({ length: 5000 }, (_, i) => reportOf(i + 1, 10));
      await judge(cases);
      expect(
        await fixture.neutron.preview(
          cases.map(({ portId, chassis }) => ({ portId, chassis })),
          JUDGING,
        ),
      ).toEqual([]);
    });

    it('orders reports by epoch first, so that a chassis clock set back after a loss of data does no harm', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 1000)]);
      await fixture.neutron.enterIncarnation('inc-2', 2);
      const down = reportOf(1, 5, { status: 'DOWN' });
      const inNew = { ...down, arrival: { ...must(down.arrival), incarnation: 'inc-2' } };
      const [outcome] = await judge([inNew]);
      expect(outcome).toMatchObject({ verdict: 'applied', wrote: 'DOWN' });
      const [late] = await judge([reportOf(1, 2000)]);
      expect(late).toMatchObject({ verdict: 'stale' });
    });

    it('gives an incarnation one number, and no number to two', async () => {
      expect(await fixture.neutron.epochOf('x')).toEqual({ epoch: undefined, greatest: 0 });
      await fixture.neutron.enterIncarnation('x', 1);
      await fixture.neutron.enterIncarnation('y', 1);
      await fixture.neutron.enterIncarnation('x', 2);
      expect(await fixture.neutron.epochOf('x')).toEqual({ epoch: 1, greatest: 1 });
      expect(await fixture.neutron.epochOf('y')).toEqual({ epoch: undefined, greatest: 1 });
    });

    it('keeps the number of its incarnation where the ledger has lost it', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 10)], { ...JUDGING, epoch: 7 });
      expect(await fixture.neutron.epochOf(JUDGING.incarnation)).toEqual({ epoch: 7, greatest: 7 });
    });

    it('keeps the report of a port that is not there yet, and applies it once the port is created', async () => {
      expect(await judge([reportOf(1, 10)])).toMatchObject([{ verdict: 'absent', isWaiting: true }]);
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      const keys = [{ portId: portIdOf(1), chassis: 'cn1' }];
      expect(await fixture.neutron.preview(keys, JUDGING)).toEqual(keys);
      expect(await judge(keys)).toMatchObject([{ verdict: 'applied', wrote: 'ACTIVE' }]);
    });

    it('forgets a port that is gone and DOWN', async () => {
      await judge([reportOf(1, 10)]);
      await judge([reportOf(1, 11, { status: 'DOWN' })]);
      const rows = await fixture.rows.run(`select count(*) as n from ${fixture.ledger('reports')}`);
      expect(rows[0]?.['n']).toBe(0);
    });

    it('keeps the newest report of a port that is absent, whatever arrives after it', async () => {
      await judge([reportOf(1, 10)]);
      await judge([reportOf(1, 9, { status: 'DOWN' })]);
      await judge([reportOf(1, 8, { attachment: 'older' })]);
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      expect(await judge([{ portId: portIdOf(1), chassis: 'cn1' }])).toMatchObject([{ wrote: 'ACTIVE' }]);
      const rows = await fixture.rows.run(`select revision, attachment from ${fixture.ledger('reports')}`);
      expect(rows).toEqual([{ revision: 10, attachment: 'row-1' }]);
    });

    it('applies the report of a blocked port when the DHCP block is gone', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1), blocks: ['DHCP', 'L2'] });
      expect(await judge([reportOf(1, 10)])).toMatchObject([{ verdict: 'blocked', isWaiting: true }]);
      expect(await portState(fixture.rows, portIdOf(1))).toMatchObject({
        status: 'DOWN',
        revision: 3,
        blocks: 'DHCP',
      });
      const key = { portId: portIdOf(1), chassis: 'cn1' };
      expect(await fixture.neutron.preview([key], JUDGING)).toEqual([]);
      await fixture.rows.run('delete from provisioningblocks where standard_attr_id = 10001');
      expect(await fixture.neutron.preview([key], JUDGING)).toEqual([key]);
      expect(await judge([key])).toMatchObject([{ verdict: 'applied', wrote: 'ACTIVE' }]);
    });

    it('gives each row that is due to one asker, and again after the interval', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1), blocks: ['DHCP'] });
      await judge([reportOf(1, 10)], { ...JUDGING, lookEveryMs: 0 });
      expect(await fixture.neutron.takeDue(10, 60_000)).toEqual([{ portId: portIdOf(1), chassis: 'cn1' }]);
      expect(await fixture.neutron.takeDue(10, 60_000)).toEqual([]);
    });

    it("gives a live migration's target again after a second, also where all others wait for longer", async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1), host: 'cn2' });
      await plantBinding(fixture.rows, portIdOf(1), { host: 'cn1', status: 'INACTIVE' });
      await plantPort(fixture.rows, 2, { id: portIdOf(2), blocks: ['DHCP'] });
      await judge([reportOf(1, 10), reportOf(2, 11)], { ...JUDGING, lookEveryMs: 0 });
      const table = fixture.ledger('reports');
      const dueIn = `select port, look_at - judged_at as ms from ${table} order by port`;
      expect(await fixture.neutron.takeDue(10, 60_000)).toHaveLength(2);
      const [target, other] = await fixture.rows.run(dueIn);
      expect(Number(target?.['ms'])).toBeLessThan(30_000);
      expect(Number(other?.['ms'])).toBeGreaterThanOrEqual(60_000);
    });

    it('changes no row of Neutron in observe mode, and notes what would be written', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      const observing = { ...JUDGING, mayWrite: () => false };
      expect(await judge([reportOf(1, 10)], observing)).toMatchObject([{ verdict: 'applied', owes: false }]);
      expect(await portState(fixture.rows, portIdOf(1))).toMatchObject({
        status: 'DOWN',
        revision: 3,
        blocks: 'L2',
      });
      const rows = await fixture.rows.run(`select mode, effects, owed_no from ${fixture.ledger('reports')}`);
      expect(rows).toEqual([{ mode: 'observe', effects: 'DELETE-L2 ACTIVE', owed_no: 0 }]);
      const { ports } = await fixture.neutron.compare({ limit: 10 }, observing);
      expect(ports).toMatchObject([
        { neutronStatus: 'DOWN', reported: 'ACTIVE', wouldWrite: 'DELETE-L2 ACTIVE' },
      ]);
    });

    it('writes what it observed once it may: the sweep finds it', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 10)], { ...JUDGING, mayWrite: () => false });
      const { disagreeing } = await fixture.neutron.sweep({ limit: 100 }, JUDGING);
      expect(await judge(disagreeing)).toMatchObject([{ verdict: 'applied', wrote: 'ACTIVE', owes: true }]);
      expect((await fixture.neutron.sweep({ limit: 100 }, JUDGING)).disagreeing).toEqual([]);
    });

    it('does nothing at all while an operator has paused the writing', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await fixture.neutron.setPaused(true);
      expect(await fixture.neutron.judge([reportOf(1, 10)], JUDGING)).toEqual({ kind: 'paused' });
      expect(await portState(fixture.rows, portIdOf(1))).toMatchObject({ status: 'DOWN', revision: 3 });
      await fixture.neutron.setPaused(false);
      expect(await judge([reportOf(1, 10)])).toMatchObject([{ wrote: 'ACTIVE' }]);
    });

    it('finds by sweeping a port that Neutron bound again on the same host', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 10)]);
      await fixture.rows.run('update ports set status = ? where id = ?', ['DOWN', portIdOf(1)]);
      await plantBlock(fixture.rows, 1, 'L2');
      const page = await fixture.neutron.sweep({ limit: 100 }, JUDGING);
      expect(page.disagreeing).toHaveLength(1);
      await judge(page.disagreeing);
      expect(await portState(fixture.rows, portIdOf(1))).toMatchObject({ status: 'ACTIVE', blocks: '' });
    });

    it('pages through the ledger in the order of its key', async () => {
      await judge([1, 2, 3].map((n) => reportOf(n, n)));
      const first = await fixture.neutron.sweep({ limit: 2 }, JUDGING);
      const second = await fixture.neutron.sweep({ after: first.rows.at(-1), limit: 2 }, JUDGING);
      expect([first, second].map(({ rows }) => rows.map(({ portId }) => portId))).toEqual([
        [portIdOf(1), portIdOf(2)],
        [portIdOf(3)],
      ]);
    });

    it('reads no further in the ledger than it is told', async () => {
      await judge([1, 2, 3].map((n) => reportOf(n, n)));
      const after = { portId: portIdOf(1), chassis: '' };
      const page = await fixture.neutron.sweep({ after, until: portIdOf(2), limit: 10 }, JUDGING);
      expect(page.rows.map(({ portId }) => portId)).toEqual([portIdOf(1), portIdOf(2)]);
    });

    it('reads the ledger of one chassis, and of Neutron the ports that are named', async () => {
      for (const number of [1, 2, 3]) await plantPort(fixture.rows, number, { id: portIdOf(number) });
      await judge([reportOf(1, 1), reportOf(2, 2), reportOf(3, 3, { chassis: 'cn2' })]);
      const ofOne = await fixture.neutron.sweep({ chassis: 'cn2', limit: 10 }, JUDGING);
      expect(ofOne.rows.map(({ portId }) => portId)).toEqual([portIdOf(3)]);
      const { ports } = await fixture.neutron.compare([portIdOf(2)], JUDGING);
      expect(ports).toMatchObject([{ portId: portIdOf(2), host: 'cn1', reported: 'ACTIVE' }]);
    });

    it('foresees what judging would do, and changes nothing', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 1)]);
      const before = await portState(fixture.rows, portIdOf(1));
      const gone = reportOf(1, 2, { status: 'DOWN' });
      expect(await fixture.neutron.foresee([gone, reportOf(2, 3)], JUDGING)).toMatchObject([
        { neutronStatus: 'ACTIVE', reported: 'DOWN', wouldWrite: 'INSERT-L2 DOWN', wouldOwe: true },
        { verdict: 'absent', reason: 'no-such-port', wouldWrite: '', isNews: true },
      ]);
      expect(await portState(fixture.rows, portIdOf(1))).toEqual(before);
    });

    it('names what Nova is owed', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 1)]);
      const keys = [1, 2].map((number) => ({ portId: portIdOf(number), chassis: 'cn1' }));
      expect(await fixture.neutron.debts(keys)).toMatchObject([{ ...keys[0], word: 'plugged', attempts: 0 }]);
    });

    it('tells a debt once: claimed by one server, recorded under its nonce', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 10)]);
      const claimed = await fixture.neutron.claimDebts(claim('n1'), 10);
      expect(claimed).toMatchObject([
        { portId: portIdOf(1), word: 'plugged', owedNo: 1, untold: 1, attempts: 0, observedAt: OBSERVED_AT },
      ]);
      const other = { ...claim('n2'), generation: '1-b' };
      expect(await fixture.neutron.claimDebts(other, 10)).toEqual([]);
      await fixture.neutron.recordAnswers(
        ['n1'],
        [
          {
            debt: must(claimed[0]),
            attempts: 1,
            afterMs: 0,
            settlement: { kind: 'told' },
            answer: { kind: 'accepted' },
          },
        ],
      );
      expect(await fixture.neutron.claimDebts(other, 10)).toEqual([]);
    });

    it('says whether any debt is due, also while somebody settles it', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      expect(await fixture.neutron.isAnyDebtDue()).toBe(false);
      await judge([reportOf(1, 10)]);
      expect(await fixture.neutron.isAnyDebtDue()).toBe(true);
      const [debt] = await fixture.neutron.claimDebts(claim('n1'), 10);
      expect(await fixture.neutron.isAnyDebtDue()).toBe(true);
      await fixture.neutron.recordAnswers(
        ['n1'],
        [{ debt: must(debt), attempts: 1, afterMs: 0, settlement: { kind: 'told' } }],
      );
      expect(await fixture.neutron.isAnyDebtDue()).toBe(false);
    });

    it('counts what Nova is owed, claimed or not, since when, and what is in quarantine', async () => {
      const { neutron } = fixture;
      expect(await neutron.counts()).toEqual({ owed: 0, oldestOwedMs: 0, quarantined: 0 });
      for (const n of [1, 2, 3]) await plantPort(fixture.rows, n, { id: portIdOf(n) });
      await judge([reportOf(1, 10), reportOf(2, 11)]);
      const claimed = await neutron.claimDebts(claim('n1'), 10);
      await judge([reportOf(3, 12)]);
      await fixture.rows.run(
        `update ${fixture.ledger('reports')} set owed_at = owed_at - 60000 where port = ?`,
        [portIdOf(2)],
      );
      const bad = { revision: 1, incarnation: 'inc-1', body: 'x', reason: 'no JSON', server: 'A' };
      await neutron.quarantine([{ portId: portIdOf(1), chassis: 'cn3', ...bad }], 10);
      const before = await neutron.counts();
      expect(before).toMatchObject({ owed: 3, quarantined: 1 });
      expect(Math.floor(before.oldestOwedMs / 60_000)).toBe(1);
      const told = {
        attempts: 1,
        afterMs: 0,
        settlement: { kind: 'told' },
        answer: { kind: 'accepted' },
      } as const;
      await neutron.recordAnswers(
        ['n1'],
        claimed.map((debt) => ({ debt, ...told })),
      );
      const after = await neutron.counts();
      expect(after).toMatchObject({ owed: 1, quarantined: 1 });
      expect(after.oldestOwedMs).toBeLessThan(60_000);
    });

    it('gives each of many debts to one of the servers that ask at once', async () => {
      const numbers = Array.from({ length: 60 }, (_, i) => i + 1);
      for (const n of numbers) await plantPort(fixture.rows, n, { id: portIdOf(n) });
      await judge(numbers.map((n) => reportOf(n, n)));
      const servers = ['A', 'B', 'C', 'D'].flatMap((server) => [server, server, server]);
      const executing = new Set(servers.map((_, i) => `n${i}`));
      const asked = servers.map((server, i) =>
        fixture.neutron.claimDebts(
          { generation: `1-${server}`, nonce: `n${i}`, lapsedGenerations: [], executing },
          25,
        ),
      );
      const claimed = (await Promise.all(asked)).flat().map(({ portId }) => portId);
      expect(claimed).toHaveLength(new Set(claimed).size);
      expect(claimed.length).toBeGreaterThan(0);
    });

    it('lets another server settle when the claim is void', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 10)]);
      const [debt] = await fixture.neutron.claimDebts(claim('n1'), 10);
      const other = { ...claim('n2'), generation: '1-b', lapsedGenerations: ['1-a'] };
      expect(await fixture.neutron.claimers()).toEqual(['1-a']);
      expect(await fixture.neutron.claimDebts(other, 10)).toHaveLength(1);
      await fixture.neutron.recordAnswers(
        ['n1'],
        [{ debt: must(debt), attempts: 1, afterMs: 0, settlement: { kind: 'told' } }],
      );
      const rows = await fixture.rows.run(`select told_no from ${fixture.ledger('reports')}`);
      expect(rows).toEqual([{ told_no: 0 }]);
    });

    it('claims a word that Nova waits for in the transaction in which it becomes owed', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      const judged = await judgeAs(claim('n1'), [reportOf(1, 10)]);
      expect(judged).toMatchObject([
        { portId: portIdOf(1), word: 'plugged', owedNo: 1, untold: 1, ageMs: 0, observedAt: OBSERVED_AT },
      ]);
      const other = { ...claim('n2'), generation: '1-b' };
      expect(await fixture.neutron.claimDebts(other, 10)).toEqual([]);
      expect(await fixture.neutron.claimers()).toEqual(['1-a']);
      const told = { settlement: { kind: 'told' }, answer: { kind: 'accepted' } } as const;
      await fixture.neutron.recordAnswers(
        ['n1'],
        [{ debt: must(judged[0]), attempts: 1, afterMs: 0, ...told }],
      );
      expect(await fixture.neutron.claimers()).toEqual([]);
      expect(await fixture.neutron.isAnyDebtDue()).toBe(false);
    });

    it('leaves such a word to whoever finds it void: its server may have said it', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judgeAs(claim('n1'), [reportOf(1, 10)]);
      const other = { ...claim('n2'), generation: '1-b', lapsedGenerations: ['1-a'] };
      expect(await fixture.neutron.claimDebts(other, 10)).toEqual([]);
      await fixture.rows.run(`update ${fixture.ledger('reports')} set settle_at = 1`);
      expect(await fixture.neutron.claimDebts(other, 10)).toMatchObject([{ owedNo: 1, toldPlugged: true }]);
    });

    it('leaves a word due that comes while another of that port is claimed, on whatever chassis', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await plantBinding(fixture.rows, portIdOf(1), { host: 'cn2', status: 'INACTIVE' });
      const [first] = await judgeAs(claim('n1'), [reportOf(1, 10)]);
      expect(await judgeAs(claim('n2'), [reportOf(1, 10, { chassis: 'cn2' })])).toEqual([]);
      expect(await judgeAs(claim('n3'), [reportOf(1, 11, { attachment: 'again' })])).toEqual([]);
      expect(await fixture.neutron.claimDebts({ ...claim('n4'), generation: '1-b' }, 10)).toEqual([]);
      const told = { settlement: { kind: 'told' }, answer: { kind: 'accepted' } } as const;
      await fixture.neutron.recordAnswers(['n1'], [{ debt: must(first), attempts: 1, afterMs: 0, ...told }]);
      expect(await fixture.neutron.claimDebts(claim('n5'), 10)).toMatchObject([
        { chassis: 'cn1', owedNo: 2 },
        { chassis: 'cn2', owedNo: 1 },
      ]);
    });

    it('records for each chassis of a port what Nova answered to its own word', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await plantBinding(fixture.rows, portIdOf(1), { host: 'cn2', status: 'INACTIVE' });
      await judge([reportOf(1, 10), reportOf(1, 10, { chassis: 'cn2' })]);
      const [one, other] = await fixture.neutron.claimDebts(claim('n1'), 10);
      const told = { settlement: { kind: 'told' }, answer: { kind: 'accepted' } } as const;
      const again = { settlement: { kind: 'again', afterMs: 0 } } as const;
      await fixture.neutron.recordAnswers(
        ['n1'],
        [
          { debt: must(one), attempts: 1, afterMs: 0, ...told },
          { debt: must(other), attempts: 1, afterMs: 0, ...again },
        ],
      );
      expect(await fixture.neutron.claimDebts(claim('n2'), 10)).toMatchObject([
        { chassis: 'cn2', attempts: 1 },
      ]);
    });

    it('leaves "unplugged" due: it is asked first whether Nova has to hear it', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1), status: 'ACTIVE', blocks: [] });
      expect(await judgeAs(claim('n1'), [reportOf(1, 10, { status: 'DOWN' })])).toEqual([]);
      expect(await fixture.neutron.claimDebts(claim('n2'), 10)).toMatchObject([{ word: 'unplugged' }]);
    });

    it('keeps a debt that grew while Nova was being told', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 10)]);
      const [debt] = await fixture.neutron.claimDebts(claim('n1'), 10);
      await judge([reportOf(1, 11, { attachment: 'another-plug' })]);
      await fixture.neutron.recordAnswers(
        ['n1'],
        [{ debt: must(debt), attempts: 1, afterMs: 0, settlement: { kind: 'told' } }],
      );
      expect(await fixture.neutron.claimDebts(claim('n2'), 10)).toMatchObject([
        { owedNo: 2, untold: 1, toldPlugged: true },
      ]);
    });

    it('asks again after the backoff, not before', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 10)]);
      const [debt] = await fixture.neutron.claimDebts(claim('n1'), 10);
      const again = {
        debt: must(debt),
        attempts: 1,
        afterMs: 0,
        settlement: { kind: 'again', afterMs: 3_600_000 },
      } as const;
      await fixture.neutron.recordAnswers(['n1'], [again]);
      expect(await fixture.neutron.claimDebts(claim('n2'), 10)).toEqual([]);
      await fixture.rows.run(`update ${fixture.ledger('reports')} set settle_at = 1`);
      expect(await fixture.neutron.claimDebts(claim('n3'), 10)).toMatchObject([{ attempts: 1 }]);
    });

    it('owes plugged from the target of a live migration, whose ACTIVE is written when its binding is activated', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1), status: 'ACTIVE', blocks: [] });
      await plantBinding(fixture.rows, portIdOf(1), { host: 'cn2', status: 'INACTIVE' });
      const target = { chassis: 'cn2', attachment: 'row-on-cn2' };
      expect(await judge([reportOf(1, 10, target)])).toMatchObject([
        { verdict: 'foreign', owes: true, isWaiting: true },
      ]);
      await fixture.rows.run('delete from ml2_port_bindings where host = ?', ['cn1']);
      await fixture.rows.run('update ml2_port_bindings set status = ? where host = ?', ['ACTIVE', 'cn2']);
      await fixture.rows.run('update ports set status = ? where id = ?', ['DOWN', portIdOf(1)]);
      expect(await judge([{ portId: portIdOf(1), chassis: 'cn2' }])).toMatchObject([{ wrote: 'ACTIVE' }]);
    });

    it('finds the target of a live migration in the profile of the active binding too', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1), status: 'ACTIVE', blocks: [] });
      await fixture.rows.run('update ml2_port_bindings set profile = ?', [
        '{"migrating_to": "cn2", "x": null}',
      ]);
      expect(await judge([reportOf(1, 10, { chassis: 'cn2' })])).toMatchObject([
        { reason: 'migrating-here' },
      ]);
    });

    it.each(['', '{', '[]', 'null', '{"migrating_to": 7}', 'migrating_to'])(
      'takes a binding profile that says nothing it knows for none: %s',
      async (profile) => {
        await plantPort(fixture.rows, 1, { id: portIdOf(1) });
        await fixture.rows.run('update ml2_port_bindings set profile = ?', [profile]);
        expect(await judge([reportOf(1, 10, { chassis: 'cn2' })])).toMatchObject([
          { reason: 'bound-elsewhere' },
        ]);
        expect(await judge([reportOf(1, 10)])).toMatchObject([{ wrote: 'ACTIVE' }]);
      },
    );

    it('takes a port that was never updated for old: its BUILD is not a fresh one', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1), status: 'BUILD' });
      await fixture.rows.run('update standardattributes set updated_at = null where id = 10001');
      expect(await judge([reportOf(1, 10)])).toMatchObject([{ wrote: 'ACTIVE' }]);
    });

    it('writes a port without a device, and owes Nova nothing', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1), deviceId: '', owner: '', blocks: [] });
      expect(await judge([reportOf(1, 10)])).toMatchObject([{ wrote: 'ACTIVE', owes: false }]);
      expect(await judge([reportOf(1, 11, { status: 'DOWN' })])).toMatchObject([{ wrote: 'DOWN' }]);
      expect(await portState(fixture.rows, portIdOf(1))).toMatchObject({ status: 'DOWN', blocks: '' });
    });

    it('writes a port on a chassis with the longest name there is', async () => {
      const chassis = 'n'.repeat(255);
      await plantPort(fixture.rows, 1, { id: portIdOf(1), host: chassis });
      expect(await judge([reportOf(1, 10, { chassis })])).toMatchObject([{ wrote: 'ACTIVE', owes: true }]);
      expect(await fixture.neutron.claimDebts(claim('n1'), 10)).toMatchObject([{ chassis }]);
    });

    it('forgets the DOWN of a port that was deleted: the sweep finds it', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 10, { status: 'DOWN' })]);
      expect((await fixture.neutron.sweep({ limit: 100 }, JUDGING)).disagreeing).toEqual([]);
      await fixture.rows.run('delete from ports');
      await judge((await fixture.neutron.sweep({ limit: 100 }, JUDGING)).disagreeing);
      expect((await fixture.neutron.sweep({ limit: 100 }, JUDGING)).rows).toEqual([]);
    });

    it('changes nothing more when a batch whose commit was not answered is judged again', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      const batch = [reportOf(1, 10), reportOf(2, 11)];
      await judge(batch);
      const before = await portState(fixture.rows, portIdOf(1));
      await judge(batch);
      expect(await portState(fixture.rows, portIdOf(1))).toEqual(before);
      expect(await fixture.neutron.claimDebts(claim('n1'), 10)).toMatchObject([{ owedNo: 1 }]);
    });

    it('counts on from the revision that Neutron has reached meanwhile', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      await judge([reportOf(1, 10)]);
      await fixture.rows.run('update standardattributes set revision_number = 77 where id = 10001');
      await judge([reportOf(1, 11, { status: 'DOWN' })]);
      expect(await portState(fixture.rows, portIdOf(1))).toMatchObject({ status: 'DOWN', revision: 78 });
    });

    it('leaves to neutron-server what only it may write', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1), driver: 'ovn' });
      await plantPort(fixture.rows, 2, { id: portIdOf(2), owner: 'network:dhcp', blocks: [] });
      expect((await judge([reportOf(1, 1), reportOf(2, 2)])).map(({ reason }) => reason).sort()).toEqual([
        'driver-not-allowed',
        'network-owned',
      ]);
    });

    it('tells all that is known of a port, by its id, its Nova server, its MAC address and its device', async () => {
      const { neutron, rows } = fixture;
      await plantPort(rows, 1, { id: portIdOf(1) });
      await plantPort(rows, 2, { id: portIdOf(2), deviceId: 'vm' });
      const seen = { device: 'tap1', ofport: 3 };
      await judge([reportOf(1, 10, { seen }), reportOf(1, 10, { chassis: 'cn2', status: 'DOWN' })]);
      const bad = { revision: 1, incarnation: 'i', body: '{', reason: 'no JSON', server: 'A' };
      await neutron.quarantine([{ portId: portIdOf(1), chassis: 'cn3', ...bad }], 10);
      const [story, ...others] = await neutron.stories(portIdOf(1));
      expect(others).toEqual([]);
      expect(story).toMatchObject({ portId: portIdOf(1), port: { status: 'ACTIVE', blocks: [] } });
      expect(story?.chapters).toMatchObject([
        { chassis: 'cn1', status: 'ACTIVE', seen, verdict: 'applied', isOwed: true, word: 'plugged' },
        { chassis: 'cn2', status: 'DOWN', isOwed: false },
      ]);
      expect(story?.quarantined).toMatchObject([{ chassis: 'cn3', reason: 'no JSON' }]);
      const [{ mac_address: mac } = {}] = await rows.run('select mac_address from ports where id = ?', [
        portIdOf(2),
      ]);
      for (const wanted of ['vm', String(mac).toUpperCase()])
        expect(await neutron.stories(wanted)).toMatchObject([{ portId: portIdOf(2), chapters: [] }]);
      expect(await neutron.stories(`tap${portIdOf(1).slice(0, 11)}`)).toHaveLength(2);
      expect(await neutron.stories('nobody')).toEqual([]);
    });

    it('keeps what became of earlier reports and words, and nothing of repetitions', async () => {
      const { neutron, rows } = fixture;
      await plantPort(rows, 1, { id: portIdOf(1) });
      const [debt] = await judgeAs(claim('n1'), [reportOf(1, 10)]);
      const refused = {
        attempts: 1,
        afterMs: 0,
        settlement: { kind: 'dropped', why: 'refused' },
        answer: { kind: 'rejected', code: 404 },
      } as const;
      await neutron.recordAnswers(['n1'], [{ debt: must(debt), ...refused }]);
      await judge([reportOf(1, 11)]);
      await judge([{ portId: portIdOf(1), chassis: 'cn1' }]);
      await judge([reportOf(1, 12, { status: 'DOWN' })]);
      const [story] = await neutron.stories(portIdOf(1));
      const [chapter] = story?.chapters ?? [];
      expect(chapter?.history).toMatchObject([
        { kind: 'judged', status: 'ACTIVE', effects: 'DELETE-L2 ACTIVE', word: 'plugged', server: 'A' },
        { kind: 'settled', word: 'plugged', result: 'refused', code: 404, atMs: chapter?.toldAtMs },
        {
          kind: 'judged',
          status: 'DOWN',
          effects: 'INSERT-L2 DOWN',
          word: 'unplugged',
          atMs: chapter?.judgedAtMs,
        },
      ]);
    });

    it('takes no word of a history that Nova is asked again about', async () => {
      await plantPort(fixture.rows, 1, { id: portIdOf(1) });
      const [debt] = await judgeAs(claim('n1'), [reportOf(1, 10)]);
      const silent = {
        attempts: 1,
        afterMs: 0,
        settlement: { kind: 'again', afterMs: 1 },
        answer: { kind: 'unreachable', detail: 'ECONNREFUSED' },
      } as const;
      await fixture.neutron.recordAnswers(['n1'], [{ debt: must(debt), ...silent }]);
      const [story] = await fixture.neutron.stories(portIdOf(1));
      expect(story?.chapters[0]?.history.map(({ kind }) => kind)).toEqual(['judged']);
    });

    it('bounds the history of a port that flaps, and loses none of it to a sweep or a look', async () => {
      const { neutron, rows } = fixture;
      await plantPort(rows, 1, { id: portIdOf(1) });
      for (let n = 0; n < 30; n++) {
        await judge([reportOf(1, 10 + n, { status: n % 2 === 0 ? 'ACTIVE' : 'DOWN' })]);
      }
      const table = fixture.ledger('reports');
      const read = async (): Promise<string> =>
        String((await rows.run(`select history from ${table}`))[0]?.['history']);
      const history = await read();
      expect(history.split('\n')).toHaveLength(21);
      await rows.run("update ports set status = 'ACTIVE'");
      const { disagreeing } = await neutron.sweep({ limit: 10 }, JUDGING);
      await neutron.preview(disagreeing, JUDGING);
      expect(await read()).toBe(history);
      await judge(disagreeing);
      const after = await read();
      expect(after.split('\n')).toHaveLength(21);
      expect(after.startsWith(history.slice(history.indexOf('\n') + 1))).toBe(true);
    });

    it('tells of the ports that Nova waits for, and of no others', async () => {
      const { neutron, rows } = fixture;
      await plantPort(rows, 1, { id: portIdOf(1) });
      await plantPort(rows, 2, { id: portIdOf(2), blocks: [] });
      await plantPort(rows, 3, { id: portIdOf(3), status: 'ACTIVE', blocks: [] });
      await plantPort(rows, 4, { id: portIdOf(4), owner: 'network:dhcp' });
      for (const number of [1, 2, 3, 4]) await setAge(rows, number, 100_000);
      const awaited = await neutron.awaited({ withinMs: 300_000, limit: 10 });
      expect(awaited.map(({ portId }) => portId)).toEqual([portIdOf(1)]);
      expect(await neutron.awaited({ withinMs: 50_000, limit: 10 })).toEqual([]);
    });

    it('keeps what can never be written in quarantine', async () => {
      const entry = {
        portId: 'x',
        chassis: 'cn1',
        revision: 1,
        incarnation: 'i',
        body: '{',
        reason: 'no JSON',
        server: 'A',
      };
      await fixture.neutron.quarantine([entry, { ...entry, portId: 'y'.repeat(400), body: '\0' }], 10);
      await fixture.neutron.quarantine([entry], 10);
      expect(await fixture.neutron.quarantined()).toBe(2);
      expect(await fixture.neutron.listQuarantined(1)).toHaveLength(1);
      const listed = await fixture.neutron.listQuarantined(10);
      expect(listed).toContainEqual({ ...entry, ageMs: expect.any(Number) as number });
      expect(await fixture.neutron.releaseQuarantined(listed)).toBe(2);
      expect(await fixture.neutron.quarantined()).toBe(0);
    });

    it('finds what is in quarantine by its port, or by its port and chassis', async () => {
      const { neutron } = fixture;
      const entry = { revision: 1, incarnation: 'i', body: '{', reason: 'r', server: 'A' };
      const keys = [
        { portId: portIdOf(1), chassis: 'cn1' },
        { portId: portIdOf(1), chassis: 'cn2' },
        { portId: 'for@ged', chassis: 'cn1' },
      ] as const;
      await neutron.quarantine(
        keys.map((key) => ({ ...key, ...entry })),
        10,
      );
      const found = async (...names: readonly string[]): Promise<readonly string[]> =>
        (await neutron.findQuarantined(names)).map(keyOf).sort();
      expect(await found(portIdOf(1))).toEqual([keyOf(keys[0]), keyOf(keys[1])]);
      expect(await found(keyOf(keys[1]))).toEqual([keyOf(keys[1])]);
      expect(await found('for@ged', 'for@ged@cn1')).toEqual([keyOf(keys[2])]);
      expect(await found(portIdOf(2))).toEqual([]);
      expect(await found()).toEqual([]);
    });

    it('lets go of a report in quarantine, and not of a newer one that took its place', async () => {
      const { neutron } = fixture;
      const entry = { portId: portIdOf(1), chassis: 'cn1', incarnation: 'i', body: '{', reason: 'r' };
      const [older, newer] = [1, 2].map((revision) => ({ ...entry, revision, server: 'A' }));
      await neutron.quarantine([must(older)], 10);
      await neutron.quarantine([must(newer)], 10);
      expect(await neutron.releaseQuarantined([must(older)])).toBe(0);
      expect(await neutron.quarantined()).toBe(1);
      expect(await neutron.releaseQuarantined([must(newer)])).toBe(1);
      expect(await neutron.quarantined()).toBe(0);
    });

    it('keeps what was forged to fit no column', async () => {
      await fixture.neutron.quarantine(
        [
          {
            portId: '\0'.repeat(9),
            chassis: 'c'.repeat(300),
            revision: 1e300,
            incarnation: 'i'.repeat(300),
            body: '\ud800'.repeat(9000),
            reason: 'r'.repeat(9000),
            server: 'A',
          },
        ],
        10,
      );
      expect(await fixture.neutron.quarantined()).toBe(1);
    });

    it('keeps nothing of what would be too much, and again what is kept already', async () => {
      const entry = { chassis: 'cn1', revision: 1, incarnation: 'i', body: '', reason: 'r', server: 'A' };
      const entries = [1, 2].map((n) => ({ ...entry, portId: portIdOf(n) }));
      await fixture.neutron.quarantine(entries, 2);
      await fixture.neutron.quarantine(entries, 2);
      const more = fixture.neutron.quarantine([...entries, { ...entry, portId: portIdOf(3) }], 2);
      expect(await more).toBe(false);
      expect(await fixture.neutron.quarantined()).toBe(2);
    });

    it('lets go of what is in quarantine and was followed by a newer report of its port and chassis', async () => {
      const { neutron } = fixture;
      for (const n of [1, 2, 3]) await plantPort(fixture.rows, n, { id: portIdOf(n) });
      const entry = { body: '{', reason: 'out of range', server: 'A' };
      const kept = [
        { ...must(reportOf(1, 7)), revision: 7, incarnation: 'inc-1' },
        { ...must(reportOf(2, 7)), revision: 7, incarnation: 'inc-1' },
        { ...must(reportOf(3, 7)), revision: 7, incarnation: 'of which the ledger knows nothing' },
      ];
      await neutron.quarantine(
        kept.map((one) => ({ ...one, ...entry })),
        10,
      );
      await judge([reportOf(1, 8), reportOf(2, 6), reportOf(3, 8)]);
      await neutron.emptyQuarantine();
      const rows = await fixture.rows.run(`select port from ${fixture.ledger('quarantine')} order by port`);
      expect(rows).toEqual([{ port: portIdOf(2) }, { port: portIdOf(3) }]);
    });

    it('tells a report that is in quarantine from a newer one of its port, also where it was forged', async () => {
      const { neutron } = fixture;
      const forged = { chassis: `cn\0${'x'.repeat(300)}` };
      const entry = { incarnation: 'inc-1', body: '{', reason: 'out of range', server: 'A' };
      const cases = [reportOf(1, 7), reportOf(2, 7), reportOf(3, 7, forged)];
      await neutron.quarantine(
        [cases[0], cases[2]].map((one) => ({ ...must(one), revision: 7, ...entry })),
        10,
      );
      expect(await neutron.withoutQuarantined(cases)).toEqual([cases[1]]);
      const newer = [reportOf(1, 8), reportOf(3, 8, forged)];
      expect(await neutron.withoutQuarantined(newer)).toEqual(newer);
      expect(await neutron.withoutQuarantined([])).toEqual([]);
    });

    it('is paused where nobody knows whether it is, and resumes when it is told to', async () => {
      await fixture.rows.run(`delete from ${fixture.ledger('settings')}`);
      expect(await fixture.neutron.isPaused()).toBe(true);
      await fixture.neutron.setPaused(false);
      expect(await fixture.neutron.isPaused()).toBe(false);
    });
  });
}
