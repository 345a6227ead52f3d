import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ReportedStatus } from '../../../src/domain/report.js';
import { portIdOf } from '../../support/neutron-rows.js';
import { RECONCILE_MS, ServerBench, TAKEOVER_MS, UNREACHABLE } from './server-bench.js';
import type { RunningServer } from './server-bench.js';

const PORTS = [1, 2, 3];
const CHASSIS = ['cn1', 'cn2'];
const VERBS = [
  'receive',
  'judge',
  'acknowledge',
  'claimDebts',
  'tell',
  'recordAnswers',
  'preview',
  'takeDue',
  'adopt',
  'sweep',
];

type Step =
  | {
      readonly kind: 'say';
      readonly port: number;
      readonly chassis: string;
      readonly status: ReportedStatus;
      readonly isReplug: boolean;
    }
  | { readonly kind: 'rebind'; readonly port: number; readonly chassis: string }
  | { readonly kind: 'die'; readonly verb: string; readonly moment: 'before' | 'after' }
  | { readonly kind: 'pause'; readonly verb: string }
  | { readonly kind: 'nova'; readonly isUp: boolean }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'start' | 'stop' | 'resume' | 'lose-data' | 'roll-back' };

const anyPort = fc.constantFrom(...PORTS);
const anyChassis = fc.constantFrom(...CHASSIS);
const anyVerb = fc.constantFrom(...VERBS);
const weighted = <K extends string, T extends object>(
  weight: number,
  kind: K,
  fields: { [Field in keyof T]: fc.Arbitrary<T[Field]> },
) => ({ weight, arbitrary: fc.record({ kind: fc.constant(kind), ...fields }) });

const anyStep = fc.oneof(
  weighted(8, 'say', {
    port: anyPort,
    chassis: anyChassis,
    status: fc.constantFrom<ReportedStatus>('ACTIVE', 'ACTIVE', 'DOWN', 'ERROR'),
    isReplug: fc.boolean(),
  }),
  weighted(2, 'rebind', { port: anyPort, chassis: anyChassis }),
  weighted(4, 'die', { verb: anyVerb, moment: fc.constantFrom('before' as const, 'after' as const) }),
  weighted(2, 'pause', { verb: anyVerb }),
  weighted(2, 'nova', { isUp: fc.boolean() }),
  weighted(6, 'pass', { ms: fc.constantFrom(0, 1, 60, 1000, 4000) }),
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'start' as const,
        'stop' as const,
        'resume' as const,
        'lose-data' as const,
        'roll-back' as const,
      ),
    }),
  },
) as fc.Arbitrary<Step>;

/** What one chassis says of one port, as its switch has it. */
interface Wire {
  readonly status: ReportedStatus;
  readonly attachment: string;
  /** When this plugging was first said. */
  readonly sinceMs: number;
}

/** The cloud as the test knows it, apart from what the servers make of it. */
class World {
  readonly wires = new Map<string, Wire>();
  readonly hosts = new Map(PORTS.map((port) => [port, 'cn1']));
  readonly #accepted: { readonly port: string; readonly word: string; readonly atMs: number }[] = [];
  #ledger = new Map<string, readonly [number, number]>();
  #servers: RunningServer[] = [];
  #started = 0;
  #plugged = 0;
  #isNovaUp = true;

  private constructor(readonly bench: ServerBench) {}

