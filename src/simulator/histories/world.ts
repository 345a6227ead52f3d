import type { Answer, ExternalEvent } from '../../domain/debt.js';
import type { SqlStore } from '../../neutron/sql/dialect.js';
import { VirtualClock } from '../../runtime/virtual-clock.js';
import { openTables, rowsOf, Rig, TAKEOVER_MS, TTL_MS, UNREACHABLE } from './rig.js';
import { createMetrics } from '../../runtime/metrics.js';
import type { Metrics } from '../../runtime/metrics.js';
import type { AgentStep } from './agents.js';
import { Chassis } from './chassis.js';
import type { NodeStep } from './chassis.js';
import type { Tally } from './crash-table.js';
import type { History } from './history.js';
import { Journal, keepJournal, readTables, startAnew } from './journal.js';
import { NeutronApi } from './neutron-api.js';
import type { NeutronStep } from './neutron-api.js';
import { makeRoomForSave, NeutronSave } from './neutron-save.js';
import { portIdOf } from './port-ids.js';
import { RECONCILE_MS, Servers } from './servers.js';
import type { ServerStep } from './servers.js';
import { misplaced } from './watched.js';

export const PORTS = [1, 2] as const;
export const CHASSIS = ['cn1', 'cn2'] as const;

/** How Nova answers; `deaf`: it hears, and its answer is lost; `slow`: it answers after 4 s. */
export type Mood = 'well' | 'down' | 'deaf' | 'slow' | 400 | 404 | 422;

/** What happens to what is around. */
export type CloudStep =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'nova'; readonly mood: Mood }
  /** Nova does not answer for an hour. */
  | { readonly kind: 'nova-hour' }
  /** The clock of everybody is set. */
  | { readonly kind: 'clock'; readonly by: number }
  /** An operator pauses and resumes the writing. */
  | { readonly kind: 'pause-writing' | 'resume-writing' }
  /** Neutron's database is copied to its replica, and fails over to that. */
  | { readonly kind: 'copy-neutron' | 'fail-neutron-over' }
  /** To the northbound data. */
  | { readonly kind: 'lose-data' | 'checkpoint' | 'roll-back' };

/** One thing that happens, and where. */
export type Step =
  | readonly ['node', NodeStep]
  | readonly ['agent', AgentStep]
  | readonly ['neutron', NeutronStep]
  | readonly ['server', ServerStep]
  | readonly ['cloud', CloudStep];

const HOUR_MS = 3_600_000;
/** Long after a report was acknowledged, for the crash table. */
const LONG_MS = 5000;

/** In which a server that stood still finds out that it is no longer registered, and joins again. */
const REJOIN_MS = 1000;

/** Neutron's tables, in which one history is played after the other: making them takes as long as playing one. */
export class Stage {
  #clock = new VirtualClock();
  #store: SqlStore | undefined;
  #world: World | undefined;
  readonly #metrics = createMetrics();

  /** A world in which two ports were made and two servers started, and no more. The one before has ended. */
  async play(tally: Tally): Promise<World> {
    await this.#world?.stop();
    this.#clock = new VirtualClock();
    this.#store ??= await this.#open();
    await startAnew(rowsOf(this.#store.db));
    this.#world = await World.open(new Rig(this.#clock, this.#store, this.#metrics), this.#metrics, tally);
    return this.#world;
  }

  async close(): Promise<void> {
    await this.#world?.stop();
    await this.#store?.db.destroy();
  }

  /** Its clock is that of the history that is played now. */
  async #open(): Promise<SqlStore> {
    const store = await openTables({
      now: () => this.#clock.now(),
      monotonicMs: () => this.#clock.monotonicMs(),
      sleep: (ms, options) => this.#clock.sleep(ms, options),
      turn: () => this.#clock.turn(),
    });
    await keepJournal(rowsOf(store.db));
    await makeRoomForSave(rowsOf(store.db));
    return store;
  }
}

/** A server that waits for Nova's answer, by its registration. */
interface Teller {
  readonly server: string;
  readonly generation: string;
}

/** A cloud: compute nodes, Neutron, Nova, the servers between them, and all that goes wrong. */
export class World {
  readonly #rig: Rig;
  readonly #journal: Journal;
  readonly #neutron: NeutronApi;
  readonly #save: NeutronSave;
  readonly #chassis: ReadonlyMap<string, Chassis>;
  readonly #servers: Servers;
  readonly #tally: Tally;
  /** Who is telling Nova of a port now. */
  readonly #telling = new Map<string, Set<Teller>>();
  /** Registrations that came back with the data of a lost incarnation: they are nobody's any more. */
  readonly #cameBack = new Set<string>();
  readonly #alarms = new Set<string>();
  #mood: Mood = 'well';

