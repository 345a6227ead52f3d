import { chassisStateOf, AGENT_SILENT_MS } from '../domain/chassis-silence.js';
import { activeBinding, isComputePort } from '../domain/neutron-port.js';
import type { Report } from '../domain/report.js';
import { stageOf } from '../domain/stage.js';
import type { PortFacts, Stage } from '../domain/stage.js';
import { decodeReport, NEWEST_VERSION } from '../domain/wire.js';
import type { Neutron } from '../neutron/neutron.js';
import type { PortStory } from '../neutron/story.js';
import type { ChassisView, ListenerView, Northbound, StoredReport } from '../northbound/northbound.js';

/** Where everything is asked. */
export interface PortSources {
  readonly neutron: Neutron;
  readonly northbound: Northbound;
  readonly heartbeatMs: number;
  /** How long Nova waits for a port, from its last change in Neutron. */
  readonly novaWaitsMs: number;
}

/** All that is known of one port, and what follows. */
export interface Explained {
  readonly story: PortStory;
  /** The host of its active binding. */
  readonly host: string | undefined;
  /** The record that the northbound database has of it on that host. */
  readonly record: StoredReport | undefined;
  /** What that says, where it can be read. */
  readonly report: Report | undefined;
  readonly stage: Stage;
  /** Until Nova gives the port up; absent where Nova does not wait for it. */
  readonly leftMs: number | undefined;
}

/** What is there beside the port. */
interface Surroundings {
  readonly incarnation: string;
  readonly listeners: readonly ListenerView[];
  readonly isPaused: boolean;
  readonly heartbeatMs: number;
}

/** Explains ports: each by what was told of it, and by what the northbound database has. */
export async function explainPorts(
  { neutron, northbound, heartbeatMs, novaWaitsMs }: PortSources,
  stories: readonly PortStory[],
): Promise<readonly Explained[]> {
  const surroundings = {
    incarnation: await northbound.incarnation(),
    listeners: await northbound.listeners(),
    isPaused: await neutron.isPaused(),
    heartbeatMs,
  };
  const hosts = stories.map(hostOf);
  const named = hosts.filter((host) => host !== undefined);
  const views = named.length === 0 ? [] : await northbound.chassis(named);
  const keys = stories.flatMap(({ portId }, index) => {
    const chassis = hosts[index];
    return chassis === undefined ? [] : [{ portId, chassis }];
  });
  const records = keys.length === 0 ? [] : await northbound.lookUp(keys);
  return stories.map((story, index) => {
    const host = hosts[index];
    const view = views.find(({ chassis }) => chassis === host);
    const record = records.find((one) => one.portId === story.portId && one.chassis === host);
    const report = record === undefined ? undefined : reportOf(record);
    const stage = stageOf(factsOf(story, { host, view, record, report }, surroundings));
    return { story, host, record, report, stage, leftMs: leftMsOf(story, host, novaWaitsMs) };
  });
}

function hostOf({ port }: PortStory): string | undefined {
  const host = port === undefined ? undefined : activeBinding(port)?.host;
  return host === '' ? undefined : host;
}

/** As `Neutron.awaited` finds such ports. */
function leftMsOf({ port }: PortStory, host: string | undefined, novaWaitsMs: number): number | undefined {
  if (port === undefined || host === undefined || !isComputePort(port)) return undefined;
  const isAwaited = port.status !== 'ACTIVE' && port.blocks.length > 0 && port.ageMs < novaWaitsMs;
  return isAwaited ? novaWaitsMs - port.ageMs : undefined;
}

function factsOf(
  { port, chapters, quarantined }: PortStory,
  bound: {
    readonly host: string | undefined;
    readonly view: ChassisView | undefined;
    readonly record: StoredReport | undefined;
    readonly report: Report | undefined;
  },
  { incarnation, listeners, isPaused, heartbeatMs }: Surroundings,
): PortFacts {
  const { host, view, record, report } = bound;
  const chapter = chapters.find(({ chassis }) => chassis === host);
  return {
    port,
    chassis: view && {
      isSilent: chassisStateOf(view.ageMs, { heartbeatMs, lapsedAfterMs: AGENT_SILENT_MS }) !== 'live',
      isComplete: view.complete?.incarnation === incarnation,
      isHolding: view.hold !== undefined,
    },
    said: report ?? chapter, // the northbound database is ahead of the ledger; it collects what is DOWN
    pending: pendingAt(record, listeners),
    isAnyServerLive: listeners.some(({ state }) => state === 'live' || state === 'late'),
    isPaused,
    isQuarantined: quarantined.some(({ chassis }) => chassis === host),
    isUpElsewhere: chapters.some(({ chassis, status }) => chassis !== host && status === 'ACTIVE'),
    judged: chapter,
  };
}

function reportOf(record: StoredReport): Report | undefined {
  const decoded = decodeReport(record, NEWEST_VERSION);
  return decoded.kind === 'report' ? decoded.report : undefined;
}

function pendingAt(
  record: StoredReport | undefined,
  listeners: readonly ListenerView[],
): PortFacts['pending'] {
  const { place } = record ?? {};
  if (place === undefined) return undefined;
  if (place.kind === 'unassigned') return 'unassigned';
  const listener = listeners.find(({ id }) => id === place.listener);
  return listener === undefined || listener.state === 'lapsed' ? 'lapsed' : 'live';
}
