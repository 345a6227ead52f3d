import { describe, expect, it } from 'vitest';
import {
  afterAnswer,
  countAttempt,
  concernsNova,
  externalEvent,
  NO_DEBT,
  owe,
  wordOfTransition,
} from '../../../src/domain/debt.js';
import type { Debt, SettlePolicy, Word } from '../../../src/domain/debt.js';
import { judge } from '../../../src/domain/judge.js';
import type { JudgedReport } from '../../../src/domain/judge.js';
import type { NeutronPort, NeutronStatus } from '../../../src/domain/neutron-port.js';
import { aBinding, aPort, aReport, INSTANCE, POLICY, PORT_ID } from './examples.js';

type Said = Partial<JudgedReport> & { readonly attachment?: string };

/** What is owed after `said` was judged and carried out on `port`. */
function after(debt: Debt, said: Said, port: NeutronPort | undefined): Debt {
  const { attachment = 'plug-1', ...report } = said;
  const judged = aReport(report);
  return owe(debt, { ...judged, attachment }, port, judge(judged, port, POLICY));
}

/** The debt once Nova has heard the newest word. */
function told(debt: Debt): Debt {
  return { ...debt, toldNo: debt.owedNo };
}

const UP: Said = { status: 'ACTIVE' };
const DOWN: Said = { status: 'DOWN' };
const ERROR: Said = { status: 'ERROR' };
const active = aPort({ status: 'ACTIVE', blocks: [] });
const down = aPort();
const PLUGGED: Debt = told(after(NO_DEBT, UP, down));

describe('A change of status', () => {
  const STATUSES: readonly NeutronStatus[] = ['ACTIVE', 'DOWN', 'BUILD', 'ERROR', 'N/A'];
  const WORDS: Readonly<Record<string, Word>> = {
    'DOWN → ACTIVE': 'plugged',
    'BUILD → ACTIVE': 'plugged',
    'DOWN → ERROR': 'failed',
    'BUILD → ERROR': 'failed',
    'ACTIVE → DOWN': 'unplugged',
  };
  const pairs = STATUSES.flatMap((from) =>
    STATUSES.map((to) => ({ from, to, word: WORDS[`${from} → ${to}`] })),
  );

  it.each(pairs)('$from → $to owes $word', ({ from, to, word }) => {
    expect(wordOfTransition(from, to)).toBe(word);
  });
});

describe('Nova is concerned', () => {
  it.each([
    { deviceOwner: 'compute:nova', deviceId: INSTANCE, concerned: true },
    { deviceOwner: 'compute:az-2', deviceId: INSTANCE, concerned: true },
    { deviceOwner: 'compute', deviceId: INSTANCE, concerned: false },
    { deviceOwner: 'network:dhcp', deviceId: INSTANCE, concerned: false },
    { deviceOwner: 'baremetal:none', deviceId: INSTANCE, concerned: false },
    { deviceOwner: '', deviceId: INSTANCE, concerned: false },
    { deviceOwner: 'compute:nova', deviceId: '', concerned: false },
    { deviceOwner: 'compute:nova', deviceId: 'reserved_dhcp_port', concerned: false },
    { deviceOwner: 'compute:nova', deviceId: `dhcp${INSTANCE}`, concerned: false },
  ])('by owner "$deviceOwner" with device "$deviceId": $concerned', ({ concerned, ...port }) => {
    expect(concernsNova(port)).toBe(concerned);
  });

  it.each([{ deviceOwner: 'compute:nova', deviceId: '' }, { deviceOwner: '' }])(
    'never of a port that it does not own: %j',
    (changes) => {
      expect(after(NO_DEBT, { ...UP, instance: undefined }, aPort(changes))).toEqual(NO_DEBT);
    },
  );
});

