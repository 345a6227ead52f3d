import type { Stage } from '../domain/stage.js';

/** What is the case and what to do, in a sentence for each stage. */
export const ADVICE: Readonly<Record<Stage, string>> = {
  'no-such-port': 'Neutron has no such port; check the id, MAC address, device name or Nova server.',
  unbound:
    'Neutron has bound the port to no host, or binding it failed; look for "binding" in neutron-server\'s log.',
  'not-written-here':
    'The port is left to Neutron: its driver or owner is not ours to write for, or the server only observes; check apply.mode, apply.chassis and neutron.drivers.',
  'chassis-unknown':
    'No agent ever registered for the host that the port is bound to; install and start "port-status agent" there, with agent.chassis equal to binding:host_id.',
  'chassis-silent':
    'The agent of that host says nothing; see on the host whether it runs and whether it reaches the northbound database ("port-status doctor").',
  'not-on-switch':
    'The agent lives, and its switch has no interface of this port; look in nova-compute\'s log why it was not plugged ("ovs-vsctl find interface external_ids:iface-id=…").',
  'interface-failed':
    'The switch could not open the interface; read its error ("ovs-vsctl get interface <device> error").',
  'link-down':
    'The interface is on the switch and not ready; look whether the guest runs and its link is up ("ovs-vsctl list interface <device>"), and where the port has no VLAN tag ("ovs-vsctl list port <device>") at neutron-openvswitch-agent.',
  'held-by-guard':
    'The agent has not said everything yet: it waits for its switch, or its guard holds back a mass of DOWN; see "port-status chassis", and approve it with "port-status approve" if it is true.',
  'no-server-live':
    'What is left to do, with the report or with the word to Nova, is a server\'s, and none is live; start "port-status server".',
  'server-lapsed':
    'The report waits in the topic of a server that is gone; another takes over within its ttl and a second.',
  pending:
    'A server that is live has yet to judge the report, or to judge it again; see its backlog with "port-status listeners", and its log if this lasts.',
  quarantined:
    'The report can never be written as it is; read the reason and the next step with "port-status quarantine show <port>".',
  'bound-elsewhere':
    'The port is up on another host than the one that it is bound to, or for another VM; compare binding:host_id with where the guest runs.',
  'admin-down': 'The port is administratively down; "openstack port set --enable".',
  'dhcp-block': "The wire is ready, and DHCP is not; look for the port in neutron-dhcp-agent's log.",
  'other-block':
    'The wire is ready, and somebody else holds a provisioning block; ask whoever set it (table provisioningblocks).',
  paused: 'An operator has paused all writing; "port-status resume" ends that.',
  'nova-unreachable':
    'The port is ACTIVE, and Nova or Keystone does not take the word; check their endpoints and the credentials in [nova].',
  'nova-refuses':
    'The port is ACTIVE, and Nova refuses the word for that server: it does not know it, or it has no host; look for the server in Nova.',
  'nova-not-told': 'The port is ACTIVE, and Nova will be told; see the log of the server if this lasts.',
  done: 'The port is ACTIVE, and no word to Nova is owed.',
};
