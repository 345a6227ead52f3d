import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { inWords } from './bounds.js';
import { drawBars } from './plots.js';
import type { Bar } from './plots.js';
import type { Cpu } from './play-storm.js';
import type { ResultFile } from './result-file.js';
import { USUAL_SIZE } from './options.js';
import type { Row } from './table.js';
import { inParentheses } from './spread.js';
import type { Spread } from './spread.js';
import { tableOf } from './table.js';

/** Where the figures and plots are, from the root of the repository. */
export const FOLDER = 'docs/performance';
const PAGE = 'docs/performance.md';

interface Stored extends ResultFile {
  readonly name: string;
}

/** As storm.ts writes it. */
interface StoredStorm extends Stored {
  readonly ports: number;
  readonly chassis: number;
  readonly portsPerSecond: Spread;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly untilNovaMs: number;
  readonly novaTold: number;
  readonly limit1PerSecond: number;
  readonly limit4PerSecond: number | null;
  readonly ormLikePerSecond: number;
  readonly oneByOnePerSecond: number;
  readonly ratioToLimit1: number;
  readonly ratioToOrmLike: number;
  readonly ratioToOneByOne: number;
  readonly peakRssMb: { readonly server: number; readonly agent: number };
  readonly cpuSecondsPer1000: Cpu;
  /** Null where only medians were kept. */
  readonly eachRun: readonly object[] | null;
  readonly spreads: Readonly<Partial<Record<Spreading, Spread>>>;
}

type Spreading = 'ratioToLimit1' | 'ratioToOrmLike' | 'ratioToOneByOne' | 'p50Ms' | 'p99Ms';

/** As scale.ts writes it. */
interface StoredScale extends Stored {
  readonly points: readonly {
    readonly group: string;
    readonly size: number;
    readonly ratio: number;
    readonly ports?: number;
    readonly chassis?: number;
    readonly perSecond: Spread;
  }[];
}

/** Writes the page about performance, with its plots, of the figures that are stored. */
export async function writePerformance(names: readonly string[]): Promise<void> {
  const stored = names.flatMap(readStored);
  const storms = stored.filter(isStorm);
  const others = stored.filter(({ scenario }) => scenario !== 'storm');
  if (storms.length > 0) await plot('storm', drawStorms(storms));
  for (const scale of others.filter(isScale)) await plot('scale', drawScale(scale));
  writeFileSync(
    PAGE,
    [
      ...head(stored),
      ...aboutStorms(storms),
      ...aboutCapacity(storms, others.find(isScale)),
      ...others.flatMap(about),
      ...aboutMissing(names, stored),
    ].join('\n'),
  );
}

function readStored(name: string): readonly Stored[] {
  const path = `${FOLDER}/${name}.json`;
  if (!existsSync(path)) return [];
  return [{ name, ...(JSON.parse(readFileSync(path, 'utf8')) as ResultFile) }];
}

async function plot(name: string, drawing: Promise<string>): Promise<void> {
  writeFileSync(`${FOLDER}/${name}.svg`, `${await drawing}\n`);
}

function isStorm(stored: Stored): stored is StoredStorm {
  return stored.scenario === 'storm';
}

function isScale(stored: Stored): stored is StoredScale {
  return stored.scenario === 'scale';
}

function drawStorms(storms: readonly StoredStorm[]): Promise<string> {
  return drawBars(
    'Ports written, per second',
    'ports/s',
    storms.flatMap((storm): Bar[] => [
      { group: nameOf(storm), kind: 'Port Status Sync, end to end', value: storm.portsPerSecond.median },
      { group: nameOf(storm), kind: 'the writes alone, one connection', value: storm.limit1PerSecond },
      { group: nameOf(storm), kind: "port by port, as Neutron's", value: storm.ormLikePerSecond },
    ]),
  );
}

