import type { Clock } from '../../runtime/clock.js';
import { seededRandom } from '../../runtime/random.js';
import type { Random } from '../../runtime/random.js';
import { isStop, together } from '../../runtime/together.js';
import type { BootOutcome } from '../cloud/boots.js';
import { setStage } from './stage.js';
import type { Cast, Stage } from './stage.js';
import { summarize } from './summary.js';
import type { BootStory, Summary } from './summary.js';

export interface DemoOptions {
  readonly program: string;
  readonly environment: Cast['environment'];
  readonly clock: Clock;
  readonly durationMs: number;
  /** Boots per second. */
  readonly rate: number;
  readonly seed: number;
  readonly servers: number;
  readonly chassis: number;
  /** Takes each line of the story. */
  readonly say: (line: string) => void;
}

/** How long the boots that are under way at the end may take. */
const LAST_BOOTS_MS = 20_000;

/**
 * Boots VMs for a while and tells each one's way: plugged on the switch, ACTIVE in Neutron, heard by Nova.
 *
 * The agents and servers are the production ones, in processes of their own; only the switch and the cloud's HTTP
 * services are simulated.
 */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<Summary> {
  const random = seededRandom(options.seed);
  const cast: Cast = {
    ...options,
    random,
    servers: namesFrom('A', options.servers),
    chassis: namesFrom('X', options.chassis),
  };
  const stage = await setStage(cast);
  options.say(
    `playing in ${stage.folder}: servers ${cast.servers.join(', ')}; compute nodes ${cast.chassis.join(', ')}`,
  );
  const stories: BootStory[] = [];
  try {
    await play({ ...options, stage, cast, random, stories }, signal);
  } finally {
    await stage.close();
    options.say('all processes have ended; the folder is removed');
  }
  return summarize(stories, cast.servers, options.seed);
}

interface Play extends DemoOptions {
  readonly stage: Stage;
  readonly cast: Cast;
  readonly random: Random;
  readonly stories: BootStory[];
}

/** Boots until the time is up or the signal says stop, while every process lives; then waits for the last boots. */
async function play(play: Play, signal: AbortSignal): Promise<void> {
  const curtain = new AbortController();
  const watchers = play.stage.processes.map((process) => (stop: AbortSignal) => process.watch(stop));
  const boots = async (stop: AbortSignal): Promise<void> => {
    await bootForAWhile(play, stop);
    curtain.abort(new Error('the demo is over'));
  };
  await together([...watchers, boots], { signal: AbortSignal.any([signal, curtain.signal]) });
}

async function bootForAWhile(play: Play, signal: AbortSignal): Promise<void> {
  const { clock, durationMs, rate } = play;
  const startMs = clock.monotonicMs();
  const running: Promise<void>[] = [];
  try {
    for (let n = 1; clock.monotonicMs() - startMs < durationMs; n++) {
      running.push(bootOne(play, n));
      await clock.sleep(Math.max(0, startMs + (n * 1000) / rate - clock.monotonicMs()), { signal });
    }
  } catch (error) {
    if (!isStop(error, signal)) throw error;
  }
  await Promise.all(running);
}

/** One VM: Nova and Neutron prepare it, the switch plugs it in; then its boot waits for the word. */
async function bootOne({ stage, cast, random, clock, stories, say }: Play, number: number): Promise<void> {
  const host = cast.chassis[number % cast.chassis.length] ?? '';
  const [portId, serverId] = [uuid(random), uuid(random)];
  stage.neutron.createPort({ portId, serverId, host });
  const boot = stage.cloud.nova.boot({ serverId, portId, deadlineMs: LAST_BOOTS_MS });
  const pluggedAt = clock.now();
  stage.switches.get(host)?.plug({
    portId,
    status: 'ACTIVE',
    attachment: uuid(random),
    instance: serverId,
    seen: { device: `tap${portId.slice(0, 11)}`, ofport: number },
  });
  const outcome = await boot.done;
  const port = stage.neutron.port(portId);
  const activeMs = port?.appliedAt == null ? undefined : Math.max(0, port.appliedAt - pluggedAt);
  const story: BootStory = {
    isActive: port?.status === 'ACTIVE',
    isPlugged: outcome === 'booted',
    server: port?.server,
    waitedMs: boot.waitedMs,
  };
  stories.push(story);
  say(tell(number, host, outcome, story, activeMs));
}

function tell(
  number: number,
  host: string,
  outcome: BootOutcome,
  story: BootStory,
  activeMs?: number,
): string {
  const active = story.isActive
    ? `ACTIVE by ${story.server ?? '?'} after ${Math.round(activeMs ?? 0)} ms`
    : 'not ACTIVE in Neutron';
  return `VM ${number} on ${host}: plugged in → ${active} → Nova ${outcome} after ${Math.round(story.waitedMs)} ms`;
}

/** A, B, C … or X, Y, Z and then X4 …: the blueprint's own names. */
function namesFrom(first: 'A' | 'X', count: number): readonly string[] {
  const letters = first === 'A' ? 'ABCDEFGHIJKLMNOPQRSTUVW' : 'XYZ';
  return Array.from({ length: count }, (_, index) => letters[index] ?? `${first}${index + 1}`);
}

function uuid(random: Random): string {
  const id = random.id();
  return [id.slice(0, 8), id.slice(8, 12), `4${id.slice(13, 16)}`, `8${id.slice(17, 20)}`, id.slice(20)].join(
    '-',
  );
}
