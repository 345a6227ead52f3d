import { describe, expect, it } from 'vitest';
import { ChassisBench } from './chassis-bench.js';
import { RECONCILE_MS, TAKEOVER_MS } from '../../../src/simulator/histories/rig.js';
import { openBench } from './server-bench.js';
import type { RunningServer } from '../../../src/simulator/histories/rig.js';
import type { ServerBench } from './server-bench.js';

/** A program of the release before reads and writes version 1, one of this release 1 and 2. */
const RELEASES = { before: 1, this: 2 } as const;
type Release = keyof typeof RELEASES;

const HEARTBEAT_MS = 1000;

async function versionOf(bench: ServerBench, number: number): Promise<number | undefined> {
  return (await bench.record(number))?.version;
}

describe.each<{ agent: Release; server: Release; version: number }>([
  { agent: 'before', server: 'before', version: 1 },
  { agent: 'before', server: 'this', version: 1 },
  { agent: 'this', server: 'before', version: 1 },
  { agent: 'this', server: 'this', version: 2 },
])('an agent of the release $agent and a server of the release $server', ({ agent, server, version }) => {
  it(`work together in wire version ${version}`, async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A', { wireGreatest: RELEASES[server] });
    const chassis = new ChassisBench(bench);
    chassis.plug(1);
    await chassis.start({ wireGreatest: RELEASES[agent] });
    await bench.pass(10);
    expect(await versionOf(bench, 1)).toBe(version);
    expect(await bench.status(1)).toBe('ACTIVE');
    chassis.unplug(1);
    await bench.pass(10);
    expect(await bench.status(1)).toBe('DOWN');
    expect(bench.nova.wordsOf(1)).toEqual(['plugged', 'unplugged']);
  });
});

describe('a server that does not read what an agent wrote', () => {
  it('leaves it pending until it ends, for one that reads it', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.plant(2);
    const chassis = new ChassisBench(bench);
    chassis.plug(1);
    await chassis.start();
    await chassis.stop();
    expect((await bench.record(1))?.place).toEqual({ kind: 'unassigned' });
    const old = await bench.start('A', { wireGreatest: RELEASES.before });
    await bench.say(2, 'ACTIVE', { chassis: 'cn2' });
    await bench.pass(RECONCILE_MS);
    expect((await bench.record(1))?.place).toEqual({ kind: 'topic', listener: 'A' });
    expect(await bench.status(1)).toBe('DOWN');
    expect((await bench.record(2, 'cn2'))?.place).toBeUndefined();
    await bench.start('B');
    old.stop();
    await bench.pass(TAKEOVER_MS);
    expect(await bench.status(1)).toBe('ACTIVE');
  });

  it('has it said again by an agent that lives', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const chassis = new ChassisBench(bench);
    chassis.plug(1);
    await chassis.start();
    expect(await versionOf(bench, 1)).toBe(2);
    await bench.start('A', { wireGreatest: RELEASES.before });
    await bench.pass(2 * HEARTBEAT_MS);
    expect(await versionOf(bench, 1)).toBe(1);
    expect(await bench.status(1)).toBe('ACTIVE');
  });
});

type Program = 'A' | 'B' | 'cn1' | 'cn2';

const HOSTS = ['cn1', 'cn2'] as const;
const PORTS = { cn1: [1, 2, 3, 4, 5, 6], cn2: [11, 12, 13, 14, 15, 16] } as const;

/** Two servers and two compute nodes, on which ports are plugged and unplugged while programs are replaced. */
class Cloud {
  readonly #bench: ServerBench;
  readonly #servers = new Map<Program, RunningServer>();
  readonly #nodes: Readonly<Record<(typeof HOSTS)[number], ChassisBench>>;
  #flips = 0;

  constructor(bench: ServerBench) {
    this.#bench = bench;
    this.#nodes = { cn1: new ChassisBench(bench, 'cn1'), cn2: new ChassisBench(bench, 'cn2') };
  }

  async plant(): Promise<void> {
    for (const host of HOSTS) for (const number of PORTS[host]) await this.#bench.plant(number, { host });
  }

  async start(program: Program, release: Release): Promise<void> {
    const options = { wireGreatest: RELEASES[release] };
    if (program === 'A' || program === 'B')
      this.#servers.set(program, await this.#bench.start(program, options));
    else await this.#nodes[program].start(options);
  }

  /** Stops one program and starts another release of it, while ports change before, between and after. */
  async replace(program: Program, release: Release): Promise<void> {
    this.#flip();
    if (program === 'A' || program === 'B') this.#servers.get(program)?.stop();
    else await this.#nodes[program].stop();
    this.#flip();
    await this.#bench.pass(500);
    await this.start(program, release);
    this.#flip();
    await this.#bench.pass(3 * HEARTBEAT_MS);
  }

  /** What Neutron holds, and what the switches say. */
  async statuses(): Promise<{ readonly neutron: readonly unknown[]; readonly switches: readonly string[] }> {
    const all = HOSTS.flatMap((host) => PORTS[host].map((number) => ({ host, number })));
    return {
      neutron: await Promise.all(all.map(({ number }) => this.#bench.status(number))),
      switches: all.map(({ host, number }) => (this.#nodes[host].has(number) ? 'ACTIVE' : 'DOWN')),
    };
  }

  /** The wire versions of what is stored. */
  async versions(): Promise<readonly number[]> {
    const records = await Promise.all(
      HOSTS.flatMap((host) => PORTS[host].map((number) => this.#bench.record(number, host))),
    );
    return [...new Set(records.flatMap((record) => record?.version ?? []))];
  }

  /** Plugs what is not and unplugs what is, of three quarters of the ports, each time others. */
  #flip(): void {
    this.#flips += 1;
    for (const host of HOSTS)
      for (const number of PORTS[host].filter((one) => (one + this.#flips) % 4 > 0)) {
        if (this.#nodes[host].has(number)) this.#nodes[host].unplug(number);
        else this.#nodes[host].plug(number);
      }
  }
}

describe('programs that are replaced one by one', () => {
  const PROGRAMS = ['A', 'B', 'cn1', 'cn2'] as const;

  async function replaceAll(
    from: Release,
    to: Release,
    order: readonly Program[],
  ): Promise<readonly number[]> {
    const bench = await openBench();
    const cloud = new Cloud(bench);
    await cloud.plant();
    for (const program of PROGRAMS) await cloud.start(program, from);
    for (const program of order) {
      await cloud.replace(program, to);
      const { neutron, switches } = await cloud.statuses();
      expect(neutron).toEqual(switches);
      expect(switches).toContain('ACTIVE');
    }
    expect(await bench.neutron.quarantined()).toBe(0);
    return cloud.versions();
  }

  it('lose nothing in an upgrade, servers first; then all is written in the newer version', async () => {
    expect(await replaceAll('before', 'this', PROGRAMS)).toEqual([2]);
  });

  it('lose nothing in an upgrade in another order', async () => {
    await replaceAll('before', 'this', ['cn2', 'A', 'cn1', 'B']);
    await replaceAll('before', 'this', ['cn1', 'cn2', 'B', 'A']);
  });

  it('lose nothing when they are rolled back', async () => {
    expect(await replaceAll('this', 'before', PROGRAMS)).toEqual([1]);
    expect(await replaceAll('this', 'before', ['cn1', 'B', 'cn2', 'A'])).toEqual([1]);
  });
});
