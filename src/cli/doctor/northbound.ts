import { AGENT_SILENT_MS } from '../../domain/chassis-silence.js';
import { readableVersions } from '../../domain/wire.js';
import type { ListenerView } from '../../northbound/northbound.js';
import { check, count, fail, ok, orOk, seconds, some, warn } from './check.js';
import type { Finding } from './check.js';
import type { Facts } from './facts.js';

export const NORTHBOUND_CHECKS = [
  check({
    name: 'northbound database',
    looksAt: 'Whether it can be opened. It is opened for reading alone: not even its mark is renewed.',
    mend: 'check `northbound.url`, the rights to the folder, and that a server has ever run',
    needs: ['northbound'],
    isConnection: true,
    judge: ({ northbound: { listeners, chassis } }) =>
      ok(`answers; knows ${count(listeners.length, 'server')} and ${chassis.length} chassis`),
  }),
  check({
    name: 'servers',
    looksAt:
      'The listeners: live, late (silent for half their ttl) or lapsed. Without a live one reports wait.',
    mend: 'start `port-status server`, or look why it stands still',
    needs: ['northbound'],
    judge: judgeListeners,
  }),
  check({
    name: 'agents',
    looksAt: 'When each chassis was heard of last; an agent says that it lives at least every 10 s.',
    mend: 'start `port-status agent` there; its ports keep the status they have, unless `chassis.downAfterMs` is set',
    needs: ['northbound'],
    judge: judgeAgents,
  }),
  check({
    name: 'silent chassis',
    looksAt:
      'Where `chassis.downAfterMs` is set: whether so many chassis are silent at once that their ports keep their status (`chassis.downMostPercent`).',
    mend: 'look for a fault of the network or of the northbound database; where a chassis is really dead, run `port-status approve <chassis>`',
    needs: ['northbound'],
    judge: ({ northbound: { chassis, kept } }) =>
      orOk(
        kept.length === 0
          ? []
          : [
              fail(
                `${kept.length} of ${chassis.length} are silent at once, and keep their ports: ${some(kept)}`,
              ),
            ],
        'not so many that their ports would keep their status',
      ),
  }),
  check({
    name: 'held ports',
    looksAt:
      'Agents whose guard holds back ports, because one look at the switch turned too many of them DOWN.',
    mend: 'look at the switch of that chassis; if the ports are really gone, run `port-status approve <chassis>`',
    needs: ['northbound'],
    judge: ({ northbound: { chassis } }) =>
      orOk(
        chassis.flatMap(({ chassis: name, hold }) =>
          hold === undefined
            ? []
            : [
                warn(
                  `${name} holds back ${count(hold.ports, 'port')}`,
                  `look at its switch; if they are really gone, run "port-status approve ${name}"`,
                ),
              ],
        ),
        'no agent holds any back',
      ),
  }),
  check({
    name: 'versions',
    looksAt: "The agents' program versions, this program's, and the wire versions that the servers read.",
    mend: 'finish the upgrade: servers first, then agents',
    needs: ['configuration', 'northbound'],
    judge: judgeVersions,
  }),
];

function judgeListeners({ northbound: { listeners } }: Pick<Facts, 'northbound'>): readonly Finding[] {
  const ids = (wanted: ListenerView['state']): readonly string[] =>
    listeners.filter(({ state }) => state === wanted).map(({ id }) => id);
  const [live, late, lapsed] = [ids('live'), ids('late'), ids('lapsed')];
  if (live.length === 0) {
    const others = [...late, ...lapsed];
    return [fail(`none is live${others.length === 0 ? '' : `; silent: ${some(others)}`}: reports wait`)];
  }
  const silent = [...late, ...lapsed];
  if (silent.length > 0) return [warn(`live: ${some(live)}; late or lapsed: ${some(silent)}`)];
  return ok(`live: ${some(live)}`);
}

function judgeAgents({ northbound: { chassis } }: Pick<Facts, 'northbound'>): readonly Finding[] {
  if (chassis.length === 0) return [warn('no chassis was ever registered')];
  const silent = chassis.filter(({ ageMs }) => ageMs >= AGENT_SILENT_MS);
  const names = silent.map(({ chassis: name, ageMs }) => `${name} (${seconds(ageMs)})`);
  if (silent.length > 0) return [warn(`${silent.length} of ${chassis.length} are silent: ${some(names)}`)];
  return ok(`all of ${chassis.length} chassis are heard of`);
}

function judgeVersions({
  configuration: { version },
  northbound: { chassis, listeners },
}: Pick<Facts, 'configuration' | 'northbound'>): readonly Finding[] {
  const programs = new Set([version, ...chassis.flatMap(({ version: theirs }) => theirs ?? [])]);
  const wires = new Set(listeners.map(({ versions }) => versions.join('+')));
  const unread = listeners.filter(
    ({ versions }) => !versions.some((one) => readableVersions().includes(one)),
  );
  return orOk(
    [
      ...(unread.length > 0
        ? [fail(`${some(unread.map(({ id }) => id))} read no wire version that this program writes`)]
        : []),
      ...(wires.size > 1
        ? [warn(`servers read different wire versions: ${[...wires].sort().join(' | ')}`)]
        : []),
      ...(programs.size > 1 ? [warn(`agents and this program differ: ${programsOf(chassis, version)}`)] : []),
    ],
    `all agents and this program are ${version}; servers read wire version ${[...wires].join(', ') || '-'}`,
  );
}

function programsOf(chassis: Facts['northbound']['chassis'], version: string): string {
  const names = new Map<string, string[]>([[version, ['this program']]]);
  for (const { chassis: name, version: theirs } of chassis)
    if (theirs !== undefined) names.set(theirs, [...(names.get(theirs) ?? []), name]);
  return [...names].map(([program, hosts]) => `${program} (${some(hosts)})`).join(', ');
}
