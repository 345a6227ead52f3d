import { ATTACHMENT_LENGTH, MOST_ENTRIES } from '../domain/history.js';
import type { HistoryEntry } from '../domain/history.js';
import { L2_BLOCK } from '../domain/neutron-port.js';
import type { Report, Sighting } from '../domain/report.js';
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
export function timelineOf({ story, host, record, report }: Explained): readonly Moment[] {
  const past = [
    ...story.chapters.flatMap(earlierOf).sort(byTime).slice(-MOST_ENTRIES),
    ...story.chapters.flatMap(momentsOf),
    ...story.quarantined.map(({ atMs, reason }) => ({
      atMs,
      where: 'ledger',
      what: `put into quarantine: ${reason}`,
    })),
    ...waiting(record, report, story.chapters),
  ].sort(byTime);
  return [...past, ...standing(story, host)];
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
  const { chassis, observedAtMs, server, verdict, reason, judgedAtMs } = chapter;
  return [
    { atMs: observedAtMs, where: chassis, what: describeReport(chapter) },
    { atMs: judgedAtMs, where: server, what: `judged ${verdict} (${reason})` },
    ...written(chapter),
    ...telling(chapter),
  ];
}

function written({ server, effects, appliedAtMs }: Chapter): readonly Past[] {
  return appliedAtMs === undefined ? [] : [{ atMs: appliedAtMs, where: server, what: `wrote ${effects}` }];
}

function telling({ chassis, word, isOwed, owedAtMs, attempts, toldAtMs, ...told }: Chapter): readonly Past[] {
  const { toldWord, toldResult, toldCode, toldDetail } = told;
  const why = toldCode === undefined ? (toldDetail ?? '') : `HTTP ${toldCode}`;
  const said = {
    atMs: toldAtMs,
    where: 'nova',
    what: `of ${chassis}: "${toldWord}": ${toldResult} ${why}`.trimEnd(),
  };
  const owed = isOwed ? `owed "${word ?? '-'}", said ${times(attempts)}` : `was owed "${word ?? '-'}"`;
  return [
    ...(owedAtMs === undefined ? [] : [{ atMs: owedAtMs, where: 'nova', what: `of ${chassis}: ${owed}` }]),
    ...(toldAtMs === 0 ? [] : [said]),
  ];
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function describeReport({
  status,
  seen,
  revision,
  attachment,
}: Pick<Report, 'status' | 'seen' | 'revision' | 'attachment'>): string {
  const plugging = attachment.slice(0, ATTACHMENT_LENGTH);
  return `the switch showed ${status}${describe(seen)}: revision ${revision}, attachment ${plugging}`;
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

/** The report that is pending, which the ledger does not have yet. */
function waiting(
  record: Explained['record'],
  report: Explained['report'],
  chapters: readonly Chapter[],
): readonly Past[] {
  const { place, pendingSinceMs = 0 } = record ?? {};
  if (place === undefined) return [];
  const topic = place.kind === 'unassigned' ? "nobody's topic" : `the topic of ${place.listener}`;
  const since = { atMs: pendingSinceMs, where: 'northbound', what: `a report waits in ${topic} since then` };
  const isKnown = chapters.some(({ chassis, revision }) => {
    return chassis === report?.chassis && revision >= report.revision;
  });
  if (report === undefined || isKnown) return [since];
  return [{ atMs: report.observedAt, where: report.chassis, what: describeReport(report) }, since];
}

/** Whose a provisioning block is, by its entity. */
function ownerOf(entity: string, chapters: readonly Chapter[]): string {
  if (entity === 'DHCP') return 'neutron-dhcp-agent';
  if (entity !== L2_BLOCK) return 'unknown';
  const isOurs = chapters.some(({ hasOurBlock }) => hasOurBlock);
  return `whoever wires the port: ${isOurs ? 'a server of ours' : 'Neutron'} wrote it`;
}

function standing({ port, chapters }: Explained['story'], host: string | undefined): readonly Moment[] {
  if (port === undefined) return [];
  const blocks = port.blocks.map((entity) => `${entity} (${ownerOf(entity, chapters)})`).join(', ');
  const left = blocks === '' ? 'no provisioning block is left' : `provisioning blocks of ${blocks} are left`;
  return [{ where: 'neutron', what: `${port.status}, bound to ${host ?? 'no host'}; ${left}` }];
}
