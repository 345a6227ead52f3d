import fc from 'fast-check';
import type { ReportedStatus } from '../../../../src/domain/report.js';
import { ANY_VERB } from '../process.js';
import type { NodeStep } from './chassis.js';
import type { Kind, NeutronStep } from './neutron-api.js';
import type { ServerStep } from './servers.js';
import { CHASSIS, PORTS } from './world.js';
import type { CloudStep, Mood, Step } from './world.js';

const MOST_STEPS = 24;
const DAY_MS = 86_400_000;

const port = fc.constantFrom(...PORTS);
const chassis = fc.constantFrom(...CHASSIS);
const server = fc.nat({ max: 2 });
const moment = fc.constantFrom('before' as const, 'after' as const);
const by = fc.constantFrom(-DAY_MS, DAY_MS, -1000);

/** One of several, each so often as its weight says. */
function often<T>(...choices: readonly (readonly [number, fc.Arbitrary<T>])[]): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

function kind<K extends string>(...kinds: readonly K[]): fc.Arbitrary<K> {
  return fc.constantFrom(...kinds);
}

const onNodes = often<NodeStep>(
  [
    10,
    fc.record({
      kind: kind('plug'),
      port,
      chassis: fc.constantFrom('cn1', 'cn1', 'cn2'),
      status: fc.constantFrom<ReportedStatus>('ACTIVE', 'ACTIVE', 'ACTIVE', 'DOWN', 'DOWN', 'ERROR'),
      isNew: fc.boolean(),
      knowsInstance: fc.boolean(),
    }),
  ],
  [1, fc.record({ kind: kind('resend'), chassis, back: fc.nat({ max: 3 }) })],
  [1, fc.record({ kind: kind('agent-stops'), chassis })],
  [2, fc.record({ kind: kind('agent-registers', 'agent-starts'), chassis })],
  [1, fc.record({ kind: kind('clock'), chassis, by })],
);

const inNeutron = often<NeutronStep>(
  [
    1,
    fc.record({
      kind: kind('create'),
      port,
      chassis,
      like: fc.constantFrom<Kind>('vm', 'vm', 'volume', 'router', 'trunk', 'foreign-driver'),
      dhcp: fc.boolean(),
    }),
  ],
  [
    3,
    fc.record({
      kind: kind('bind'),
      port,
      chassis,
      vifType: fc.constantFrom('ovs', 'ovs', 'ovs', 'unbound', 'binding_failed'),
      dhcp: fc.boolean(),
    }),
  ],
  [2, fc.record({ kind: kind('migrate'), port, chassis, by: kind('binding', 'binding', 'profile') })],
  [
    8,
    fc.record({
      kind: kind(
        'activate',
        'forgetInactive',
        'needDhcp',
        'beginDhcp',
        'endDhcp',
        'raise',
        'lower',
        'build',
        'delete',
      ),
      port,
    }),
  ],
);

const toServers = (verbs: readonly string[]): fc.Arbitrary<ServerStep> =>
  often<ServerStep>(
    [
      8,
      fc.record({
        kind: kind('die', 'die', 'pause', 'fail'),
        server,
        verb: fc.oneof(fc.constantFrom(...verbs), fc.constant(ANY_VERB)),
        moment,
      }),
    ],
    [2, fc.record({ kind: kind('cut'), server, loss: kind('requests', 'answers') })],
    [
      8,
      fc.record({
        kind: kind('start', 'start', 'resume', 'resume', 'restore', 'stop', 'twin', 'receive-twice'),
        server,
      }),
    ],
  );

const around = often<CloudStep>(
  [9, fc.record({ kind: kind('pass'), ms: fc.constantFrom(0, 0, 1, 60, 1000, 5500) })],
  [
    3,
    fc.record({
      kind: kind('nova'),
      mood: fc.constantFrom<Mood>('well', 'well', 'down', 'deaf', 'deaf', 400, 404, 422),
    }),
  ],
  [1, fc.record({ kind: kind('clock'), by })],
  [1, fc.record({ kind: kind('pause-writing', 'resume-writing') })],
  [2, fc.record({ kind: kind('lose-data', 'checkpoint', 'roll-back') })],
);

/** What happens to a cloud, in an order that nobody planned. @param verbs what servers call, and may die at. */
export function anyHistory(verbs: readonly string[]): fc.Arbitrary<readonly Step[]> {
  const step = often<Step>(
    [10, fc.tuple(fc.constant('node' as const), onNodes)],
    [6, fc.tuple(fc.constant('neutron' as const), inNeutron)],
    [7, fc.tuple(fc.constant('server' as const), toServers(verbs))],
    [12, fc.tuple(fc.constant('cloud' as const), around)],
  );
  return fc.array(step, { maxLength: MOST_STEPS, size: 'max' });
}