describe('Plugged', () => {
  it('is owed once when a port comes up', () => {
    expect(after(NO_DEBT, UP, down)).toEqual({
      owedNo: 1,
      toldNo: 0,
      word: 'plugged',
      owedAttachment: 'plug-1',
    });
  });

  it('is owed for a port that somebody else made ACTIVE', () => {
    expect(after(NO_DEBT, UP, active)).toMatchObject({ owedNo: 1, word: 'plugged' });
  });

  it('is not owed again by a resync that repeats itself', () => {
    expect(after(PLUGGED, UP, active)).toEqual(PLUGGED);
  });

  it('is not owed twice by a repetition that comes before it was told', () => {
    const untold = after(NO_DEBT, UP, down);

    expect(after(untold, UP, active)).toEqual(untold);
  });

  it('is owed once more for a new plugging of a port that stays ACTIVE', () => {
    const replugged = after(PLUGGED, { ...UP, attachment: 'plug-2' }, active);

    expect(replugged).toMatchObject({ owedNo: 2, toldNo: 1, word: 'plugged', owedAttachment: 'plug-2' });
    expect(after(told(replugged), { ...UP, attachment: 'plug-2' }, active)).toEqual(told(replugged));
  });

  it('is owed to the target of a live migration before its binding is active', () => {
    const migrating = aPort({ bindings: [aBinding({ host: 'cn2' }), aBinding({ status: 'INACTIVE' })] });

    const debt = after(NO_DEBT, UP, migrating);

    expect(debt).toMatchObject({ owedNo: 1, word: 'plugged', owedAttachment: 'plug-1' });
    expect(after(told(debt), UP, migrating)).toEqual(told(debt));
  });

  it('is owed when the word before was unplugged, though the plugging is the same', () => {
    const unplugged = told(after(PLUGGED, DOWN, active));

    expect(after(unplugged, UP, active)).toMatchObject({ owedNo: 3, word: 'plugged' });
  });

  it('is owed for an ACTIVE port whose DHCP is being set up again', () => {
    const port = aPort({ status: 'ACTIVE', blocks: ['DHCP'] });

    expect(after(NO_DEBT, UP, port)).toMatchObject({ owedNo: 1, word: 'plugged' });
  });

  it.each([
    { why: 'the port is gone', port: undefined },
    { why: 'no binding is active', port: aPort({ status: 'ACTIVE', bindings: [] }) },
    { why: 'a block of DHCP is left', port: aPort({ blocks: ['L2', 'DHCP'] }) },
    { why: 'the port is administratively down', port: aPort({ adminStateUp: false }) },
    {
      why: 'the port is administratively down though ACTIVE',
      port: aPort({ adminStateUp: false, status: 'ACTIVE' }),
    },
    { why: 'only neutron-server may write the port', port: aPort({ status: 'ACTIVE', isTrunkParent: true }) },
    {
      why: 'the port is bound to another host',
      port: aPort({ status: 'ACTIVE', bindings: [aBinding({ host: 'cn2' })] }),
    },
    {
      why: 'the port is not bound yet',
      port: aPort({ status: 'ACTIVE', bindings: [aBinding({ vifType: 'unbound' })] }),
    },
    { why: 'the binding failed', port: aPort({ bindings: [aBinding({ vifType: 'binding_failed' })] }) },
  ])('is not owed while $why', ({ port }) => {
    expect(after(NO_DEBT, UP, port)).toEqual(NO_DEBT);
  });

  it('is not owed for another VM', () => {
    expect(after(NO_DEBT, UP, aPort({ status: 'ACTIVE', deviceId: PORT_ID }))).toEqual(NO_DEBT);
  });

  it('is not owed by a report that is stale', () => {
    const stale = judge(aReport(), active, POLICY, { epoch: 1, revision: 10 });

    expect(owe(NO_DEBT, { status: 'ACTIVE', attachment: 'plug-2' }, active, stale)).toEqual(NO_DEBT);
  });
});

describe('Unplugged', () => {
  it('is owed when an ACTIVE port goes down', () => {
    expect(after(PLUGGED, DOWN, active)).toEqual({ owedNo: 2, toldNo: 1, word: 'unplugged' });
  });

  it.each(['DOWN', 'BUILD', 'ERROR', 'N/A'] as const)('is not owed when the port was %s', (status) => {
    expect(after(PLUGGED, DOWN, aPort({ status }))).toEqual(PLUGGED);
  });

  it('is not owed by the source of a live migration', () => {
    const moved = aPort({ status: 'ACTIVE', blocks: [], bindings: [aBinding({ host: 'cn2' })] });

    expect(after(PLUGGED, DOWN, moved)).toEqual(PLUGGED);
  });
});

