import { MOST_ENTRIES } from '../domain/history.js';
import type { HistoryEntry } from '../domain/history.js';
import type { Sighting } from '../domain/report.js';
import type { Chapter } from '../neutron/story.js';
import type { Explained } from './explain.js';

/** One thing that happened to a port. */
export interface Moment {
  /** Milliseconds since 1970, by the clock of who noted it; absent: it is so now. */
  readonly atMs?: number | undefined;
  /** A chassis, a server, or a system. */
  readonly where: string;
  readonly what: string;
}

/**
 * What happened to the port, the oldest first, and then how it stands: of what is past the newest entries of all its
 * chassis' histories, of what is present each stage.
 */
export function timelineOf({ story, host, record }: Explained): readonly Moment[] {
  const past = [
    ...story.chapters.flatMap(earlierOf).sort(byTime).slice(-MOST_ENTRIES),
    ...story.chapters.flatMap(momentsOf),
    ...story.quarantined.map(({ atMs, reason }) => ({
      atMs,
      where: 'ledger',
      what: `put into quarantine: ${reason}`,
    })),
  ].sort(byTime);
  return [...past, ...waiting(record), ...standing(story, host)];
}

type Past = Moment & { readonly atMs: number };

function byTime(one: Past, other: Past): number {
  return one.atMs - other.atMs;
}

/** What the stages that stand do not tell. */
function earlierOf({ chassis, history, judgedAtMs, toldAtMs }: Chapter): readonly Past[] {
  const judged = history.findLast(({ kind }) => kind === 'judged');
  const settled = history.findLast(({ kind }) => kind === 'settled');
  return history
    .filter((entry) => entry !== judged || entry.atMs !== judgedAtMs)
    .filter((entry) => entry !== settled || entry.atMs !== toldAtMs)
    .map((entry) => tell(entry, chassis));
}

function tell(entry: HistoryEntry, chassis: string): Past {
  const { atMs } = entry;
  if (entry.kind === 'settled') {
    const code = entry.code === undefined ? '' : ` HTTP ${entry.code}`;
    return { atMs, where: 'nova', what: `of ${chassis}: "${entry.word}": ${entry.result}${code}` };
  }
  const { status, attachment, verdict, reason, mode, effects, word, server } = entry;
  const wrote = effects === '' ? '' : `, ${mode === 'write' ? 'wrote' : 'would write'} ${effects}`;
  const owed = word === undefined ? '' : `, owed nova "${word}"`;
  const what = `of ${chassis}: ${status} (${attachment}) judged ${verdict} (${reason})${wrote}${owed}`;
  return { atMs, where: server, what };
}

function momentsOf(chapter: Chapter): readonly Past[] {
  const { chassis, status, seen, observedAtMs, server, verdict, reason, judgedAtMs } = chapter;
  return [
    { atMs: observedAtMs, where: chassis, what: `the switch showed ${status}${describe(seen)}` },
    { atMs: judgedAtMs, where: server, what: `judged ${verdict} (${reason})` },
    ...written(chapter),
    ...telling(chapter),
  ];
}

function written({ server, effects, appliedAtMs }: Chapter): readonly Past[] {
  return appliedAtMs === undefined ? [] : [{ atMs: appliedAtMs, where: server, what: `wrote ${effects}` }];
}

function telling({ word, isOwed, owedAtMs, attempts, toldAtMs, ...told }: Chapter): readonly Past[] {
  const { toldWord, toldResult, toldCode, toldDetail } = told;
  const why = toldCode === undefined ? (toldDetail ?? '') : `HTTP ${toldCode}`;
  const said = { atMs: toldAtMs, where: 'nova', what: `"${toldWord}": ${toldResult} ${why}`.trimEnd() };
  const owed = isOwed ? `owed "${word ?? '-'}", said ${attempts} times` : `was owed "${word ?? '-'}"`;
  return [
    ...(owedAtMs === undefined ? [] : [{ atMs: owedAtMs, where: 'nova', what: owed }]),
    ...(toldAtMs === 0 ? [] : [said]),
  ];
}

function describe(seen: Sighting | undefined): string {
  if (seen === undefined) return '';
  const { device, ofport, linkState, detail } = seen;
  const parts = [
    device,
    ofport === undefined ? undefined : `ofport ${ofport}`,
    linkState === undefined ? undefined : `link ${linkState}`,
    detail,
  ];
  return ` (${parts.filter((part) => part !== undefined).join(', ')})`;
}

function waiting(record: Explained['record']): readonly Moment[] {
  const { place } = record ?? {};
  if (place === undefined) return [];
  const where = place.kind === 'unassigned' ? "in nobody's topic" : `in the topic of ${place.listener}`;
  return [{ where: 'northbound', what: `a report waits ${where}` }];
}

/** Whose block it is, by its entity. */
const OWNERS: Readonly<Record<string, string>> = {
  L2: 'whoever wires the port',
  DHCP: 'neutron-dhcp-agent',
};

function standing({ port }: Explained['story'], host: string | undefined): readonly Moment[] {
  if (port === undefined) return [];
  const blocks = port.blocks.map((entity) => `${entity} (${OWNERS[entity] ?? 'unknown'})`).join(', ');
  const left = blocks === '' ? 'no provisioning block is left' : `provisioning blocks of ${blocks} are left`;
  return [{ where: 'neutron', what: `${port.status}, bound to ${host ?? 'no host'}; ${left}` }];
}