/** Of a storm of the usual size what it ran on, of any other the size too. */
function nameOf({ engine, db, ports, chassis }: StoredStorm): string {
  const isUsual = ports === USUAL_SIZE.ports && chassis === USUAL_SIZE.chassis;
  return `${String(engine)} + ${String(db)}${isUsual ? '' : `, ${number(ports)} / ${number(chassis)}`}`;
}

function drawScale({ points }: StoredScale): Promise<string> {
  const bars = points.map(({ group, ratio }, index): Bar => {
    const isFirst = points.findIndex((other) => other.group === group) === index;
    return { group, kind: isFirst ? 'smallest' : 'larger', value: Number(ratio.toFixed(3)) };
  });
  return drawBars('Cost of one report, over that at the smallest size', 'times', bars);
}

function head(stored: readonly Stored[]): readonly string[] {
  const [first] = stored;
  if (first === undefined) return ['# Performance', '', 'Nothing has been measured yet.', ''];
  const { cores, processor, memoryGib, node, kernel, temporaryFolder } = first.machine;
  const system = kernel === null ? '' : `, kernel ${kernel}`;
  const folder = temporaryFolder === null ? '' : `, databases on ${temporaryFolder.filesystem}`;
  return [
    '# Performance',
    '',
    '<!-- Written by "npm run bench -- all"; the figures are in performance/*.json. -->',
    '',
    `Each figure was measured on one machine that ran everything: agents, northbound database, servers, Neutron's database, Nova; ${cores} cores (${processor}), ${memoryGib} GiB, Node ${node}${system}${folder}. Only ratios within one run mean something elsewhere: the machine is a virtual one, up to twice as fast on one day as on another, so figures of different commits are not to be compared. \`npm run bench -- all\` repeats all of it, \`npm run bench -- <scenario> --help\` a part.`,
    '',
    "Whatever is compared was measured in the same run. A figure is the median of all runs, with the least and the greatest in parentheses where a bound or a comparison hangs on it; *at most* is the greatest. Servers run at `nice` 10, as the systemd unit starts them. Load is open: what is due is done when it is due, whether or not anybody keeps up, and a latency counts from when it was due. Percentiles are those of all samples; no histogram rounds them. A thousand agents in one process have a heap that none of them has: it gets room enough not to be collected as a whole meanwhile, which took both processors for 0.4 s. MariaDB, PostgreSQL and etcd are durable at each commit: InnoDB's log is flushed each time, PostgreSQL has `fsync` and `synchronous_commit` on, etcd syncs its log. SQLite has `synchronous = NORMAL` with a write-ahead log: what is committed outlives the process, but the newest of it not a loss of power. Redis has `appendfsync everysec` and `auto-aof-rewrite-min-size 1gb`. Where there are 10,000 chassis, agents send a heartbeat every 10 s, the most that can be set, elsewhere as often as is the default.",
    '',
  ];
}

function aboutStorms(storms: readonly StoredStorm[]): readonly string[] {
  const [first] = storms;
  if (first === undefined) return [];
  const { ports, chassis, runs } = first;
  return [
    '## Storm',
    '',
    `${number(ports)} ports of ${number(chassis)} chassis, unless it says otherwise, are plugged at the same moment, one server: from the first plug to the last commit, seen by a client of the database; ${String(runs)} runs.`,
    '',
    '![Ports written per second, by engine and database](performance/storm.svg)',
    '',
    tableOf(storms.map(speedRow)),
    '',
    "*The writes alone*: the rows that such a storm has to write and nothing else, written down before, in transactions of 500 ports. *As Neutron's*: port by port on one connection, with the two writing transactions that Neutron 21 sends for each, and the one statement that loads the port; the seven other transactions, in which it only reads, are left out. *One by one*: the same in a single transaction for each port.",
    '',
    tableOf(storms.map(costRow)),
    '',
    ...(storms.some(({ eachRun }) => eachRun === null)
      ? ['Ratios and percentiles without parentheses: of those runs only the medians were kept.', '']
      : []),
    ...sourceOf(storms),
  ];
}

