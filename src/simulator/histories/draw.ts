import type { Random } from '../../runtime/random.js';
import type { AgentStep } from './agents.js';
import type { NodeStep } from './chassis.js';
import type { NeutronStep } from './neutron-api.js';
import type { ServerStep } from './servers.js';
import { AGENT_VERBS, HOT, VERBS } from './verbs.js';
import type { AgentVerb, ServerVerb } from './verbs.js';
import { CHASSIS, PORTS } from './world.js';
import type { CloudStep, Mood, Step } from './world.js';

const DAY_MS = 86_400_000;
/** Clocks are wrong by seconds, minutes, or, after a reset, by a day. */
const CLOCK_STEPS = [-DAY_MS, DAY_MS, -300_000, 300_000, -1000] as const;
/** Long ones come seldom: while nothing else happens, less is found in ten seconds of virtual time than in one step. */
const PASSES_MS = [0, 0, 0, 0, 1, 1, 60, 60, 60, 1000, 1000, 5500] as const;
/** How long a call takes that takes long; all have come back when a history ends. */
const WAITS_MS = [10, 500, 5000] as const;
/** One step in so many is an hour without Nova: it takes as long to play as thirty histories. */
const HOURS_APART = 50_000;

/** What happens to a cloud, in an order that nobody planned: the same from the same chance, on every machine. */
export function drawHistory(random: Random, steps: number): readonly Step[] {
  const dice = new Dice(random);
  return Array.from({ length: steps }, () => drawStep(dice));
}

class Dice {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  coin(): boolean {
    return this.#random.next() < 0.5;
  }

  /** One of these; one that is named twice comes twice as often. */
  of<T>(...choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** What one of these draws, each as often as its weight says. */
  often<T>(...choices: readonly (readonly [weight: number, draw: () => T])[]): T {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    const drawn = choices.find(([weight]) => (left -= weight) < 0);
    if (drawn === undefined) throw new RangeError('nothing to draw from');
    return drawn[1]();
  }
}

function drawStep(dice: Dice): Step {
  if (dice.below(HOURS_APART) === 0) return ['cloud', { kind: 'nova-hour' }];
  return dice.often<Step>(
    [8, () => ['node', drawNodeStep(dice)]],
    [3, () => ['agent', drawAgentStep(dice)]],
    [6, () => ['neutron', drawNeutronStep(dice)]],
    [7, () => ['server', drawServerStep(dice)]],
    [12, () => ['cloud', drawCloudStep(dice)]],
  );
}

function drawNodeStep(dice: Dice): NodeStep {
  const chassis = dice.of(...CHASSIS);
  return dice.often<NodeStep>(
    [
      20,
      () => ({
        kind: 'plug',
        port: dice.of(...PORTS),
        chassis: dice.of('cn1', 'cn1', 'cn2'),
        status: dice.of('ACTIVE', 'ACTIVE', 'ACTIVE', 'DOWN', 'DOWN', 'ERROR'),
        isNew: dice.coin(),
        knowsInstance: dice.coin(),
      }),
    ],
    [6, () => ({ kind: 'unplug', port: dice.of(...PORTS), chassis })],
    [
      3,
      () => ({
        kind: dice.of('switch-lost', 'switch-back', 'switch-back', 'host-boots', 'switch-confirms'),
        chassis,
      }),
    ],
    [1, () => ({ kind: 'poison', how: dice.of('malformed', 'unwritable'), chassis })],
    [2, () => ({ kind: 'clock', by: dice.of(...CLOCK_STEPS), chassis })],
  );
}

function drawAgentStep(dice: Dice): AgentStep {
  const chassis = dice.of(...CHASSIS);
  const verb = dice.of<AgentVerb>(...AGENT_VERBS, '*');
  const moment = dice.of('before', 'after');
  return dice.often<AgentStep>(
    [2, () => ({ kind: dice.of('dies', 'pauses'), verb, moment, chassis })],
    [2, () => ({ kind: 'slow', ms: dice.of(...WAITS_MS), verb, moment, chassis })],
    [1, () => ({ kind: 'late', ms: dice.of(50, 2000, 10_000), chassis })],
    [1, () => ({ kind: 'cut', loss: dice.of('requests', 'answers'), chassis })],
    [1, () => ({ kind: dice.of('stops', 'twin'), chassis })],
    [6, () => ({ kind: dice.of('starts', 'starts', 'resumes', 'restored'), chassis })],
  );
}

function drawNeutronStep(dice: Dice): NeutronStep {
  const [port, chassis, dhcp] = [dice.of(...PORTS), dice.of(...CHASSIS), dice.coin()];
  return dice.often<NeutronStep>(
    [
      1,
      () => ({
        kind: 'create',
        like: dice.of('vm', 'vm', 'volume', 'router', 'trunk', 'foreign-driver'),
        ...{ port, chassis, dhcp },
      }),
    ],
    [
      3,
      () => ({
        kind: 'bind',
        vifType: dice.of('ovs', 'ovs', 'ovs', 'unbound', 'binding_failed'),
        ...{ port, chassis, dhcp },
      }),
    ],
    [2, () => ({ kind: 'migrate', by: dice.of('binding', 'binding', 'profile'), port, chassis })],
    [
      8,
      () => ({
        kind: dice.of(
          ...(['activate', 'forgetInactive', 'needDhcp', 'beginDhcp', 'endDhcp'] as const),
          ...(['raise', 'lower', 'build', 'delete'] as const),
        ),
        port,
      }),
    ],
  );
}

function drawServerStep(dice: Dice): ServerStep {
  const server = dice.below(3);
  const verb = drawServerVerb(dice);
  const moment = dice.of('before', 'after');
  return dice.often<ServerStep>(
    [8, () => ({ kind: dice.of('die', 'die', 'pause', 'fail'), verb, moment, server })],
    [3, () => ({ kind: 'slow', ms: dice.of(...WAITS_MS), verb, moment, server })],
    [1, () => ({ kind: 'overtaken', verb: dice.of(...HOT), moment, server })],
    [1, () => ({ kind: 'lose-neutron', server })],
    [2, () => ({ kind: 'cut', loss: dice.of('requests', 'answers'), server })],
    [1, () => ({ kind: 'clock', by: dice.of(...CLOCK_STEPS), server })],
    [
      8,
      () => ({
        kind: dice.of(
          ...(['start', 'start', 'resume', 'resume'] as const),
          ...(['restore', 'stop', 'twin', 'receive-twice'] as const),
        ),
        server,
      }),
    ],
  );
}

function drawServerVerb(dice: Dice): ServerVerb {
  return dice.often<ServerVerb>([1, () => '*'], [20, () => dice.of(...VERBS)], [10, () => dice.of(...HOT)]);
}

function drawCloudStep(dice: Dice): CloudStep {
  return dice.often<CloudStep>(
    [9, () => ({ kind: 'pass', ms: dice.of(...PASSES_MS) })],
    [
      3,
      () => ({
        kind: 'nova',
        mood: dice.of<Mood>('well', 'well', 'down', 'deaf', 'deaf', 'slow', 400, 404, 422),
      }),
    ],
    [1, () => ({ kind: 'clock', by: dice.of(...CLOCK_STEPS) })],
    [1, () => ({ kind: dice.of('pause-writing', 'resume-writing') })],
    [2, () => ({ kind: dice.of('lose-data', 'checkpoint', 'roll-back') })],
    [2, () => ({ kind: dice.of('copy-neutron', 'fail-neutron-over') })],
  );
}
