import { describe, expect, it } from 'vitest';
import type { Answer, Settlement } from '../../../src/domain/debt.js';
import type { AnsweredDebt, Claim, ClaimedDebt, Neutron } from '../../../src/neutron/neutron.js';
import type { Chapter } from '../../../src/neutron/story.js';
import { plantBinding, plantPort, portIdOf } from '../../support/neutron-rows.js';
import { JUDGING, reportOf } from './scene.js';
import type { StoreFixture } from './scene.js';

const KEYS = [1, 2, 3].map((number) => ({ portId: portIdOf(number), chassis: 'cn1' }));

const HEARD = { settlement: { kind: 'told' }, answer: { kind: 'accepted' } } as const;
const REFUSED = {
  settlement: { kind: 'dropped', why: 'refused' },
  answer: { kind: 'rejected', code: 404 },
} as const;
const SILENT = {
  settlement: { kind: 'again', afterMs: 0 },
  answer: { kind: 'unreachable', detail: 'ECONNREFUSED' },
} as const;

function claimOf(nonce: string, more: Partial<Claim> = {}): Claim {
  return { generation: '1-a', nonce, lapsedGenerations: [], executing: new Set([nonce]), ...more };
}

function answer(
  debt: ClaimedDebt | undefined,
  said: { readonly settlement: Settlement; readonly answer: Answer },
  afterMs = 10,
): AnsweredDebt {
  if (debt === undefined) throw new Error('there is no such debt');
  return { debt, attempts: 1, afterMs, ...said };
}

