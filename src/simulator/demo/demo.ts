import { join } from 'node:path';
import type { Northbound } from '../../northbound/northbound.js';
import type { Clock } from '../../runtime/clock.js';
import { Opened } from '../../runtime/opened.js';
import { seededRandom } from '../../runtime/random.js';
import type { Random } from '../../runtime/random.js';
import type { Sample } from '../../runtime/samples.js';
import { together } from '../../runtime/together.js';
import type { Task } from '../../runtime/together.js';
import { direct } from './director.js';
import { Killer } from './killer.js';
import { crowd, plot } from './plot.js';
import type { Scene } from './plot.js';
import { Scenes } from './scenes.js';
import { showLive } from './screen.js';
import type { Terminal } from './screen.js';
import { setStage } from './stage.js';
import type { Cast, Stage } from './stage.js';
import { StatusWatch } from './status-watch.js';
import { Story } from './story.js';
import { Tally } from './tally.js';
import type { Summary } from './tally.js';
import { Topics } from './topics.js';

export interface DemoOptions {
  readonly program: string;
  readonly environment: Cast['environment'];
  readonly onExit: Cast['onExit'];
  readonly clock: Clock;
  readonly durationMs: number;
  /** Events per second: boots, stops, reboots and migrations. */
  readonly rate: number;
  readonly seed: number;
  readonly servers: number;
  readonly chassis: number;
  /** See Cast. */
  readonly northboundUrl?: string | undefined;
  /** How often a server is killed, in milliseconds; absent: never. */
  readonly killEveryMs?: number | undefined;
  /** Takes each line of the story. */
  readonly say: (line: string) => void;
  /** Lets onlookers in, when everybody is on the stage; what it opens is added to `opened`. */
  readonly openDoor?: ((backstage: Backstage, opened: Opened) => Promise<void>) | undefined;
  /** Where a live view is shown instead of the story's lines. */
  readonly terminal?: Terminal | undefined;
}

/** What onlookers may see and do. */
export interface Backstage {
  readonly northbound: Northbound;
  /** `neutron.url` */
  readonly neutronUrl: string;
  /** What all servers have counted, a second ago at the most. */
  samples(): readonly Sample[];
  /** Kills a server that is drawn; it comes back. */
  kill(): Promise<void>;
  /** Has so many VMs boot at once, beside what happens anyway. */
  boot(count: number): void;
}

/** The number of the first VM that an onlooker had booted: the plot does not get so far. */
const FIRST_OF_CROWD = 1_000_001;

/** How many scenes pass before the next of the same VM, in seconds. */
const REST_S = 2;

/** How long reports may wait in topics when all scenes have ended: a killed server's are taken over meanwhile. */
const LAST_REPORTS_MS = 10_000;

/** How often servers are asked what they have counted, in milliseconds. */
const COUNT_EVERY_MS = 1000;

/**
 * Lets VMs boot, stop, reboot and migrate for a while and follows each one's way: plugged on the switch, written in
 * Neutron, heard by Nova.
 *
 * The agents and servers are the production ones, in processes of their own; only the switch and the cloud's HTTP
 * services are simulated. When the signal says stop, what is under way is not counted.
 */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<Summary> {
  const cast = castOf(options);
  const tally = new Tally(cast.servers);
  const story = new Story(options.terminal === undefined ? options.say : undefined);
  const quit = new AbortController();
  const either = AbortSignal.any([signal, quit.signal]);
  const counts = await inTheatre({ ...options, cast, tally, story, quit }, either);
  options.say('all processes have ended; the folder is removed');
  return tally.summary(counts, options.seed);
}

interface Play extends DemoOptions {
  readonly cast: Cast;
  readonly tally: Tally;
  readonly story: Story;
  /** Aborted by whoever has seen enough. */
  readonly quit: AbortController;
}

/** Plays on a stage that stands for so long. @returns what the servers have counted. */
async function inTheatre(play: Play, signal: AbortSignal): Promise<Stage['crew']['counts']> {
  await using opened = new Opened();
  const stage = await setStage(play.cast, opened, signal);
  await performOn(stage, play, opened, signal);
  await stage.crew.count();
  return stage.crew.counts;
}

