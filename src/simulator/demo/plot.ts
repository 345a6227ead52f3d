import { seededRandom } from '../../runtime/random.js';
import type { Random } from '../../runtime/random.js';

/** Something that happens to one VM. */
export type Scene =
  | {
      readonly kind: 'boot';
      readonly vm: number;
      readonly chassis: string;
      readonly portId: string;
      readonly serverId: string;
      readonly attachment: string;
    }
  | { readonly kind: 'stop'; readonly vm: number }
  /** A hard reboot: the port is unplugged and plugged in one change. */
  | { readonly kind: 'reboot'; readonly vm: number; readonly attachment: string }
  | { readonly kind: 'migrate'; readonly vm: number; readonly target: string; readonly attachment: string };

export type SceneKind = Scene['kind'];

export interface PlotOptions {
  readonly seed: number;
  readonly chassis: readonly string[];
  /** Scenes that pass before the next one of the same VM. */
  readonly rest: number;
}

/** Shares of the scenes where there is a VM to act on; the rest are boots. */
const SHARES: readonly (readonly [SceneKind, number])[] = [
  ['reboot', 0.15],
  ['migrate', 0.15],
  ['stop', 0.15],
];

interface Vm {
  readonly vm: number;
  readonly chassis: string;
  /** The number of the scene from which on it may act again. */
  readonly restedAt: number;
}

/** What happens to which VM, without end: the same for the same options, whatever the clock says. Pure. */
export function* plot({ seed, chassis, rest }: PlotOptions): Generator<Scene, never> {
  const random = seededRandom(seed);
  const resting: Vm[] = [];
  const rested: Vm[] = [];
  let booted = 0;
  for (let number = 0; ; number++) {
    while (resting[0] !== undefined && resting[0].restedAt <= number) rested.push(...resting.splice(0, 1));
    const kind = rested.length === 0 ? 'boot' : drawKind(random);
    const actor = kind === 'boot' ? newcomer(++booted, chassis) : takeOne(rested, random);
    const scene = write(kind, actor, chassis, random);
    yield scene;
    if (scene.kind === 'stop') continue;
    const host = scene.kind === 'migrate' ? scene.target : actor.chassis;
    resting.push({ ...actor, chassis: host, restedAt: number + rest });
  }
}

/** VMs that boot beside the plot, so many at once. @param first the number of the first of them. */
export function crowd(
  {
    first,
    count,
    chassis,
  }: { readonly first: number; readonly count: number; readonly chassis: readonly string[] },
  random: Random,
): readonly Scene[] {
  return Array.from({ length: count }, (_, index) =>
    write('boot', newcomer(first + index, chassis), chassis, random),
  );
}

function drawKind(random: Random): SceneKind {
  let left = random.next();
  for (const [kind, share] of SHARES) {
    if (left < share) return kind;
    left -= share;
  }
  return 'boot';
}

function newcomer(vm: number, chassis: readonly string[]): Vm {
  return { vm, chassis: chassis[(vm - 1) % chassis.length] ?? '', restedAt: 0 };
}

function takeOne(rested: Vm[], random: Random): Vm {
  const index = Math.floor(random.next() * rested.length);
  const chosen = rested[index];
  const last = rested.pop();
  if (chosen === undefined || last === undefined) throw new RangeError('nobody is rested');
  if (chosen !== last) rested[index] = last;
  return chosen;
}

function write(
  kind: SceneKind,
  { vm, chassis: host }: Vm,
  chassis: readonly string[],
  random: Random,
): Scene {
  const others = chassis.filter((one) => one !== host);
  switch (kind) {
    case 'boot': {
      const [portId, serverId, attachment] = [uuid(random), uuid(random), uuid(random)];
      return { kind, vm, chassis: host, portId, serverId, attachment };
    }
    case 'stop':
      return { kind, vm };
    case 'reboot':
      return { kind, vm, attachment: uuid(random) };
    case 'migrate': {
      const target = others[Math.floor(random.next() * others.length)];
      const attachment = uuid(random);
      return target === undefined ? { kind: 'reboot', vm, attachment } : { kind, vm, target, attachment };
    }
  }
}

function uuid(random: Random): string {
  const id = random.id();
  return [id.slice(0, 8), id.slice(8, 12), `4${id.slice(13, 16)}`, `8${id.slice(17, 20)}`, id.slice(20)].join(
    '-',
  );
}