  static async open(): Promise<World> {
    const world = new World(await ServerBench.open());
    for (const port of PORTS) await world.bench.plant(port);
    world.bench.nova.answer = ({ tag, name, status }) => {
      if (!world.#isNovaUp) return UNREACHABLE;
      world.#accepted.push({ port: tag, word: `${name} ${status}`, atMs: world.bench.clock.monotonicMs() });
      return { kind: 'accepted' };
    };
    await world.start();
    await world.start();
    return world;
  }

  async start(): Promise<void> {
    this.#servers.push(await this.bench.start(`server-${++this.#started}`));
  }

  async take(step: Step): Promise<void> {
    const server = this.#servers.at(-1);
    switch (step.kind) {
      case 'say':
        return this.#say(step.port, step.chassis, step.status, step.isReplug);
      case 'rebind':
        return this.#rebind(step.port, step.chassis);
      case 'die':
        server?.process.dieAt(step.verb, step.moment);
        return;
      case 'pause':
        server?.process.pauseAt(step.verb, 'before');
        return;
      case 'nova':
        this.#isNovaUp = step.isUp;
        return;
      case 'pass':
        return this.bench.pass(step.ms);
      case 'start':
        return this.start();
      case 'stop':
        this.#servers.pop()?.stop();
        return;
      case 'resume':
        for (const { process } of this.#servers) process.resume();
        return;
      case 'lose-data':
        this.bench.database.loseEverything();
        return this.#publishAll();
      case 'roll-back':
        this.bench.database.checkpoint();
        await this.bench.pass(100);
        this.bench.database.rollBack();
        return this.#publishAll();
    }
  }

  /** No ledger row ever goes back to an older report. */
  async expectOrder(): Promise<void> {
    const rows = await this.bench.rows.run('select port, chassis, epoch, revision from port_status_reports');
    const ledger = new Map(
      rows.map((row) => [
        `${String(row['port'])} ${String(row['chassis'])}`,
        [Number(row['epoch']), Number(row['revision'])] as const,
      ]),
    );
    for (const [key, [epoch, revision]] of this.#ledger) {
      const [newEpoch, newRevision] = ledger.get(key) ?? [0, 0];
      expect([key, newEpoch > epoch || (newEpoch === epoch && newRevision >= revision)]).toEqual([key, true]);
    }
    this.#ledger = ledger;
  }

  async endFaults(): Promise<void> {
    this.#isNovaUp = true;
    await this.start();
    await this.bench.pass(TAKEOVER_MS + 2 * RECONCILE_MS);
    for (const { process } of this.#servers) process.resume();
    await this.bench.pass(RECONCILE_MS);
  }

  /** Neutron shows what the bound chassis says, and Nova heard of a plugging that stands. */
  async expectConvergence(): Promise<void> {
    for (const port of PORTS) {
      const wire = this.wires.get(`${port} ${this.hosts.get(port) ?? ''}`);
      const { status, blocks } = await this.bench.port(port);
      expect([port, status]).toEqual([port, wire?.status ?? 'DOWN']);
      if (wire?.status === 'ACTIVE') {
        expect([port, blocks]).toEqual([port, '']);
        expect([port, this.#heardPlugged(port, wire.sinceMs)]).toEqual([port, true]);
      }
      if (wire?.status === 'DOWN') expect([port, blocks]).toEqual([port, 'L2']);
    }
    const owed = await this.bench.rows.run(
      'select port, chassis, owed_no, told_no, settle_at from port_status_reports where owed_no <> told_no or settle_at is not null',
    );
    expect(owed).toEqual([]);
  }

  #heardPlugged(port: number, sinceMs: number): boolean {
    return this.#accepted.some(
      ({ port: id, word, atMs }) =>
        id === portIdOf(port) && word === 'network-vif-plugged completed' && atMs >= sinceMs,
    );
  }

  async #say(port: number, chassis: string, status: ReportedStatus, isReplug: boolean): Promise<void> {
    const key = `${port} ${chassis}`;
    const before = this.wires.get(key);
    const isNew = before === undefined || isReplug;
    const attachment = isNew ? `plug-${++this.#plugged}` : before.attachment;
    const sinceMs = isNew ? this.bench.clock.monotonicMs() : before.sinceMs;
    this.wires.set(key, { status, attachment, sinceMs });
    await this.bench.say(port, status, { chassis, attachment });
  }

  /** What agents do when the northbound data is another: they say everything again, and that it was everything. */
  async #publishAll(): Promise<void> {
    for (const [key, { status, attachment }] of this.wires) {
      const [port = '', chassis = ''] = key.split(' ');
      await this.bench.say(Number(port), status, { chassis, attachment });
    }
    for (const chassis of CHASSIS) await this.bench.complete(chassis);
  }

  /** What Neutron does when a port is bound to another host, or anew to the same. */
  async #rebind(port: number, chassis: string): Promise<void> {
    const { rows } = this.bench;
    this.hosts.set(port, chassis);
    for (const table of ['ml2_port_bindings', 'ml2_port_binding_levels'])
      await rows.run(`update ${table} set host = ? where port_id = ?`, [chassis, portIdOf(port)]);
    await rows.run('insert or ignore into provisioningblocks values (?, ?)', [10_000 + port, 'L2']);
    await this.bench.change(port, { status: 'DOWN' });
    await rows.run('update standardattributes set revision_number = revision_number + 1 where id = ?', [
      10_000 + port,
    ]);
  }
}

it('ends with Neutron as the bound chassis says and Nova told, after any history of reports and faults', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 30 }), async (steps) => {
      const world = await World.open();
      for (const step of steps) {
        await world.take(step);
        await world.expectOrder();
      }
      await world.endFaults();
      await world.expectOrder();
      await world.expectConvergence();
      await world.bench.end();
    }),
    { numRuns: 60, interruptAfterTimeLimit: 15_000 },
  );
}, 60_000);
