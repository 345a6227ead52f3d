import type { NeutronAgent } from '../../neutron/diagnosis.js';
import { check, fail, ok, orOk, seconds, some, warn } from './check.js';
import type { Finding } from './check.js';
import type { Facts } from './facts.js';

/** How Neutron names neutron-openvswitch-agent in its table of agents (N:common, AGENT_TYPE_OVS). */
const OVS_AGENT = 'Open vSwitch agent';

type HostFacts = Pick<Facts, 'configuration' | 'northbound' | 'stored'>;

export const HOST_CHECKS = [
  check({
    name: 'host names',
    looksAt:
      "Whether each chassis bears the name that Neutron's bindings and agents give its host, letter by letter.",
    mend: "set `agent.chassis` on that compute node to Neutron's `binding:host_id`",
    needs: ['northbound', 'stored'],
    judge: judgeNames,
  }),
  check({
    name: 'neutron-openvswitch-agent',
    looksAt: 'Whether it lives on the chassis that we write: it wires their ports, and writes statuses, too.',
    mend: 'start it: where it wires and is dead, no port becomes ready',
    needs: ['configuration', 'northbound', 'stored'],
    judge: judgeOvsAgents,
  }),
  check({
    name: 'l2population',
    looksAt: 'Live agents of Neutron with l2population on chassis of ours: ports there are delegated.',
    mend: 'leave it so, or turn `l2_population` off there: only neutron-server can send its forwarding entries',
    needs: ['northbound', 'stored'],
    judge: ({ northbound: { chassis }, stored: { agents } }) => {
      const ours = new Set(chassis.map(({ chassis: name }) => name));
      const hosts = agents.filter((agent) => agent.isAlive && agent.hasL2population && ours.has(agent.host));
      return orOk(
        hosts.length === 0
          ? []
          : [warn(`on at ${some(hosts.map(({ host }) => host))}: their ports are not written`)],
        'off on every chassis',
      );
    },
  }),
];

function judgeNames({ northbound, stored }: Pick<HostFacts, 'northbound' | 'stored'>): readonly Finding[] {
  const known = new Set([...stored.hosts, ...stored.agents.map(({ host }) => host)]);
  const names = northbound.chassis.map(({ chassis }) => chassis);
  return orOk(
    names.filter((name) => !known.has(name)).map((name) => judgeName(name, [...known])),
    `Neutron knows each of ${names.length} chassis by its name`,
  );
}

function judgeName(name: string, known: readonly string[]): Finding {
  const near = nearHost(name, known);
  if (near === undefined)
    return warn(`Neutron has neither bound a port to chassis ${name} nor an agent there`);
  return fail(`chassis ${name} is ${near} in Neutron`, `set agent.chassis to ${near} on that compute node`);
}

/** The host of Neutron that differs by case or by its domain alone; none where several do. */
export function nearHost(name: string, known: readonly string[]): string | undefined {
  const same = (form: (host: string) => string): readonly string[] =>
    known.filter((host) => form(host) === form(name));
  const byCase = same((host) => host.toLowerCase());
  const near = byCase.length > 0 ? byCase : same((host) => host.toLowerCase().split('.')[0] ?? '');
  return near.length === 1 ? near[0] : undefined;
}

function judgeOvsAgents({ configuration, northbound, stored }: HostFacts): readonly Finding[] {
  const written = northbound.chassis.map(({ chassis }) => chassis).filter(configuration.mayWrite);
  if (written.length === 0) return ok('no chassis is written by this configuration');
  const byHost = new Map(
    stored.agents.filter(({ type }) => type === OVS_AGENT).map((one) => [one.host, one]),
  );
  const there = written.flatMap((name) => byHost.get(name) ?? []);
  if (there.length === 0)
    return ok('runs on none of the chassis that are written: something else wires there');
  const dead = there.filter(({ isAlive }) => !isAlive);
  return orOk(
    dead.length === 0 ? [] : [warn(`silent on ${some(dead.map(describeSilence))}`)],
    `lives on ${there.length} of ${written.length} chassis that are written`,
  );
}

function describeSilence({ host, silentMs }: NeutronAgent): string {
  return `${host} (${seconds(silentMs)})`;
}