describe('Failed', () => {
  it.each(['DOWN', 'BUILD'] as const)('is owed when a port that was %s is in error', (status) => {
    expect(after(NO_DEBT, ERROR, aPort({ status }))).toEqual({ owedNo: 1, toldNo: 0, word: 'failed' });
  });

  it('is not owed when the port was ACTIVE and Nova knows it', () => {
    expect(after(PLUGGED, ERROR, active)).toEqual(PLUGGED);
  });

  it('is followed by plugged when the port recovers', () => {
    const failed = told(after(NO_DEBT, ERROR, down));

    expect(after(failed, UP, aPort({ status: 'ERROR' }))).toMatchObject({
      owedNo: 2,
      toldNo: 1,
      word: 'plugged',
    });
  });
});

describe('While Nova is down', () => {
  it('ACTIVE → DOWN → ACTIVE leaves a numbered debt, though it ends where Nova was last told', () => {
    const debt = after(after(PLUGGED, DOWN, active), UP, down);

    expect(debt).toEqual({ owedNo: 3, toldNo: 1, word: 'plugged', owedAttachment: 'plug-1' });
  });

  it('DOWN → ACTIVE → DOWN leaves unplugged, numbered after the plugged that it overtakes', () => {
    expect(after(after(NO_DEBT, UP, down), DOWN, active)).toEqual({
      owedNo: 2,
      toldNo: 0,
      word: 'unplugged',
    });
  });

  it.each<{ from: string; debt: Debt; said: Said; port: NeutronPort; word: Word }>([
    {
      from: 'failed, when the port recovers',
      debt: after(NO_DEBT, ERROR, down),
      said: UP,
      port: aPort({ status: 'ERROR' }),
      word: 'plugged',
    },
    {
      from: 'plugged, when the port is in error',
      debt: after(NO_DEBT, UP, down),
      said: ERROR,
      port: active,
      word: 'failed',
    },
    {
      from: 'failed, when the port is unplugged',
      debt: after(NO_DEBT, ERROR, down),
      said: DOWN,
      port: aPort({ status: 'ERROR' }),
      word: 'unplugged',
    },
    {
      from: 'plugged, when the target of a live migration is gone',
      debt: after(NO_DEBT, UP, down),
      said: DOWN,
      port: aPort({ bindings: [aBinding({ host: 'cn2' }), aBinding({ status: 'INACTIVE' })] }),
      word: 'unplugged',
    },
  ])('an untold word that is no longer true is replaced: $from', ({ debt, said, port, word }) => {
    expect(after(debt, said, port)).toMatchObject({ owedNo: debt.owedNo + 1, toldNo: 0, word });
  });

  it.each([
    { word: 'unplugged', debt: after(PLUGGED, DOWN, active), said: DOWN, port: aPort({ blocks: [] }) },
    { word: 'failed', debt: after(NO_DEBT, ERROR, down), said: ERROR, port: aPort({ status: 'ERROR' }) },
  ])('$word that is still true is not numbered again', ({ debt, said, port }) => {
    expect(after(debt, said, port)).toEqual(debt);
  });

  it.each([
    { verdict: 'blocked', port: aPort({ blocks: ['DHCP'] }) },
    { verdict: 'unbindable', port: aPort({ bindings: [] }) },
    { verdict: 'delegated', port: aPort({ isTrunkParent: true }) },
    { verdict: 'absent', port: undefined },
  ])('an untold word stays while the verdict is $verdict', ({ port }) => {
    const debt = after(PLUGGED, DOWN, active);

    expect(after(debt, UP, port)).toEqual(debt);
  });
});

