import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../../src/cli/doctor/checks.js';
import { diagnose, exitCodeOf, printLine } from '../../../src/cli/doctor/diagnose.js';
import type { Answers, Facts } from '../../../src/cli/doctor/facts.js';
import { nearHost } from '../../../src/cli/doctor/hosts.js';
import { runIn } from './io.js';

const CHASSIS = { chassis: 'cn1', ageMs: 500, beat: '1', maxRevision: 1, version: '0.1.0' };
const LISTENER = {
  id: 'A',
  ttlMs: 3000,
  versions: [1],
  program: '0.1.0',
  generation: '1-a',
  ageMs: 10,
  backlog: 0,
};
const AGENT = {
  host: 'cn1',
  type: 'Open vSwitch agent',
  silentMs: 1000,
  isAlive: true,
  hasL2population: false,
};
const PORT = { portId: '15e2c509-be19-4dfd-a2e0-c08cb1499a3e', attachment: 'row' };
const NOT_READY = {
  ...PORT,
  status: 'DOWN',
  seen: { detail: 'ready rule not met: tag is not set' },
} as const;

const WELL: Facts = {
  configuration: { roles: ['server'], problems: [], version: '0.1.0', mayWrite: () => true },
  northbound: { listeners: [{ ...LISTENER, state: 'live' }], chassis: [CHASSIS], kept: [] },
  database: { layout: { server: [], columns: [], writing: [], ledger: [] }, clockAheadMs: 3 },
  stored: {
    isPaused: false,
    quarantined: 0,
    hosts: ['cn1'],
    agents: [AGENT],
    misplaced: [],
    delegated: [],
    oldDebts: { count: 0 },
    clocksAhead: [],
  },
  nova: { endpoint: 'http://nova/v2.1' },
  switch: {
    address: 'unix:/db.sock',
    bridge: 'br-int',
    ready: 'tag',
    hasBridge: true,
    isBridgeSetUp: true,
    ports: [{ ...PORT, status: 'ACTIVE' }, NOT_READY],
    taggedPorts: 1,
  },
};

/** The lines of a cloud in which all is well but what is said here. */
function linesOf(changes: { readonly [S in keyof Facts]?: Partial<Facts[S]> }): readonly string[] {
  const sources = Object.keys(WELL) as (keyof Facts)[];
  const answers = Object.fromEntries(
    sources.map((source) => [source, { kind: 'known', value: { ...WELL[source], ...changes[source] } }]),
  ) as unknown as Answers;
  return diagnose(CHECKS, answers).map(printLine);
}

function troubleIn(changes: Parameters<typeof linesOf>[0]): readonly string[] {
  return linesOf(changes)
    .filter((line) => !line.startsWith('ok'))
    .map((line) => line.trimEnd());
}

const RIGHT = { code: 'RIGHTS', text: 'missing right: SELECT on ports.id (see …)' } as const;
const COLUMN = { code: 'LAYOUT', text: 'Neutron has no column ports.id' } as const;

