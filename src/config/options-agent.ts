import type { Option } from './option.js';

const AGENT = ['agent'] as const;

/** Options of the local controller. */
export const AGENT_OPTIONS = {
  'agent.chassis': {
    kind: 'string',
    defaultFrom: 'hostName',
    commands: AGENT,
    doc: "This compute node's name, equal to Neutron's `binding:host_id`. A second agent under the same name takes over from the first, which then stops.",
  },
  'agent.heartbeatMs': {
    kind: 'integer',
    least: 100,
    most: 10_000,
    default: 5000,
    commands: ['agent', 'server', 'chassis', 'port', 'stuck'],
    doc: 'How often this agent says that it lives and learns what an operator approved, in milliseconds. At most a third of the least `chassis.downAfterMs`. `port-status chassis` shows a chassis as late that is silent for three times as long.',
  },
  'agent.batch': {
    kind: 'integer',
    least: 1,
    most: 5000,
    default: 500,
    commands: AGENT,
    doc: 'The most reports that are published in one step.',
  },
  'switch.address': {
    kind: 'string',
    pattern: /^(unix:.|(tcp|ssl):.+:\d{1,5}$|simulated:.)/,
    like: 'unix:/path, tcp:host:port, ssl:host:port or simulated:/path',
    default: 'unix:/var/run/openvswitch/db.sock',
    commands: AGENT,
    doc: "The switch's OVSDB server: `unix:/path`, `tcp:host:port` or `ssl:host:port`. `simulated:/path` is a switch that the demo plays.",
  },
  'switch.bridge': {
    kind: 'string',
    default: 'br-int',
    commands: AGENT,
    doc: 'The bridge whose interfaces are logical ports.',
  },
  'switch.ready': {
    kind: 'string',
    pattern: /^(tag|ofport|external-id:[^=]+=.+)$/,
    like: 'tag, ofport or external-id:<key>=<value>',
    commands: AGENT,
    requiredBy: AGENT,
    doc: 'What shows that a port is wired: `tag` (its `Port` row has a VLAN tag that is not 4095, as neutron-openvswitch-agent sets it), `external-id:<key>=<value>` (a controller marks the interface so), or `ofport` (nothing is left to be wired). There is no default: a guest must not start on a port that is not wired.',
  },
  'switch.requireLink': {
    kind: 'boolean',
    default: false,
    commands: AGENT,
    doc: "Whether a port also needs its link up. A tap has no link until its guest opens it, and Nova may hold the guest until it hears of the port: leave it `false` unless you know the switch's interfaces to differ.",
  },
  'switch.privateKey': {
    kind: 'string',
    isPath: true,
    commands: AGENT,
    doc: "PEM file with this agent's private key, for an `ssl:` address. It is read at each connection, and so are the certificates.",
  },
  'switch.certificate': {
    kind: 'string',
    isPath: true,
    commands: AGENT,
    doc: 'PEM file with the certificate for `switch.privateKey`. An authority that the switch trusts must have signed it.',
  },
  'switch.caCert': {
    kind: 'string',
    isPath: true,
    commands: AGENT,
    doc: "PEM file with the certificate of the authority that must have signed the switch's. As with `ovs-vsctl`, the host name in it is not looked at.",
  },
  'switch.failAfterMs': {
    kind: 'integer',
    least: 1000,
    most: 86_400_000,
    commands: AGENT,
    doc: 'How long an interface that the switch cannot open (`ofport` -1 and an error) is DOWN before it is reported as ERROR, in milliseconds, counted from when this agent first saw it. Without it, it stays DOWN, and the error is kept for the explanation. ERROR makes Nova fail the boot at once, and a device that is missing now often appears a moment later.',
  },
  'guard.maxDown': {
    kind: 'integer',
    least: 1,
    most: 1_000_000,
    default: 20,
    commands: AGENT,
    doc: 'How many ports one full look at the switch (at start, after a reconnection) may turn DOWN without a question. When it is more than this and more than `guard.maxDownPercent`, they are held back.',
  },
  'guard.maxDownPercent': {
    kind: 'integer',
    least: 0,
    most: 100,
    default: 20,
    commands: AGENT,
    doc: "The share of the chassis' ports, in percent, that one full look at the switch may turn DOWN without a question.",
  },
  'guard.holdMs': {
    kind: 'integer',
    least: 0,
    most: 86_400_000,
    default: 60_000,
    commands: AGENT,
    doc: 'How long ports are held back, in milliseconds, before another full look at the switch may confirm that they are DOWN. `port-status approve` releases them sooner.',
  },
} as const satisfies Readonly<Record<string, Option>>;