describe('The event', () => {
  it.each([
    { word: 'plugged', name: 'network-vif-plugged', status: 'completed' },
    { word: 'failed', name: 'network-vif-plugged', status: 'failed' },
    { word: 'unplugged', name: 'network-vif-unplugged', status: 'completed' },
  ] as const)('for $word is $name, $status', ({ word, name, status }) => {
    expect(externalEvent(word, INSTANCE, PORT_ID)).toEqual({
      name,
      status,
      server_uuid: INSTANCE,
      tag: PORT_ID,
    });
  });
});

describe('An attempt', () => {
  const rejected = { kind: 'rejected', code: 404 } as const;
  const silence = { kind: 'unreachable', detail: 'connect ECONNREFUSED' } as const;

  it.each([
    ['a refusal after refusals', rejected, { attempts: 3, wasRefused: true }, 4],
    ['a refusal after silence', rejected, { attempts: 30, wasRefused: false }, 1],
    ['silence after silence', silence, { attempts: 3, wasRefused: false }, 4],
    ['the first of all', rejected, { attempts: 0, wasRefused: false }, 1],
  ])('that is %s is counted', (_what, answer, before, count) => {
    expect(countAttempt(answer, before)).toBe(count);
  });
});

describe("Nova's answer", () => {
  const policy: SettlePolicy = {
    helpsForMs: 300_000,
    backoffMs: { first: 500, most: 10_000 },
    refusedAttempts: 4,
  };
  const WORDS: readonly Word[] = ['plugged', 'failed', 'unplugged'];
  const accepted = { kind: 'accepted' } as const;
  const unreachable = { kind: 'unreachable', detail: 'connect ECONNREFUSED' } as const;
  const rejected = (code: number) => ({ kind: 'rejected', code }) as const;
  const again = (afterMs: number) => ({ kind: 'again', afterMs }) as const;
  const dropped = (why: 'refused' | 'too-late') => ({ kind: 'dropped', why }) as const;

  it.each(WORDS)('accepted settles %s, however late', (word) => {
    expect(afterAnswer(accepted, word, 99, 3_600_000, policy)).toEqual({ kind: 'told' });
  });

  it.each(WORDS)('that never comes lets %s be said again while it can still help', (word) => {
    expect(afterAnswer(unreachable, word, 1, 0, policy)).toEqual(again(500));
    expect(afterAnswer(unreachable, word, 50, 299_999, policy)).toEqual(again(10_000));
    expect(afterAnswer(unreachable, word, 50, 300_000, policy)).toEqual(dropped('too-late'));
  });

  it('that does not come is asked for at doubled intervals up to the longest', () => {
    const waits = [1, 2, 3, 4, 5, 6, 2000].map((attempt) =>
      afterAnswer(unreachable, 'plugged', attempt, 0, policy),
    );

    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000].map(again));
  });

  it.each([
    { word: 'plugged', code: 404, then: [again(500), again(1000), again(2000), dropped('refused')] },
    { word: 'plugged', code: 422, then: [again(500), again(1000), again(2000), dropped('refused')] },
    { word: 'failed', code: 404, then: [again(500), again(1000), again(2000), dropped('refused')] },
    { word: 'failed', code: 422, then: [again(500), again(1000), again(2000), dropped('refused')] },
    { word: 'plugged', code: 400, then: Array(4).fill(dropped('refused')) },
    { word: 'failed', code: 400, then: Array(4).fill(dropped('refused')) },
    { word: 'unplugged', code: 404, then: Array(4).fill(dropped('refused')) },
    { word: 'unplugged', code: 422, then: Array(4).fill(dropped('refused')) },
    { word: 'unplugged', code: 400, then: Array(4).fill(dropped('refused')) },
  ] as const)('$code to $word, four times in a row', ({ word, code, then }) => {
    const settlements = [1, 2, 3, 4].map((attempt) => afterAnswer(rejected(code), word, attempt, 0, policy));

    expect(settlements).toEqual(then);
  });

  it('404 to plugged after the boot was given up is not asked again', () => {
    expect(afterAnswer(rejected(404), 'plugged', 1, 300_000, policy)).toEqual(dropped('too-late'));
  });
});
