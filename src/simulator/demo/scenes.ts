import type { Clock } from '../../runtime/clock.js';
import type { FakeNova } from '../cloud/nova.js';
import type { FakeNeutron } from '../cloud/neutron.js';
import type { StatusChange } from '../cloud/status-history.js';
import type { SimulatedSwitch } from '../switch/simulated-switch.js';
import type { Scene } from './plot.js';
import type { StatusWatch } from './status-watch.js';
import type { Ending, Tally } from './tally.js';

/** What the scenes are played with. */
export interface Props {
  readonly clock: Clock;
  readonly neutron: FakeNeutron;
  readonly nova: FakeNova;
  readonly switches: ReadonlyMap<string, SimulatedSwitch>;
  readonly watch: StatusWatch;
  readonly tally: Tally;
}

/** How long Neutron and Nova may take to hear of a scene. A killed server's topic is taken over within 4 s. */
const DEADLINE_MS = 30_000;

/** A VM that runs, or has run. */
interface Vm {
  readonly portId: string;
  readonly serverId: string;
  chassis: string;
}

type SceneOf<Kind extends Scene['kind']> = Extract<Scene, { readonly kind: Kind }>;

/** Plays scenes: does what Nova and Neutron do, and waits until both have heard. Scenes of one VM come one by one. */
export class Scenes {
  readonly #props: Props;
  readonly #vms = new Map<number, Vm>();

  constructor(props: Props) {
    this.#props = props;
  }

  /** @throws the signal's reason when it is aborted meanwhile. */
  async play(scene: Scene, signal: AbortSignal): Promise<Ending> {
    if (scene.kind === 'boot') return this.#boot(scene, signal);
    const vm = this.#vms.get(scene.vm);
    if (vm === undefined) throw new RangeError(`VM ${scene.vm} was not booted`);
    switch (scene.kind) {
      case 'stop':
        return this.#stop(scene, vm, signal);
      case 'reboot':
        return this.#reboot(scene, vm, signal);
      case 'migrate':
        return this.#migrate(scene, vm, signal);
    }
  }

  /** Nova and Neutron prepare the VM, the switch plugs it in; then its boot waits for the word. */
  async #boot(scene: SceneOf<'boot'>, signal: AbortSignal): Promise<Ending> {
    const { portId, serverId, chassis } = scene;
    const vm: Vm = { portId, serverId, chassis };
    this.#vms.set(scene.vm, vm);
    await this.#props.neutron.createPort({ portId, serverId, host: chassis });
    const nova = this.#expectPlugged(vm, signal);
    const sinceMs = this.#plug(vm, chassis, scene);
    const [change, pluggedMs] = await Promise.all([this.#written(vm, 'ACTIVE', 0, signal), nova]);
    return { ...ended(scene, vm, change, sinceMs), isPlugged: pluggedMs !== undefined, pluggedMs };
  }

  async #stop(scene: SceneOf<'stop'>, vm: Vm, signal: AbortSignal): Promise<Ending> {
    const { clock, switches, watch } = this.#props;
    const after = watch.newest(vm.portId)?.no ?? 0;
    const sinceMs = clock.now();
    switches.get(vm.chassis)?.unplug(vm.portId);
    this.#vms.delete(scene.vm);
    return ended(scene, vm, await this.#written(vm, 'DOWN', after, signal), sinceMs);
  }

  /** The port never leaves ACTIVE in Neutron, and yet Nova waits for a new word. */
  async #reboot(scene: SceneOf<'reboot'>, vm: Vm, signal: AbortSignal): Promise<Ending> {
    const nova = this.#expectPlugged(vm, signal);
    this.#plug(vm, vm.chassis, scene);
    const pluggedMs = await nova;
    const change = this.#props.watch.newest(vm.portId);
    const isWritten = change?.to === 'ACTIVE';
    const { vm: number, kind } = scene;
    return {
      kind,
      vm: number,
      chassis: vm.chassis,
      isWritten,
      isPlugged: pluggedMs !== undefined,
      pluggedMs,
    };
  }

  /**
   * Plugged on the target while the source still holds the active binding; Nova hears of it and has the binding moved,
   * which sets the port DOWN; then the target's report, which came before, is to be written.
   */
  async #migrate(scene: SceneOf<'migrate'>, vm: Vm, signal: AbortSignal): Promise<Ending> {
    const { clock, neutron, switches } = this.#props;
    const { chassis: source } = vm;
    await neutron.addBinding(vm.portId, scene.target);
    const nova = this.#expectPlugged(vm, signal);
    this.#plug(vm, scene.target, scene);
    const pluggedMs = await nova;
    const sinceMs = clock.now();
    const after = await neutron.activateBinding(vm.portId, scene.target);
    const change = await this.#written(vm, 'ACTIVE', after, signal);
    switches.get(source)?.unplug(vm.portId);
    await neutron.removeBinding(vm.portId, source);
    vm.chassis = scene.target;
    const ending = ended(scene, { ...vm, chassis: source }, change, sinceMs);
    return { ...ending, target: scene.target, isPlugged: pluggedMs !== undefined, pluggedMs };
  }

  /** @returns when, in milliseconds since 1970. */
  #plug(
    vm: Vm,
    host: string,
    { attachment, vm: number }: { readonly attachment: string; readonly vm: number },
  ): number {
    const { clock, switches, tally } = this.#props;
    const sinceMs = clock.now();
    tally.notePlug(vm.portId, attachment);
    switches.get(host)?.plug({
      portId: vm.portId,
      status: 'ACTIVE',
      attachment,
      instance: vm.serverId,
      seen: { device: `tap${vm.portId.slice(0, 11)}`, ofport: number },
    });
    return sinceMs;
  }

  /** How long the guest is paused from now on, in milliseconds; undefined where "plugged" does not come in time. */
  async #expectPlugged({ serverId, portId }: Vm, signal: AbortSignal): Promise<number | undefined> {
    const boot = this.#props.nova.boot({ serverId, portId, deadlineMs: DEADLINE_MS });
    const giveUp = (): void => boot.end('abandoned');
    signal.addEventListener('abort', giveUp, { once: true });
    const outcome = await boot.done;
    signal.removeEventListener('abort', giveUp);
    signal.throwIfAborted();
    return outcome === 'booted' ? boot.waitedMs : undefined;
  }

  #written(
    { portId }: Vm,
    status: 'ACTIVE' | 'DOWN',
    after: number,
    signal: AbortSignal,
  ): Promise<StatusChange | undefined> {
    return this.#props.watch.until(portId, { status, after }, DEADLINE_MS, signal);
  }
}

function ended(scene: Scene, { chassis }: Vm, change: StatusChange | undefined, sinceMs: number): Ending {
  const { kind, vm } = scene;
  if (change === undefined) return { kind, vm, chassis, isWritten: false };
  const writtenMs = Math.max(0, change.at - sinceMs);
  return { kind, vm, chassis, isWritten: true, server: change.cause?.server, writtenMs };
}