/** The question of the blueprint: how long it takes until all ports of so many chassis are back. */
function aboutCapacity(storms: readonly StoredStorm[], scale: StoredScale | undefined): readonly string[] {
  const usual = storms.filter(({ engine, db }) => engine === 'redis' && db === 'mariadb');
  const [first] = usual;
  if (first === undefined) return [];
  const measured = [
    ...usual.map(({ ports, chassis, portsPerSecond }) => ({ ports, chassis, servers: 1, portsPerSecond })),
    ...(scale?.points ?? []).flatMap(({ group, size, ports, chassis, perSecond }) =>
      group !== 'servers' || ports === undefined || chassis === undefined
        ? []
        : [{ ports, chassis, servers: size, portsPerSecond: perSecond }],
    ),
  ];
  const { server, northbound, database } = first.cpuSecondsPer1000;
  const perCore = (seconds: number | null): string => (seconds === null ? '–' : number(1000 / seconds));
  return [
    '## Capacity',
    '',
    'How long it takes until so many chassis are back with all their ports, on Redis and MariaDB, everything on the one machine:',
    '',
    tableOf(
      measured.map(({ ports, chassis, servers, portsPerSecond }): Row => ({
        chassis: number(chassis),
        'ports of each': number(ports / chassis),
        servers: number(servers),
        'back after': `${inParentheses(backAfterMs(ports, portsPerSecond), seconds)} s`,
      })),
    ),
    '',
    `In words: ${number(first.chassis)} chassis with ${number(first.ports / first.chassis)} ports each come back in ${seconds((first.ports * 1000) / first.portsPerSecond.median)} s with one server. What a core does in a second, by its processor time: as a server ${perCore(server)} reports, as Redis ${perCore(northbound)}, as MariaDB ${perCore(database)}. So N chassis with M ports each need at least N × M / (${perCore(server)} × S) s with S servers of one core each, and at least N × M / (${perCore(database)} × C) s with C cores for MariaDB, whichever is longer. That is computed, not measured, and leaves the disk out; where servers share the cores with the database, as here, more of them bring nothing.`,
    '',
  ];
}

function speedRow(figures: StoredStorm): Row {
  const { portsPerSecond, limit1PerSecond, limit4PerSecond, ormLikePerSecond } = figures;
  return {
    set: nameOf(figures),
    'ports/s': inParentheses(portsPerSecond, number),
    'the writes alone, 1 connection': `${number(limit1PerSecond)}, ${ratioIn(figures, 'ratioToLimit1', 2)}`,
    '4 connections': limit4PerSecond === null ? '–' : number(limit4PerSecond),
    "as Neutron's": `${number(ormLikePerSecond)}, ${ratioIn(figures, 'ratioToOrmLike', 1)}`,
    'one by one': `${number(figures.oneByOnePerSecond)}, ${ratioIn(figures, 'ratioToOneByOne', 1)}`,
  };
}

function ratioIn(storm: StoredStorm, name: Spreading, digits: number): string {
  return `ratio ${figureIn(storm, name, (value) => value.toFixed(digits))}`;
}

function figureIn(storm: StoredStorm, name: Spreading, text: (value: number) => string): string {
  const spread = storm.spreads[name];
  return spread === undefined ? text(storm[name]) : inParentheses(spread, text);
}

function backAfterMs(ports: number, { median, min, max }: Spread): Spread {
  const tookMs = (perSecond: number): number => (ports * 1000) / perSecond;
  return { median: tookMs(median), min: tookMs(max), max: tookMs(min) };
}