/** Words that become owed together, and are one call to Nova. */
export function callCases(fixture: () => StoreFixture): void {
  const neutron = (): Neutron => fixture().neutron;
  const run = (text: string, values?: readonly string[]): ReturnType<StoreFixture['rows']['run']> =>
    fixture().rows.run(text, values);
  /** Three ports come up in one transaction, and their words are claimed there. */
  const call = async (nonce = 'n1'): Promise<readonly ClaimedDebt[]> => {
    for (const n of [1, 2, 3]) await plantPort(fixture().rows, n, { id: portIdOf(n) });
    const cases = [1, 2, 3].map((n) => reportOf(n, 10));
    const judged = await neutron().judge(cases, JUDGING, {
      ...{ generation: '1-a', nonce, dueAfterMs: 60_000, leastOfCall: 3 },
    });
    return judged.kind === 'committed' ? judged.claimed : [];
  };
  const down = (number: number): ReturnType<Neutron['judge']> =>
    neutron().judge([reportOf(number, 20, { status: 'DOWN' })], JUDGING);
  const chapterOf = async (number: number): Promise<Chapter | undefined> =>
    (await neutron().stories(portIdOf(number)))[0]?.chapters[0];
  const toldNos = async (): Promise<readonly unknown[]> =>
    (await run(`select told_no from ${fixture().ledger('reports')} order by port`)).map(
      (row) => row['told_no'],
    );
  const makeOld = (): Promise<unknown> => run(`update ${fixture().ledger('calls')} set due_at = 1`);

  describe('words that are claimed together', () => {
    it('are owed until Nova has answered, and nobody else may say them', async () => {
      expect(await call()).toMatchObject(
        KEYS.map((key) => ({ ...key, word: 'plugged', owedNo: 1, untold: 1, isInCall: true })),
      );
      expect(await neutron().counts()).toMatchObject({ owed: 3 });
      expect((await neutron().counts()).oldestOwedMs).toBeGreaterThanOrEqual(0);
      expect(await neutron().debts(KEYS)).toHaveLength(3);
      expect(await neutron().claimers()).toEqual(['1-a']);
      expect(await neutron().isAnyDebtDue()).toBe(false);
      expect(await neutron().claimDebts(claimOf('n2', { generation: '1-b' }), 10)).toEqual([]);
      expect(await chapterOf(1)).toMatchObject({ isOwed: true, toldResult: 'none' });
    });

    it('are told when Nova has heard them, though none of their rows is written again', async () => {
      const debts = await call();
      await neutron().recordAnswers(
        ['n1'],
        debts.map((debt) => answer(debt, HEARD)),
      );
      expect(await neutron().counts()).toEqual({ owed: 0, oldestOwedMs: 0, quarantined: 0 });
      expect(await neutron().debts(KEYS)).toEqual([]);
      expect(await neutron().claimers()).toEqual([]);
      expect(await toldNos()).toEqual([0, 0, 0]);
      const chapter = await chapterOf(2);
      expect(chapter).toMatchObject({
        ...{ isOwed: false, toldWord: 'plugged', toldResult: 'told', toldAtMs: chapter?.judgedAtMs },
        history: [{ kind: 'judged' }, { kind: 'settled', word: 'plugged', result: 'told' }],
      });
      const { rows } = await neutron().sweep({ limit: 10 }, JUDGING);
      expect(rows).toMatchObject(KEYS.map((key) => ({ ...key, owedNo: 1, toldNo: 1 })));
    });

    it('are known to be told by whatever is judged next', async () => {
      const debts = await call();
      await neutron().recordAnswers(
        ['n1'],
        debts.map((debt) => answer(debt, HEARD)),
      );
      const { judgedAtMs } = (await chapterOf(1)) ?? {};
      await down(1);
      expect(await toldNos()).toEqual([1, 0, 0]);
      expect(await neutron().claimDebts(claimOf('n2'), 10)).toMatchObject([
        { portId: portIdOf(1), word: 'unplugged', owedNo: 2, untold: 1, toldPlugged: true },
      ]);
      expect(await chapterOf(1)).toMatchObject({
        ...{ isOwed: true, toldWord: 'plugged', toldResult: 'told', toldAtMs: judgedAtMs },
        history: [
          { kind: 'judged', status: 'ACTIVE' },
          { kind: 'settled', word: 'plugged', atMs: judgedAtMs },
          { kind: 'judged', status: 'DOWN', word: 'unplugged' },
        ],
      });
    });

    it('keep what their port owes meanwhile waiting until Nova has answered', async () => {
      const debts = await call();
      await down(1);
      expect(await neutron().isAnyDebtDue()).toBe(true);
      expect(await neutron().claimDebts(claimOf('n2', { generation: '1-b' }), 10)).toEqual([]);
      await neutron().recordAnswers(
        ['n1'],
        debts.map((debt) => answer(debt, HEARD)),
      );
      expect(await neutron().claimDebts(claimOf('n3', { generation: '1-b' }), 10)).toMatchObject([
        { portId: portIdOf(1), word: 'unplugged', owedNo: 2, untold: 1, toldPlugged: true },
      ]);
      expect(await toldNos()).toEqual([1, 0, 0]);
      expect((await chapterOf(1))?.history).toMatchObject([
        { kind: 'judged', status: 'ACTIVE' },
        { kind: 'judged', status: 'DOWN' },
        { kind: 'settled', word: 'plugged', result: 'told' },
      ]);
    });

    it('are each recorded as Nova answered: heard, refused, or to be said again', async () => {
      const [first, second, third] = await call();
      await neutron().recordAnswers(
        ['n1'],
        [answer(first, HEARD), answer(second, REFUSED), answer(third, SILENT)],
      );
      expect(await chapterOf(1)).toMatchObject({ isOwed: false, toldResult: 'told' });
      expect(await chapterOf(2)).toMatchObject({ isOwed: false, toldResult: 'refused', toldCode: 404 });
      expect(await chapterOf(3)).toMatchObject({ isOwed: true, attempts: 1, toldDetail: 'ECONNREFUSED' });
      expect(await neutron().counts()).toMatchObject({ owed: 1 });
      expect(await neutron().claimDebts(claimOf('n2'), 10)).toMatchObject([
        { portId: portIdOf(3), word: 'plugged', attempts: 1, isInCall: false },
      ]);
    });

    it('are not taken for another word of their port that was claimed with them', async () => {
      await plantPort(fixture().rows, 1, { id: portIdOf(1) });
      await plantBinding(fixture().rows, portIdOf(1), { host: 'cn2', status: 'INACTIVE' });
      const cases = [
        reportOf(1, 10, { status: 'ERROR' }),
        reportOf(1, 10, { chassis: 'cn2', attachment: 'row-on-cn2' }),
      ];
      const claimant = { generation: '1-a', nonce: 'n1', dueAfterMs: 60_000, leastOfCall: 1 };
      const judged = await neutron().judge(cases, JUDGING, claimant);
      const [failed, plugged] = judged.kind === 'committed' ? judged.claimed : [];
      expect([failed, plugged]).toMatchObject([
        { word: 'failed', isInCall: false },
        { word: 'plugged', isInCall: true },
      ]);
      await neutron().recordAnswers(['n1'], [answer(failed, REFUSED), answer(plugged, HEARD)]);
      const [story] = await neutron().stories(portIdOf(1));
      expect(story?.chapters).toMatchObject([
        { chassis: 'cn1', toldWord: 'failed', toldResult: 'refused' },
        { chassis: 'cn2', toldWord: 'plugged', toldResult: 'told', isOwed: false },
      ]);
    });

    it('are recorded with their own time where Nova took long to answer', async () => {
      const [first, second, third] = await call();
      await run(`update ${fixture().ledger('reports')} set judged_at = judged_at - 5000`);
      await neutron().recordAnswers(
        ['n1'],
        [answer(first, HEARD, 1001), answer(second, HEARD, 1000), answer(third, HEARD, 5000)],
      );
      expect(await toldNos()).toEqual([1, 0, 1]);
      const { judgedAtMs = 0, toldAtMs = 0 } = (await chapterOf(1)) ?? {};
      expect(toldAtMs - judgedAtMs).toBeGreaterThanOrEqual(5000);
      expect(await neutron().counts()).toMatchObject({ owed: 0 });
    });

    it('are void with the registration of whoever claimed them, and then said by another', async () => {
      const debts = await call();
      const other = claimOf('n2', { generation: '1-b', lapsedGenerations: ['1-a'] });
      expect(await neutron().claimDebts(other, 10)).toEqual([]);
      await makeOld();
      expect(await neutron().isAnyDebtDue()).toBe(true);
      expect(await neutron().claimDebts({ ...other, lapsedGenerations: [] }, 10)).toEqual([]);
      expect(await neutron().claimDebts(other, 10)).toMatchObject(
        KEYS.map((key) => ({ ...key, word: 'plugged', toldPlugged: true, isInCall: false })),
      );
      await neutron().recordAnswers(
        ['n1'],
        debts.map((debt) => answer(debt, HEARD)),
      );
      expect(await neutron().debts(KEYS)).toHaveLength(3);
      expect(await neutron().claimers()).toEqual(['1-b']);
    });

    it('are due since they became owed when they are void: a clock that is set back then makes none of them wait', async () => {
      await call();
      const table = fixture().ledger('reports');
      await run(`update ${table} set owed_at = owed_at - 400000`);
      await makeOld();
      await neutron().claimDebts(claimOf('n2', { generation: '1-b', lapsedGenerations: ['1-a'] }), 10);
      expect(await run(`select settle_at - owed_at as later from ${table}`)).toEqual(
        KEYS.map(() => ({ later: 0 })),
      );
    });

    it('are void in as many calls as a server left, each under the registration that made it', async () => {
      for (let n = 1; n <= 60; n++) await plantPort(fixture().rows, n, { id: portIdOf(n) });
      for (let n = 1; n < 60; n += 2) {
        const claimant = {
          generation: n < 30 ? '1-a' : '1-c',
          nonce: `n${n}`,
          dueAfterMs: 0,
          leastOfCall: 2,
        };
        await neutron().judge([reportOf(n, 10), reportOf(n + 1, 10)], JUDGING, claimant);
      }
      const other = claimOf('n99', { generation: '1-b', lapsedGenerations: ['1-a', '1-c'] });
      expect(await neutron().claimDebts({ ...other, lapsedGenerations: ['1-c'] }, 40)).toHaveLength(30);
      expect(await neutron().claimDebts(other, 20)).toHaveLength(20);
      expect(await run(`select nonce from ${fixture().ledger('calls')}`)).toEqual([]);
      const table = fixture().ledger('reports');
      expect(
        await run(
          `select distinct claim_generation from ${table} where settle_at > 0 order by claim_generation`,
        ),
      ).toEqual([{ claim_generation: '1-a' }, { claim_generation: '1-b' }]);
      expect(await neutron().claimDebts(other, 20)).toHaveLength(10);
    });

    it('are void where nobody works on them, as after a commit whose answer was lost', async () => {
      await call();
      await makeOld();
      const own = claimOf('n2');
      expect(await neutron().claimDebts({ ...own, executing: new Set(['n1', 'n2']) }, 10)).toEqual([]);
      expect(await neutron().claimDebts(own, 10)).toHaveLength(3);
    });

    it('are due at once when the clock was set back since', async () => {
      await call();
      await run(`update ${fixture().ledger('calls')} set made_at = made_at + 3600000`);
      expect(await neutron().isAnyDebtDue()).toBe(true);
      expect(await neutron().claimDebts(claimOf('n2'), 10)).toHaveLength(3);
    });

    it('name as many ports as one transaction may judge', async () => {
      const ports = JSON.stringify(Array.from({ length: 5000 }, (_, index) => portIdOf(index)));
      const table = fixture().ledger('calls');
      await run(
        `insert into ${table} (nonce, generation, made_at, due_at, words, ports) values ('n1', '1-a', 1, 1, 5000, ?)`,
        [ports],
      );
      expect(await run(`select ports from ${table}`)).toEqual([{ ports }]);
    });
  });
}
