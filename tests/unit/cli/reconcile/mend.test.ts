import { describe, expect, it } from 'vitest';
import { Account } from '../../../../src/cli/reconcile/account.js';
import type { Finding } from '../../../../src/cli/reconcile/finding.js';
import { mend } from '../../../../src/cli/reconcile/mend.js';
import type { Sources } from '../../../../src/cli/reconcile/sources.js';
import { PortStatusError } from '../../../../src/domain/errors.js';
import type { Case, Judged, Neutron } from '../../../../src/neutron/neutron.js';
import { portIdOf } from '../../../support/neutron-rows.js';

const { signal } = new AbortController();

function findingOf(number: number): Finding {
  const key = { portId: portIdOf(number), chassis: 'cn1' };
  return { ...key, kind: 'status', wouldWrite: 'ACTIVE', one: key };
}

/** A database that refuses the row of one port. */
const neutron: Pick<Neutron, 'heads' | 'isPaused' | 'judge'> = {
  heads: () => Promise.resolve('one'),
  isPaused: () => Promise.resolve(false),
  judge: (cases) => Promise.resolve().then(() => judge(cases)),
};

function judge(cases: readonly Case[]): Judged {
  if (cases.some(({ portId }) => portId === portIdOf(2))) throw new PortStatusError('DATA', 'too long');
  const written = {
    verdict: 'applied',
    reason: 'written',
    effects: 'ACTIVE',
    isWaiting: false,
    owes: true,
  } as const;
  return { kind: 'committed', outcomes: cases.map((one) => ({ ...one, ...written })), claimed: [] };
}

function sourcesWith(heads: string): Sources {
  const rule = { willWrite: true, mayWrite: () => true };
  return { neutron, rule, isDryRun: false, batch: 10, heads } as unknown as Sources;
}

describe('mending', () => {
  it('leaves a row alone that can never be written, and mends the others of its batch', async () => {
    const ended = await mend(sourcesWith('one'), [1, 2, 3].map(findingOf), signal);
    expect(ended.map(({ end }) => end)).toEqual([
      { kind: 'mended', wrote: 'ACTIVE' },
      { kind: 'left', why: 'unwritable' },
      { kind: 'mended', wrote: 'ACTIVE' },
    ]);
  });

  it('says that nothing was written where a server was faster', async () => {
    const outcome = { reason: 'not-newer', effects: '', isWaiting: false, owes: false } as const;
    const overtaken = (cases: readonly Case[]): Judged => ({
      kind: 'committed',
      outcomes: cases.slice(1).map((one) => ({ ...one, ...outcome, verdict: 'stale' })),
      claimed: [],
    });
    const sources = {
      ...sourcesWith('one'),
      neutron: { ...neutron, judge: (cases: readonly Case[]) => Promise.resolve(overtaken(cases)) },
    } as unknown as Sources;
    const findings = [findingOf(1), { ...findingOf(3), wouldWrite: 'LEDGER' }];
    const ended = await mend(sources, findings, signal);
    expect(ended.map(({ end }) => end)).toEqual([
      { kind: 'mended', wrote: '' },
      { kind: 'mended', wrote: '' },
    ]);
  });

  it("is refused where Neutron's tables were migrated since they were checked", async () => {
    await expect(mend(sourcesWith('another'), [findingOf(1)], signal)).rejects.toMatchObject({
      code: 'LAYOUT',
      message: expect.stringContaining('run it again') as unknown,
    });
  });
});

describe('the account', () => {
  it('counts all silent ports, and names the first thousand', () => {
    const account = new Account();
    const silent = { portId: portIdOf(1), host: 'cn1', neutronStatus: 'ACTIVE' } as const;
    for (let page = 0; page < 3; page++) account.noteSilent(Array.from({ length: 600 }, () => silent));
    expect([account.silent, account.silentPorts.length]).toEqual([1800, 1000]);
  });
});
