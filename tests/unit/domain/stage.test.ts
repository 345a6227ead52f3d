import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ADVICE } from '../../../src/views/advice.js';
import type { NeutronPort } from '../../../src/domain/neutron-port.js';
import { NEXT_STEPS, stageOf } from '../../../src/domain/stage.js';
import type { JudgedFacts, PortFacts, Stage } from '../../../src/domain/stage.js';

const PAGE = new URL('../../../docs/decisions/0020-the-first-missing-stage.md', import.meta.url);

const binding = { host: 'cn1', status: 'ACTIVE', vifType: 'ovs', driver: 'openvswitch' } as const;
const port: NeutronPort = {
  portId: 'p',
  standardAttrId: 1,
  revisionNumber: 1,
  status: 'DOWN',
  ageMs: 1,
  adminStateUp: true,
  deviceId: 'vm',
  deviceOwner: 'compute:nova',
  blocks: [],
  bindings: [binding],
  isTrunkParent: false,
  l2populationHosts: [],
};
const judged: JudgedFacts = {
  verdict: 'applied',
  reason: 'written',
  mode: 'write',
  isOwed: false,
  attempts: 0,
  toldResult: 'told',
};
const live = { isSilent: false, isComplete: true, isHolding: false };
const well: PortFacts = {
  port,
  chassis: live,
  said: { status: 'ACTIVE' },
  isAnyServerLive: true,
  isPaused: false,
  isQuarantined: false,
  isUpElsewhere: false,
  judged,
};
const active = { ...port, status: 'ACTIVE' } as const;
const down = { ...well, said: { status: 'DOWN', seen: { device: 'tap1', ofport: 3 } } } as const;
const after = (more: Partial<JudgedFacts>): PortFacts => ({ ...well, judged: { ...judged, ...more } });
const told = (more: Partial<JudgedFacts>): PortFacts => ({ ...after(more), port: active });

const CASES: readonly (readonly [Stage, string, PortFacts])[] = [
  ['no-such-port', 'Neutron has none', { ...well, port: undefined }],
  ['unbound', 'there is no binding', { ...well, port: { ...port, bindings: [] } }],
  [
    'unbound',
    'binding failed',
    { ...well, port: { ...port, bindings: [{ ...binding, vifType: 'binding_failed' }] } },
  ],
  ['not-written-here', 'the server observes', after({ mode: 'observe' })],
  ['not-written-here', 'its driver is not ours', after({ verdict: 'delegated' })],
  ['chassis-unknown', 'no agent ever registered', { ...well, said: undefined, chassis: undefined }],
  ['chassis-silent', 'the agent is dead', { ...well, said: undefined, chassis: { ...live, isSilent: true } }],
  ['not-on-switch', 'a complete chassis says nothing', { ...well, said: undefined }],
  ['interface-failed', 'ofport is -1', { ...down, said: { status: 'DOWN', seen: { ofport: -1 } } }],
  ['interface-failed', 'the switch reports an error', { ...down, said: { status: 'ERROR' } }],
  ['link-down', 'the interface is not ready', down],
  [
    'not-on-switch',
    'the interface is gone',
    { ...well, said: { status: 'DOWN', seen: { device: 'tap1', isGone: true } } },
  ],
  [
    'held-by-guard',
    'the agent holds back',
    { ...well, said: undefined, chassis: { ...live, isHolding: true } },
  ],
  ['no-server-live', 'nobody receives', { ...well, pending: 'unassigned', isAnyServerLive: false }],
  ['server-lapsed', 'another will', { ...well, pending: 'lapsed' }],
  ['pending', 'it waits', { ...well, pending: 'live' }],
  ['paused', 'it waits while writing is paused', { ...well, pending: 'live', isPaused: true }],
  [
    'server-lapsed',
    'an ACTIVE port waits for its DOWN',
    { ...told({ isOwed: true, attempts: 2 }), said: down.said, pending: 'lapsed' },
  ],
  ['done', 'an ACTIVE port is said to be so again', { ...told({}), pending: 'live' }],
  ['quarantined', 'it can not be written', { ...well, isQuarantined: true, pending: 'live' }],
  ['bound-elsewhere', 'it is up on another host', { ...down, isUpElsewhere: true }],
  ['bound-elsewhere', 'it was judged so', after({ verdict: 'misplaced' })],
  ['admin-down', 'an operator wants it so', after({ verdict: 'admin-down' })],
  [
    'dhcp-block',
    'DHCP is not ready',
    { ...after({ verdict: 'blocked' }), port: { ...port, blocks: ['DHCP'] } },
  ],
  [
    'other-block',
    'somebody else is not',
    { ...after({ verdict: 'blocked' }), port: { ...port, blocks: ['X'] } },
  ],
  ['nova-not-told', 'a word is owed and not said', told({ isOwed: true, toldCode: 404 })],
  [
    'no-server-live',
    'a word is owed and nobody says it',
    { ...told({ isOwed: true }), isAnyServerLive: false },
  ],
  ['paused', 'a word is owed and none is said', { ...told({ isOwed: true, attempts: 1 }), isPaused: true }],
  ['no-server-live', 'it was judged and is DOWN again', { ...well, isAnyServerLive: false }],
  ['pending', 'it was judged and is DOWN again, and will be judged', well],
  ['nova-unreachable', 'nobody took it', told({ isOwed: true, attempts: 2 })],
  ['nova-unreachable', 'it was given up', told({ toldResult: 'too-late' })],
  ['nova-refuses', 'Nova does not know the server yet', told({ isOwed: true, attempts: 1, toldCode: 404 })],
  ['nova-refuses', 'Nova does not know the server', told({ toldResult: 'refused', toldCode: 404 })],
  ['done', 'Nova has heard', told({})],
  ['done', 'Neutron itself set it ACTIVE', { ...told({}), judged: undefined }],
];

describe('the first stage that is missing', () => {
  it.each(CASES)('is %s where %s', (stage, _, facts) => {
    expect(stageOf(facts)).toBe(stage);
  });

  it('has a case here and advice, each of them', () => {
    const stages = Object.keys(NEXT_STEPS).sort();
    expect([...new Set(CASES.map(([stage]) => stage))].sort()).toEqual(stages);
    expect(Object.keys(ADVICE).sort()).toEqual(stages);
  });

  it('and its next step are those that were decided', () => {
    const rows = readFileSync(PAGE, 'utf8').matchAll(/^\| `([a-z-]+)` \|.*\| `([a-z-]+)` \|$/gm);
    expect(Object.fromEntries([...rows].map(([, stage, step]) => [stage, step]))).toEqual(NEXT_STEPS);
  });
});