function costRow(figures: StoredStorm): Row {
  const { untilNovaMs, novaTold, peakRssMb, cpuSecondsPer1000 } = figures;
  const { server, northbound, database } = cpuSecondsPer1000;
  return {
    set: nameOf(figures),
    'p50 / p99': `${figureIn(figures, 'p50Ms', seconds)} / ${figureIn(figures, 'p99Ms', seconds)} s`,
    'Nova told of': `${number(novaTold)}, the last after ${seconds(untilNovaMs)} s`,
    'server at most': `${peakRssMb.server} MiB`,
    'CPU s per 1,000: server, northbound, database': [server, northbound, database]
      .map((value) => value?.toFixed(3) ?? '–')
      .join(', '),
  };
}

function about(stored: Stored): readonly string[] {
  const { scenario, rows, footer } = stored;
  return [
    `## ${scenario.slice(0, 1).toUpperCase()}${scenario.slice(1)}`,
    '',
    DOCS[scenario] ?? '',
    '',
    ...(scenario === 'scale' ? ['![Cost of one report as a system grows](performance/scale.svg)', ''] : []),
    tableOf(rows),
    '',
    ...(footer === undefined ? [] : [footer, '']),
    ...sourceOf([stored]),
  ];
}

/** What failed leaves no figures. */
function aboutMissing(names: readonly string[], stored: readonly Stored[]): readonly string[] {
  const missing = names.filter((name) => stored.every((other) => other.name !== name));
  if (missing.length === 0) return [];
  return ['## Missing', '', `Of these there are no figures, as they failed: ${missing.join(', ')}.`, ''];
}

/** What the reader has to know of each. */
const DOCS: Readonly<Record<string, string>> = {
  idle: "One port at a time, on a system where nothing else happens: from when a real ovsdb-server has answered the transaction to the commit in Neutron's database, as another client sees it, and until Nova has heard.",
  steady:
    'Chassis after chassis boots fifty ports, at 70 % of the rate that a storm reached just before, for a minute that begins with a sweep of the ledger, which goes on through all of it; a latency counts from the plug. Memory is that of the server which that storm has already grown: what grows beyond it is seen, not what a storm takes. The backlog is read twenty times a second; its median is told between the steps of fifty in which it comes.',
  neighbour:
    'Transactions like those of neutron-server, on ports that are none of ours and on the same ports, without a storm and during one: the same two clients, on the same connections, so that nothing but the storm differs. A transaction begins every 20 ms, so that a p99 of one storm is the third slowest of some 250; what is bounded is the ratio of the p99 of the transactions of all runs.',
  page: 'A storm while the metrics of all servers are scraped each second and the page of one is open, against a storm without, in turns. A program stands for the browser: it asks what the page asks, as often, and reads every answer, but draws nothing; the browser that draws is on another machine.',
  repeats:
    'All agents start again with every port as it was, until every chassis is complete and nothing is pending: what is stored as it is, they do not say again. Then the northbound database loses all data, and everything is said once more, until the last of it is judged.',
  takeover:
    'A server is killed in whose topic the reports of all ports wait; from the kill to the last commit by another.',
  flap: 'Each port changes 50 times a second. What waits is bounded: a port has one place in one topic, so that no more reports wait than there are ports, and a state that is replaced there is not written. How often a port is written is not: that is as often as the server gets to it.',
  scale:
    "What one report costs, in seconds of processor time of servers, northbound database and Neutron's database, as a system grows; the sweep, whose work `reconcile.rate` bounds, does not run. *Of the first*: the ratio of the medians. The parts are those of the run whose sum is shown. Listeners: agents and as many listeners in one process, that publish, receive, judge, write and acknowledge; *northbound alone* leaves Neutron's database out.",
};

function sourceOf(stored: readonly Stored[]): readonly string[] {
  return [...stored.map(sourceLine), ''];
}

function sourceLine({ name, commit, seed, bounds }: Stored): string {
  const failed = bounds.filter(({ holds }) => !holds).map(inWords);
  const source = `Figures: [${name}.json](performance/${name}.json), commit ${commit ?? 'unknown'}, seed ${seed}.`;
  return `${source}${failed.length === 0 ? '' : ` Not kept: ${failed.join('; ')}.`}  `;
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