  private constructor(rig: Rig, metrics: Metrics, tally: Tally) {
    const journal = new Journal(rig.rows);
    const neutron = new NeutronApi(rig, journal);
    const deviceOf = (port: number): Promise<string | undefined> => neutron.deviceOf(port);
    this.#rig = rig;
    this.#journal = journal;
    this.#neutron = neutron;
    this.#save = new NeutronSave(rig, journal);
    const parts = { rig, journal, tally, metrics, deviceOf };
    this.#tally = tally;
    this.#chassis = new Map(CHASSIS.map((name) => [name, new Chassis(name, parts)]));
    this.#servers = new Servers(rig, { journal, tally, alarm: (what) => this.#alarm(what) });
    rig.nova.answer = (event, server, generation = '') => this.#hear(event, { server, generation });
  }

  static async open(rig: Rig, metrics: Metrics, tally: Tally): Promise<World> {
    const world = new World(rig, metrics, tally);
    for (const port of PORTS)
      await world.#neutron.take({ kind: 'create', port, chassis: 'cn1', like: 'vm', dhcp: false });
    await world.#servers.start();
    await world.#servers.start();
    for (const { agents } of world.#chassis.values()) agents.start();
    return world;
  }

  /** Lets one thing happen; what follows from it goes on while the next happens, until time passes. */
  async take(step: Step): Promise<void> {
    await this.#take(step);
    for (const what of misplaced(this.#rig.database)) this.#alarm(what);
  }

  async #take(step: Step): Promise<void> {
    switch (step[0]) {
      case 'node':
        return this.#chassis.get(step[1].chassis)?.take(step[1]);
      case 'agent':
        this.#chassis.get(step[1].chassis)?.agents.take(step[1]);
        return;
      case 'neutron':
        this.#noteChange(step[1]);
        return this.#neutron.take(step[1]);
      case 'server':
        return this.#servers.take(step[1]);
      case 'cloud':
        return this.#change(step[1]);
    }
  }

  /** Ends all faults, gives the servers the time in which they have to have done everything, and looks at what is there. */
  async end(): Promise<History> {
    await this.#endFaults();
    await this.#rig.pass(TAKEOVER_MS + RECONCILE_MS);
    this.#servers.resumeAll();
    await this.#rig.pass(REJOIN_MS + RECONCILE_MS);
    await this.#journal.catchUp();
    const quietFrom = this.#journal.entries.length;
    await this.#rig.pass(RECONCILE_MS);
    await this.#journal.catchUp();
    const tables = await readTables(this.#rig.rows);
    const pending = this.#pending();
    const chassis = [...this.#chassis.values()];
    return {
      entries: this.#journal.entries,
      quietFrom,
      ...tables,
      now: this.#rig.clock.now(),
      wires: chassis.flatMap(({ wires }) => wires),
      pending,
      deaths: [...this.#servers.deaths, ...chassis.flatMap(({ agents }) => agents.deaths)],
      alarms: [...this.#alarms],
    };
  }

  /** Ends whatever still runs. */
  async stop(): Promise<void> {
    for (const { agents } of this.#chassis.values()) agents.stop();
    await this.#rig.stopAll();
  }

  async #endFaults(): Promise<void> {
    this.#mood = 'well';
    await this.#rig.neutron.setPaused(false);
    this.#servers.restoreAll();
    for (const port of PORTS) await this.#neutron.take({ kind: 'endDhcp', port });
    for (const chassis of this.#chassis.values()) chassis.heal();
    await this.#servers.start();
  }

  async #change(step: CloudStep): Promise<void> {
    const { clock, database, neutron } = this.#rig;
    switch (step.kind) {
      case 'pass':
        return this.#rig.pass(step.ms);
      case 'nova':
        this.#mood = step.mood;
        return;
      case 'nova-hour':
        this.#mood = 'down';
        this.#tally.hit('Nova down for an hour');
        return this.#rig.pass(HOUR_MS);
      case 'clock':
        clock.step(step.by);
        return;
      case 'pause-writing':
        return neutron.setPaused(true);
      case 'resume-writing':
        return neutron.setPaused(false);
      case 'copy-neutron':
        return this.#save.save();
      case 'fail-neutron-over':
        return this.#failNeutronOver();
      case 'lose-data':
        this.#noteLoss();
        database.loseEverything();
        return;
      case 'checkpoint':
        database.checkpoint();
        return;
      case 'roll-back':
        this.#noteLoss();
        database.rollBack();
        for (const { generation } of database.state.listeners.values()) this.#cameBack.add(generation);
    }
  }

  /** What was claimed meanwhile is anybody's: who tells of it already is not to be held against who tells of it next. */
  async #failNeutronOver(): Promise<void> {
    if (!(await this.#save.restore())) return;
    this.#tally.hit("Neutron's database loses the last second");
    this.#telling.clear();
  }

  #alarm(what: string): void {
    this.#alarms.add(what);
  }

  #noteLoss(): void {
    const { chassis } = this.#rig.database.state;
    if ([...chassis.values()].some(({ reports }) => reports.size > 0))
      this.#tally.hit('northbound database loses the last second, or all');
  }

  #noteChange({ port }: NeutronStep): void {
    const { database, clock } = this.#rig;
    const records = [...database.state.chassis.values()].flatMap(
      ({ reports }) => reports.get(portIdOf(port)) ?? [],
    );
    if (
      records.some(
        ({ place, publishedAt }) => place === undefined && clock.monotonicMs() - publishedAt > LONG_MS,
      )
    )
      this.#tally.hit('Neutron changes a port long after its report was acknowledged');
  }

  async #hear(event: ExternalEvent, teller: Teller): Promise<Answer> {
    const tellers = this.#telling.get(event.tag) ?? new Set();
    this.#telling.set(event.tag, tellers.add(teller));
    const live = new Map<string, string>();
    for (const one of tellers) if (this.#isLive(one)) live.set(one.generation, one.server);
    if (live.size > 1)
      this.#alarm(`${[...live.values()].join(' and ')} tell Nova of ${event.tag} at the same time`);
    try {
      return await this.#answer(event);
    } finally {
      tellers.delete(teller);
    }
  }

  #isLive({ server, generation }: Teller): boolean {
    const { database } = this.#rig;
    const listener = database.state.listeners.get(server);
    if (listener?.generation !== generation || this.#cameBack.has(generation)) return false;
    return !listener.fenced && database.now() - listener.timestamp < TTL_MS;
  }

  async #answer({ tag, server_uuid, name, status }: ExternalEvent): Promise<Answer> {
    const mood = this.#mood;
    const word = status === 'failed' ? 'failed' : name === 'network-vif-plugged' ? 'plugged' : 'unplugged';
    const isHeard = mood === 'well' || mood === 'deaf' || mood === 'slow';
    const code = typeof mood === 'number' ? mood : undefined;
    await this.#journal.note({ kind: 'told', port: tag, device: server_uuid, word, isHeard, code });
    if (code !== undefined) return { kind: 'rejected', code };
    if (mood === 'slow') await this.#rig.clock.sleep(4000);
    return mood === 'well' || mood === 'slow' ? { kind: 'accepted' } : UNREACHABLE;
  }

  #pending(): readonly string[] {
    const chassis = [...this.#rig.database.state.chassis.values()];
    return chassis
      .flatMap(({ reports }) => [...reports.values()])
      .filter(({ place }) => place !== undefined)
      .map(({ envelope, place }) => `${envelope.portId} of ${envelope.chassis} in ${place ?? ''}`);
  }
}
