import type { SwitchPort } from '../../agent/port-source.js';
import { check, count, fail, ok, warn } from './check.js';
import type { Finding } from './check.js';
import type { SwitchFacts } from './facts.js';

export const SWITCH_CHECKS = [
  check({
    name: 'switch',
    looksAt:
      "Whether Open vSwitch's database answers on this host, has the bridge, and ovs-vswitchd has set it up.",
    mend: 'check `switch.address`, `switch.bridge`, and that ovsdb-server runs',
    needs: ['switch'],
    isConnection: true,
    judge: ({ switch: look }) => judgeBridge(look),
  }),
  check({
    name: 'ready rule',
    looksAt:
      'Whether at least one logical port meets `switch.ready`; for `tag`, whether any port has a VLAN tag.',
    mend: 'look why nothing is wired here, or set `switch.ready` to how the controller on this host says that a port is wired',
    needs: ['switch'],
    judge: ({ switch: look }) => judgeReady(look),
  }),
];

function judgeBridge({ address, bridge, hasBridge, isBridgeSetUp, ports }: SwitchFacts): readonly Finding[] {
  if (!hasBridge)
    return [fail(`${address} has no bridge ${bridge}`, 'set switch.bridge to the integration bridge')];
  if (!isBridgeSetUp)
    return [
      fail(
        `ovs-vswitchd has not set up ${bridge}, and opens none of its interfaces`,
        `start ovs-vswitchd, or read its log; where the kernel has no openvswitch module, "ovs-vsctl set bridge ${bridge} datapath_type=netdev" does without`,
      ),
    ];
  return ok(`${address} answers; ${bridge} has ${count(ports.length, 'logical port')}`);
}

function judgeReady({ ready, bridge, ports, taggedPorts }: SwitchFacts): readonly Finding[] {
  if (ports.length === 0) return ok(`${ready}: there is no logical port to try it on`);
  if (ready === 'tag' && taggedPorts === 0) {
    const next =
      'start neutron-openvswitch-agent; where something else wires, set switch.ready to external-id:<key>=<value> or ofport';
    return [warn(`tag: none of ${count(ports.length, 'logical port')} of ${bridge} has a tag`, next)];
  }
  const met = ports.filter(({ status }) => status === 'ACTIVE').length;
  if (met > 0) return ok(`${ready}: ready are ${met} of ${ports.length}`);
  return [warn(`${ready}: none of ${count(ports.length, 'logical port')} is ready; ${exampleOf(ports)}`)];
}

function exampleOf([port]: readonly SwitchPort[]): string {
  return `${port?.portId ?? ''}: ${port?.seen?.detail ?? 'it does not say why'}`;
}