/** Until the last scene has ended, the signal says stop, or a process ends by itself. */
async function performOn(stage: Stage, play: Play, opened: Opened, signal: AbortSignal): Promise<void> {
  const { clock, tally, story, killEveryMs, terminal, quit } = play;
  const { crew, neutron } = stage;
  const watch = new StatusWatch(neutron, clock, (change) => tally.noteChange(change));
  const topics = new Topics(stage.northbound, clock);
  const killer = new Killer(crew, topics, seededRandom(play.seed + 1), (line) => story.tell(line));
  const curtain = new AbortController();
  const playOne = playerOf(stage, play, watch);
  const crowd = new Crowd(play, playOne, AbortSignal.any([signal, curtain.signal]));
  await play.openDoor?.(backstageOf(stage, killer, crowd), opened);
  const performance: Task = async (stop) => {
    await playScenes(play, playOne, stop);
    await crowd.untilEnded();
    await topics.untilEmpty(LAST_REPORTS_MS, stop);
    watch.look();
    curtain.abort(new Error('the demo is over'));
  };
  const view = { ...play, crew, topics, killer, quit: () => quit.abort(new Error('the onlooker has left')) };
  const tasks: readonly Task[] = [
    performance,
    (stop) => watch.run(stop),
    (stop) => topics.run(stop),
    (stop) => countFromTimeToTime(stage, clock, stop),
    (stop) => failWith(crew.failed, stop),
    ...(killEveryMs === undefined ? [] : [(stop: AbortSignal) => killer.killEvery(killEveryMs, clock, stop)]),
    ...(terminal === undefined ? [] : [(stop: AbortSignal) => showLive(terminal, view, stop)]),
  ];
  await together(tasks, { signal: AbortSignal.any([signal, curtain.signal]) });
}

type PlayOne = (scene: Scene, signal: AbortSignal) => Promise<void>;

/** Plays scenes, each with its place in the tally and in the story. */
function playerOf(stage: Stage, { clock, tally, story }: Play, watch: StatusWatch): PlayOne {
  const scenes = new Scenes({ ...stage, clock, nova: stage.cloud.nova, watch, tally });
  return async (scene, signal) => {
    story.begin();
    const ending = await scenes.play(scene, signal);
    tally.noteEnding(ending);
    story.end(ending);
  };
}

function playScenes(play: Play, playOne: PlayOne, signal: AbortSignal): Promise<void> {
  const { cast, seed, rate } = play;
  const script = plot({ seed, chassis: cast.chassis, rest: Math.ceil(REST_S * rate) });
  return direct(script, play, playOne, signal);
}

/** VMs that an onlooker has booted. */
class Crowd {
  readonly #chassis: readonly string[];
  readonly #random: Random;
  readonly #playOne: PlayOne;
  readonly #signal: AbortSignal;
  readonly #boots: Promise<void>[] = [];

  constructor({ cast, seed }: Play, playOne: PlayOne, signal: AbortSignal) {
    this.#chassis = cast.chassis;
    this.#random = seededRandom(seed + 2);
    this.#playOne = playOne;
    this.#signal = signal;
  }

  boot(count: number): void {
    const first = FIRST_OF_CROWD + this.#boots.length;
    for (const scene of crowd({ first, count, chassis: this.#chassis }, this.#random)) {
      const boot = this.#playOne(scene, this.#signal);
      boot.catch(() => undefined); // whoever waits for the end hears of it
      this.#boots.push(boot);
    }
  }

  async untilEnded(): Promise<void> {
    await Promise.all(this.#boots);
  }
}

function backstageOf({ northbound, folder, crew }: Stage, killer: Killer, crowd: Crowd): Backstage {
  return {
    northbound,
    neutronUrl: `sqlite:${join(folder, 'neutron.db')}`,
    samples: () => crew.samples,
    kill: () => killer.killOne(),
    boot: (count) => crowd.boot(count),
  };
}

async function countFromTimeToTime({ crew }: Stage, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(COUNT_EVERY_MS, { signal });
    await crew.count();
  }
}

/** Throws the reason of `failed` when it is aborted before the signal. */
async function failWith(failed: AbortSignal, signal: AbortSignal): Promise<void> {
  const either = AbortSignal.any([failed, signal]);
  if (!either.aborted) {
    await new Promise((resolve) => either.addEventListener('abort', resolve, { once: true }));
  }
  if (!signal.aborted) failed.throwIfAborted();
}

function castOf(options: DemoOptions): Cast {
  return {
    ...options,
    random: seededRandom(options.seed),
    servers: namesFrom('A', options.servers),
    chassis: namesFrom('X', options.chassis),
  };
}

/** A, B, C … or X, Y, Z and then X4 …: the blueprint's own names. */
function namesFrom(first: 'A' | 'X', count: number): readonly string[] {
  const letters = first === 'A' ? 'ABCDEFGHIJKLMNOPQRSTUVW' : 'XYZ';
  return Array.from({ length: count }, (_, index) => letters[index] ?? `${first}${index + 1}`);
}