describe('the doctor', () => {
  it('says ok of every check where all is well', () => {
    const lines = linesOf({});
    expect(troubleIn({})).toEqual([]);
    expect(lines.map((line) => /^ok {4}(.+?): /.exec(line)?.[1])).toEqual(CHECKS.map(({ name }) => name));
  });

  it.each<[string, Parameters<typeof linesOf>[0], string]>([
    [
      'a configuration that is not complete',
      { configuration: { problems: ['a is missing; set it'] } },
      'FAIL  configuration: a is missing; set it',
    ],
    [
      'no live server',
      { northbound: { listeners: [{ ...LISTENER, state: 'lapsed' }] } },
      'FAIL  servers: none is live; silent: A: reports wait; start "port-status server", or look why it stands still',
    ],
    [
      'a server that is late',
      {
        northbound: {
          listeners: [
            { ...LISTENER, state: 'live' },
            { ...LISTENER, id: 'B', state: 'late' },
          ],
        },
      },
      'warn  servers: live: A; late or lapsed: B; start "port-status server", or look why it stands still',
    ],
    [
      'an agent that is silent',
      { northbound: { chassis: [{ ...CHASSIS, ageMs: 90_000 }] } },
      'warn  agents: 1 of 1 are silent: cn1 (90 s); start "port-status agent" there; its ports keep the status they have, unless "chassis.downAfterMs" is set',
    ],
    [
      'so many silent chassis that their ports are kept',
      { northbound: { kept: ['cn1'] } },
      'FAIL  silent chassis: 1 of 1 are silent at once, and keep their ports: cn1; look for a fault of the network or of the northbound database; where a chassis is really dead, run "port-status approve <chassis>"',
    ],
    [
      'ports that a guard holds back',
      { northbound: { chassis: [{ ...CHASSIS, hold: { id: 'h', ports: 30, sinceMs: 0 } }] } },
      'warn  held ports: cn1 holds back 30 ports; look at its switch; if they are really gone, run "port-status approve cn1"',
    ],
    [
      'agents of another version',
      { northbound: { chassis: [{ ...CHASSIS, version: '0.2.0' }] } },
      'warn  versions: agents and this program differ: 0.1.0 (this program), 0.2.0 (cn1); finish the upgrade: servers first, then agents',
    ],
    [
      'a server that reads other wire versions',
      { northbound: { listeners: [{ ...LISTENER, state: 'live', versions: [9] }] } },
      'FAIL  versions: A read no wire version that this program writes; finish the upgrade: servers first, then agents',
    ],
    [
      'a setting of the database server',
      {
        database: {
          layout: {
            ...WELL.database.layout,
            server: [{ code: 'LAYOUT', text: 'read-only: give the primary' }],
          },
        },
      },
      'FAIL  database server: read-only: give the primary',
    ],
    [
      'a column that is not there',
      { database: { layout: { ...WELL.database.layout, columns: [COLUMN] } } },
      `FAIL  tables and columns: ${COLUMN.text}`,
    ],
    [
      'a right that is missing',
      { database: { layout: { ...WELL.database.layout, columns: [RIGHT] } } },
      `FAIL  rights: ${RIGHT.text}`,
    ],
    [
      'writing that is paused',
      { stored: { isPaused: true } },
      'warn  pause: all writing is paused; reports wait; run "port-status resume" when writing may go on',
    ],
    [
      'a chassis whose name differs by its domain',
      { northbound: { chassis: [{ ...CHASSIS, chassis: 'cn1.example' }] } },
      'FAIL  host names: chassis cn1.example is cn1 in Neutron; set agent.chassis to cn1 on that compute node',
    ],
    [
      'l2population',
      { stored: { agents: [{ ...AGENT, hasL2population: true }] } },
      'warn  l2population: on at cn1: their ports are not written; leave it so, or turn "l2_population" off there: only neutron-server can send its forwarding entries',
    ],
    [
      'a neutron-openvswitch-agent that is dead',
      { stored: { agents: [{ ...AGENT, isAlive: false, silentMs: 99_000 }] } },
      'warn  neutron-openvswitch-agent: silent on cn1 (99 s); start it: where it wires and is dead, no port becomes ready',
    ],
    [
      'a bridge that is not there',
      { switch: { hasBridge: false, ports: [] } },
      'FAIL  switch: unix:/db.sock has no bridge br-int; set switch.bridge to the integration bridge',
    ],
    [
      'a bridge that was not set up',
      { switch: { isBridgeSetUp: false, ports: [] } },
      'FAIL  switch: ovs-vswitchd has not set up br-int, and opens none of its interfaces; start ovs-vswitchd, or read its log; where the kernel has no openvswitch module, "ovs-vsctl set bridge br-int datapath_type=netdev" does without',
    ],
    [
      'a switch without a tag',
      { switch: { ports: [NOT_READY], taggedPorts: 0 } },
      'warn  ready rule: tag: none of 1 logical port of br-int has a tag; start neutron-openvswitch-agent; where something else wires, set switch.ready to external-id:<key>=<value> or ofport',
    ],
  ])('finds %s', (_what, changes, line) => {
    expect(troubleIn(changes)).toEqual([line]);
  });

  it('names an example of misplaced reports, the age of debts and a clock far off', () => {
    const example = { portId: PORT.portId, boundTo: 'cn2' };
    const oldest = {
      portId: PORT.portId,
      chassis: 'cn1',
      word: 'plugged',
      ageMs: 90_000,
      lastResult: 'again, 503',
    } as const;
    expect(
      troubleIn({
        database: { clockAheadMs: -4000 },
        stored: { misplaced: [{ chassis: 'cn1', ports: 7, example }], oldDebts: { count: 2, oldest } },
      }).join('\n'),
    ).toMatch(
      /is 4000 ms behind this host[^]*cn1 reports 7 ports of other hosts, such as 15e2c509-.+, which Neutron has bound to cn2[^]*2 words owed for more than 60 s; the oldest is "plugged" of 15e2c509-.+ \(cn1\), 90 s old, said in vain: again, 503/,
    );
  });

  it('takes no clock of an agent for a trouble', () => {
    const ahead = { stored: { clocksAhead: [{ chassis: 'cn1', aheadMs: 86_400_000 }] } };
    expect(troubleIn(ahead)).toEqual([]);
    expect(linesOf(ahead).join('')).toContain('cn1 by 86400 s; nothing depends on it');
  });

  it('fails for a FAIL alone', () => {
    const line = { what: 'x', found: 'y' };
    expect(
      exitCodeOf([
        { ...line, level: 'warn' },
        { ...line, level: 'skip' },
      ]),
    ).toBe(0);
    expect(
      exitCodeOf([
        { ...line, level: 'ok' },
        { ...line, level: 'FAIL' },
      ]),
    ).toBe(1);
  });
});

