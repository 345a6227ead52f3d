import type { Clock } from '../../runtime/clock.js';
import { together } from '../../runtime/together.js';
import type { SwitchPort } from '../port-source.js';
import { parseOvsAddress } from './address.js';
import { OvsdbConnection } from './connection.js';
import { createDial, dialInTime } from './dial.js';
import { Failures } from './failures.js';
import type { SwitchImage } from './image.js';
import { Monitor } from './monitor.js';
import type { PortRules } from './ports.js';
import { DEAD_VLAN } from './ready-rule.js';
import { SwitchIndex } from './switch-index.js';
import type { SomeTlsFiles } from './tls.js';

/** What a switch has at one moment. */
export interface SwitchLook {
  readonly hasBridge: boolean;
  /** Whether ovs-vswitchd has set the bridge up: until then it opens no interface. */
  readonly isBridgeSetUp: boolean;
  /** The logical ports of the bridge. */
  readonly ports: readonly SwitchPort[];
  /** How many `Port` rows of the bridge have a VLAN tag that is not the dead one. */
  readonly taggedPorts: number;
}

export interface LookOptions extends PortRules {
  readonly address: string;
  /** For an ssl: address. */
  readonly tls?: SomeTlsFiles | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** How long the connection may take to open; and a silent server is left after twice that. */
const PATIENCE_MS = 5000;

/**
 * Looks at a switch once. Only reads.
 *
 * @throws {PortStatusError} CONFIG, RIGHTS or UNAVAILABLE, as the agent would at its start, but without trying again.
 */
export async function lookAtSwitch(options: LookOptions): Promise<SwitchLook> {
  const { address, tls = {}, clock, signal } = options;
  const dialing = { clock, limitMs: PATIENCE_MS, signal };
  const stream = await dialInTime(createDial(tls), parseOvsAddress(address), dialing);
  const looks: SwitchLook[] = [];
  const monitor = new Monitor({
    synchronized: (image) => void looks.push(describeImage(image, options)),
    changed: () => undefined,
    unreadable: () => undefined,
  });
  const notified = (method: string, params: readonly unknown[]): void => monitor.hear(method, params);
  const connection = new OvsdbConnection(stream, { clock, echoMs: PATIENCE_MS, notified });
  await untilSeen(connection, monitor, signal);
  const [look] = looks;
  if (look === undefined) throw signal.reason;
  return look;
}

async function untilSeen(connection: OvsdbConnection, monitor: Monitor, signal: AbortSignal): Promise<void> {
  const seen = new AbortController();
  const look = async (): Promise<void> => {
    await monitor.start(connection);
    seen.abort(new Error('the switch was seen'));
  };
  const stop = AbortSignal.any([signal, seen.signal]);
  await together([(ended) => connection.run(ended), look], { signal: stop });
}

function describeImage(image: SwitchImage, { clock, ...rules }: LookOptions): SwitchLook {
  const failures = new Failures(undefined, () => clock.monotonicMs());
  const index = new SwitchIndex(rules, failures, () => undefined);
  index.rebuild(image);
  return {
    hasBridge: index.bridgeRow !== undefined,
    isBridgeSetUp: image.Bridge.get(index.bridgeRow ?? '')?.datapath_id !== undefined,
    ports: [...index.ports.values()],
    taggedPorts: countTagged(image, rules.bridge),
  };
}

function countTagged({ Bridge, Port }: SwitchImage, name: string): number {
  const bridge = [...Bridge.values()].find((row) => row.name === name);
  const tags = [...(bridge?.ports ?? [])].map((row) => Port.get(row)?.tag);
  return tags.filter((tag) => tag !== undefined && tag !== DEAD_VLAN).length;
}
