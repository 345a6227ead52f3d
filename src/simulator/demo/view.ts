import { isLost } from './tally.js';
import type { Ending, Percentiles, ServerCounts } from './tally.js';
import type { SceneKind } from './plot.js';

/**
 * What a server is doing.
 *
 * - `starting`: its process runs, and it is not registered yet.
 * - `dead`: killed, and its registration stands: reports may wait in its topic.
 * - `taken over`: killed, and others have its topic's reports.
 */
export type ServerState = 'starting' | 'live' | 'late' | 'dead' | 'taken over';

export interface ServerPicture {
  readonly name: string;
  readonly state: ServerState;
  /** Boots that it wrote. */
  readonly boots: number;
  /** Reports pending in its topic; absent where it has none. */
  readonly backlog?: number | undefined;
}

/** All that the live view shows, at one moment. */
export interface Picture {
  readonly elapsedMs: number;
  readonly durationMs: number;
  readonly underWay: number;
  readonly servers: readonly ServerPicture[];
  readonly kinds: Readonly<Record<SceneKind, number>>;
  readonly counts: ServerCounts & { readonly lost: number; readonly appliedTwice: number };
  readonly latency: { readonly neutron: Percentiles; readonly nova: Percentiles };
  /** The newest lines of the story, the newest last. */
  readonly story: readonly string[];
}

const BAR = 24;

/** The live view's lines, none wider than the terminal. Pure. */
export function draw(
  picture: Picture,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly string[] {
  const { servers, latency } = picture;
  const total = servers.reduce((sum, { boots }) => sum + boots, 0);
  const head = [
    titleOf(picture),
    '',
    ...servers.map((server) => serverLine(server, total)),
    '',
    `plug → ACTIVE in Neutron   ${describe(latency.neutron)}`,
    `plug → Nova has heard      ${describe(latency.nova)}`,
    countsOf(picture),
    '',
  ];
  const foot = ['', 'k: kill a server   q: quit'];
  const room = Math.max(0, rows - 1 - head.length - foot.length);
  const story = room === 0 ? [] : picture.story.slice(-room);
  return [...head, ...story, ...foot].slice(0, rows - 1).map((line) => line.slice(0, columns - 1));
}

function titleOf({ elapsedMs, durationMs, underWay }: Picture): string {
  const [elapsed, all] = [elapsedMs, durationMs].map((ms) => Math.floor(ms / 1000));
  const time = elapsedMs < durationMs ? `${elapsed} of ${all} s` : 'waiting for what is under way';
  return `Port Status Sync   ${time}   under way: ${underWay}`;
}

function serverLine({ name, state, boots, backlog }: ServerPicture, total: number): string {
  const share = total === 0 ? 0 : boots / total;
  const bar = '█'.repeat(Math.round(share * BAR)).padEnd(BAR, '·');
  const topic = backlog === undefined ? 'no topic' : `topic: ${backlog} waiting`;
  return `server ${name.padEnd(3)} ${state.padEnd(10)} ${bar} ${percent(share)} ${String(boots).padStart(6)} boots   ${topic}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`.padStart(5);
}

function describe({ p50Ms, p99Ms }: Percentiles): string {
  return `median ${format(p50Ms)}   p99 ${format(p99Ms)}`;
}

function format(ms: number | null): string {
  return ms === null ? '-'.padStart(9) : `${ms.toFixed(1)} ms`.padStart(9);
}

function countsOf({ kinds, counts }: Picture): string {
  const done = `boots ${kinds.boot}  reboots ${kinds.reboot}  migrations ${kinds.migrate}  stops ${kinds.stop}`;
  return `${done}   lost ${counts.lost}  applied twice ${counts.appliedTwice}  takeovers ${counts.takeovers}`;
}

/** What happened to one VM, in a line. */
export function tell(ending: Ending): string {
  const lost = isLost(ending) ? ' LOST' : '';
  return `VM ${ending.vm} on ${ending.chassis}: ${wayOf(ending)}${lost}`;
}

function wayOf(ending: Ending): string {
  switch (ending.kind) {
    case 'boot':
      return `plugged in → ${written(ending, 'ACTIVE')} → ${heard(ending, 'booted')}`;
    case 'stop':
      return `unplugged → ${written(ending, 'DOWN')}`;
    case 'reboot':
      return `unplugged and plugged → ${heard(ending, 'rebooted')}`;
    case 'migrate':
      return `plugged on ${ending.target ?? '?'} → ${heard(ending, 'moved the binding')} → ${written(ending, 'ACTIVE')}`;
  }
}

function written({ isWritten, server, writtenMs }: Ending, status: string): string {
  if (!isWritten) return `not ${status} in Neutron`;
  return `${status} by ${server ?? '?'} after ${Math.round(writtenMs ?? 0)} ms`;
}

function heard({ pluggedMs }: Ending, deed: string): string {
  return pluggedMs === undefined ? 'Nova heard nothing' : `Nova ${deed} after ${Math.round(pluggedMs)} ms`;
}