describe('a host of Neutron is near a chassis', () => {
  it.each([
    ['CN1', ['cn1', 'cn2'], 'cn1'],
    ['cn1', ['cn1.example', 'cn10.example'], 'cn1.example'],
    ['cn1.a', ['CN1.a', 'cn1.b'], 'CN1.a'],
    ['cn1', ['cn1.a', 'cn1.b'], undefined],
    ['cn3', ['cn1', 'cn2'], undefined],
  ])('%s among %j: %s', (name, known, near) => {
    expect(nearHost(name, known)).toBe(near);
  });
});

describe('port-status doctor', () => {
  it('says what is not configured here, and that nothing is', async () => {
    const { exitCode, stdout } = await runIn('doctor');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}configuration: nothing says what this host runs/);
    expect(stdout).toMatch(/^skip {2}Neutron's database: neutron\.url is not set for this host$/m);
  });

  it('lists all that is wrong with the configuration of the role that it is asked for', async () => {
    const { exitCode, stdout } = await runIn('doctor --for server --listener-ttl-ms 1 --json');
    expect(exitCode).toBe(1);
    const { checks } = JSON.parse(stdout) as { checks: { level: string; what: string; found: string }[] };
    const problems = checks.filter(({ what }) => what === 'configuration').map(({ found }) => found);
    expect(problems).toEqual([
      expect.stringMatching(/^listener\.ttlMs must be/),
      expect.stringMatching(/^northbound\.url is missing/),
      expect.stringMatching(/^neutron\.url is missing/),
      expect.stringMatching(/^neutron\.drivers is missing/),
    ]);
  });

  it('ends with 78 where the file can not be read', async () => {
    const files = { '/etc/port-status/port-status.toml': 'x = [' };
    const { exitCode, stdout, stderr } = await runIn('doctor', { files });
    expect([exitCode, stdout]).toEqual([78, '']);
    expect(stderr).toMatch(/^port-status: \/etc\/port-status\/port-status\.toml:.+; correct the file\n$/);
  });
});
