import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/domain/judge.js';
import type { JudgedReport } from '../../../src/domain/judge.js';
import { isWaiting, LOOK_STEPS_MS, lookAfterMs } from '../../../src/domain/look.js';
import type { NeutronPort } from '../../../src/domain/neutron-port.js';
import { aBinding, aPort, aReport, OTHER_INSTANCE, POLICY } from './examples.js';

const EVERY_MS = 2000;
const elsewhere = aBinding({ host: 'cn2' });
const waitingHere = aBinding({ status: 'INACTIVE' });

interface Row {
  readonly when: string;
  readonly said?: Partial<JudgedReport>;
  readonly port: NeutronPort | undefined;
  readonly waits: boolean;
  readonly afterMs: number | undefined;
}

const rows: readonly Row[] = [
  { when: 'UP was applied', port: aPort(), waits: false, afterMs: undefined },
  { when: 'DOWN was applied', said: { status: 'DOWN' }, port: aPort(), waits: false, afterMs: undefined },
  {
    when: 'DOWN put our block back, and was there already',
    said: { status: 'DOWN' },
    port: aPort({ status: 'DOWN', blocks: [] }),
    waits: true,
    afterMs: undefined,
  },
  { when: 'ERROR was applied', said: { status: 'ERROR' }, port: aPort(), waits: false, afterMs: undefined },
  { when: 'it is delegated', port: aPort({ isTrunkParent: true }), waits: false, afterMs: undefined },
  {
    when: 'another VM has the port',
    said: { instance: OTHER_INSTANCE },
    port: aPort(),
    waits: true,
    afterMs: 2000,
  },
  {
    when: 'the port is not bound yet',
    port: aPort({ bindings: [aBinding({ vifType: 'unbound' })] }),
    waits: true,
    afterMs: 2000,
  },
  { when: 'no binding is active', port: aPort({ bindings: [] }), waits: true, afterMs: 2000 },
  { when: 'DHCP is not ready', port: aPort({ blocks: ['DHCP'] }), waits: true, afterMs: 2000 },
  {
    when: 'the port is administratively down',
    port: aPort({ adminStateUp: false }),
    waits: true,
    afterMs: 2000,
  },
  {
    when: 'a fresh BUILD is left alone',
    port: aPort({ status: 'BUILD', ageMs: 0 }),
    waits: true,
    afterMs: 2000,
  },
  {
    when: 'an inactive binding waits here',
    port: aPort({ bindings: [elsewhere, waitingHere] }),
    waits: true,
    afterMs: 1000,
  },
  {
    when: 'only an inactive binding is left, and it is here',
    port: aPort({ bindings: [waitingHere] }),
    waits: true,
    afterMs: 1000,
  },
  {
    when: 'the active binding is migrating here',
    port: aPort({ bindings: [aBinding({ host: 'cn2', migratingTo: 'cn1' })] }),
    waits: true,
    afterMs: 2000,
  },
  { when: 'the port is not there', port: undefined, waits: true, afterMs: undefined },
  { when: 'it is misplaced', port: aPort({ bindings: [elsewhere] }), waits: true, afterMs: undefined },
  {
    when: 'the port moved away from a DOWN',
    said: { status: 'DOWN' },
    port: aPort({ bindings: [elsewhere] }),
    waits: true,
    afterMs: undefined,
  },
  {
    when: 'DOWN has an inactive binding',
    said: { status: 'DOWN' },
    port: aPort({ bindings: [elsewhere, waitingHere] }),
    waits: true,
    afterMs: undefined,
  },
  {
    when: 'ERROR is not bound yet',
    said: { status: 'ERROR' },
    port: aPort({ bindings: [] }),
    waits: true,
    afterMs: undefined,
  },
];

describe('A report is judged again', () => {
  it.each(rows)('when $when: $waits, promised after $afterMs ms', ({ said, port, waits, afterMs }) => {
    const report = aReport(said);
    const judgement = judge(report, port, POLICY);

    expect(isWaiting(judgement)).toBe(waits);
    expect(lookAfterMs(judgement, report, port, EVERY_MS)).toBe(afterMs);
  });

  it('never when it is stale', () => {
    const stale = judge(aReport(), aPort(), POLICY, { epoch: 1, revision: 10 });

    expect(isWaiting(stale)).toBe(false);
    expect(lookAfterMs(stale, aReport(), aPort(), EVERY_MS)).toBeUndefined();
  });

  it('no later than configured where that is sooner than a live migration needs', () => {
    const port = aPort({ bindings: [elsewhere, waitingHere] });

    expect(lookAfterMs(judge(aReport(), port, POLICY), aReport(), port, 500)).toBe(500);
  });

  it('after 50 ms, 0.2 s, 1 s and 5 s', () => {
    expect(LOOK_STEPS_MS).toEqual([50, 200, 1000, 5000]);
  });
});
