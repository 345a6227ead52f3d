import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { deviceOf, plantPort, portIdOf, setAge } from '../../support/neutron-rows.js';
import { REDIS } from '../../support/redis.js';
import { runIn } from '../../unit/cli/io.js';
import { JUDGING, must, reportOf } from '../neutron/scene.js';
import { openReconcileCloud } from './reconcile-cloud.js';
import type { ReconcileCloud } from './reconcile-cloud.js';

interface Answer {
  readonly exitCode: number;
  readonly ports: readonly {
    readonly portId: string;
    readonly stage: string;
    readonly nextStep: string;
    readonly leftMs?: number;
    readonly timeline: readonly { readonly where: string; readonly what: string }[];
  }[];
}

describe.skipIf(!has('port', { ...MARIADB, ...REDIS }))('port-status port', () => {
  let cloud: ReconcileCloud;
  beforeAll(async () => {
    cloud = await openReconcileCloud();
  });
  beforeEach(() => cloud.reset());
  afterAll(() => cloud.dispose());

  async function ask(wanted: string): Promise<Answer> {
    const { stdout, stderr } = await runIn(`port ${wanted} --json ${flags()}`, { clock: systemClock });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Answer;
  }

  /** Those of `reconcile` that `port` has, too. */
  function flags(): string {
    return cloud.flags.replace(/--neutron-drivers \S+/, '');
  }

  async function stageOf(number: number): Promise<string | undefined> {
    return (await ask(portIdOf(number))).ports[0]?.stage;
  }

  it('finds the port by its id, its MAC address, its device and its Nova server, and says that all is well', async () => {
    await cloud.settle(1);
    const [row] = await cloud.rows.run('select mac_address from ports where id = ?', [portIdOf(1)]);
    for (const wanted of [portIdOf(1), String(row?.['mac_address']), deviceOf(1)])
      expect(await ask(wanted)).toMatchObject({
        exitCode: 0,
        ports: [{ portId: portIdOf(1), stage: 'done', nextStep: 'nothing' }],
      });
    expect((await ask(`tap${portIdOf(1).slice(0, 11)}`)).ports).toHaveLength(1);
  });

  it('tells what happened, the oldest first, and in words for people', async () => {
    await cloud.settle(1);
    const [port] = (await ask(portIdOf(1))).ports;
    const told = port?.timeline.map(({ where, what }) => `${where}: ${what}`).join('\n');
    expect(told).toContain('cn1: the switch showed ACTIVE');
    expect(told).toContain('judged applied (written)');
    expect(told).toContain('wrote DELETE-L2 ACTIVE');
    expect(told).toContain('neutron: ACTIVE, bound to cn1; no provisioning block is left');
    const { stdout, exitCode } = await runIn(`port ${portIdOf(1)} ${flags()}`, { clock: systemClock });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('stage: done\nnext:  nothing\n');
  });

  it('tells of earlier judgements, too, and of whose report and by which server each was', async () => {
    const earlier =
      /of cn1: ACTIVE \(\S+\) judged applied \(written\), wrote DELETE-L2 ACTIVE, owed nova "plugged"/;
    await cloud.settle(1);
    expect(JSON.stringify(await ask(portIdOf(1)))).not.toContain('of cn1: ACTIVE');
    await cloud.rows.run("update ports set status = 'DOWN' where id = ?", [portIdOf(1)]);
    await cloud.publish(1, 'ACTIVE');
    await cloud.judge(1);
    const [port] = (await ask(portIdOf(1))).ports;
    const told = port?.timeline.map(({ where, what }) => `${where}: ${what}`) ?? [];
    const written = told.findIndex((line) => line.endsWith(': wrote ACTIVE'));
    expect(told.findIndex((line) => earlier.test(line))).toBeGreaterThanOrEqual(0);
    expect(told.findIndex((line) => earlier.test(line))).toBeLessThan(written);
    const { stdout } = await runIn(`port ${portIdOf(1)} ${flags()}`, { clock: systemClock });
    expect(stdout).toMatch(earlier);
  });

  it('names the first stage that is missing', async () => {
    const plants = [{}, { blocks: ['DHCP', 'L2'] }, { host: 'cn2' }, { host: 'cn9' }, {}, {}] as const;
    for (const [index, more] of plants.entries())
      await plantPort(cloud.rows, index + 1, { id: portIdOf(index + 1), ...more });
    await cloud.registerAnew('cn2');
    for (const number of [2, 3, 5]) await cloud.publish(number, 'ACTIVE');
    await cloud.judge(2, 3, 5);
    await cloud.complete();
    await cloud.publish(6, 'ACTIVE');
    expect(await stageOf(1)).toBe('not-on-switch');
    expect(await stageOf(2)).toBe('dhcp-block');
    expect(await stageOf(3)).toBe('bound-elsewhere');
    expect(await stageOf(4)).toBe('chassis-unknown');
    expect(await stageOf(5)).toBe('nova-not-told');
    expect(await stageOf(6)).toBe('pending');
    expect(await ask(portIdOf(7))).toMatchObject({
      exitCode: 1,
      ports: [{ portId: portIdOf(7), stage: 'no-such-port', nextStep: 'check-the-id', timeline: [] }],
    });
  });

  it('and "stuck" lists the ports that Nova waits for, those first that it will give up first', async () => {
    await cloud.settle(1);
    for (const [number, more] of [
      [2, {}],
      [3, { host: 'cn9' }],
      [4, { owner: 'network:dhcp' }],
      [5, {}],
    ] as const)
      await plantPort(cloud.rows, number, { id: portIdOf(number), ...more });
    for (const [number, seconds] of [
      [2, 10],
      [3, 200],
      [4, 10],
      [5, 400],
    ] as const)
      await setAge(cloud.rows, number, seconds * 1000);
    await cloud.complete();
    const { stdout, exitCode } = await runIn(`stuck --json ${flags()}`, { clock: systemClock });
    const { ports } = JSON.parse(stdout) as { readonly ports: readonly { readonly leftMs: number }[] };
    expect(exitCode).toBe(1);
    expect(ports).toMatchObject([
      { portId: portIdOf(3), host: 'cn9', stage: 'chassis-unknown', nextStep: 'install-agent' },
      { portId: portIdOf(2), host: 'cn1', stage: 'not-on-switch', nextStep: 'check-vif-plugging' },
    ]);
    for (const [port, least, most] of [
      [ports[0], 60_000, 100_000],
      [ports[1], 250_000, 290_000],
    ] as const) {
      expect(port?.leftMs).toBeGreaterThan(least);
      expect(port?.leftMs).toBeLessThanOrEqual(most);
    }
    const cut = await runIn(`stuck --json --limit 1 --nova-vif-plugging-timeout 600 ${flags()}`, {
      clock: systemClock,
    });
    expect(JSON.parse(cut.stdout)).toMatchObject({ ports: [{ portId: portIdOf(5) }], isCut: true });
    expect((await runIn(`stuck --limit 1 ${flags()}`, { clock: systemClock })).stdout).toContain('--limit');
    const table = await runIn(`stuck --timeout 20s ${flags()}`, { clock: systemClock });
    expect(table.stdout.split('\n')).toHaveLength(3);
    expect((await runIn(`stuck --timeout 1s ${flags()}`, { clock: systemClock })).exitCode).toBe(0);
  });

  it('lists ports behind the others of which Nova heard last that they are unplugged', async () => {
    await cloud.settle(1);
    await cloud.publish(1, 'DOWN');
    await cloud.neutron.judge(
      (await cloud.acknowledgeUnjudged()).map(({ revision, incarnation }) => {
        const one = reportOf(1, revision, { status: 'DOWN' });
        return { ...one, arrival: { report: must(one.arrival).report, incarnation } };
      }),
      JUDGING,
    );
    await plantPort(cloud.rows, 2, { id: portIdOf(2) });
    await setAge(cloud.rows, 2, 1000);
    await setAge(cloud.rows, 1, 5000);
    const { stdout } = await runIn(`stuck --json ${flags()}`, { clock: systemClock });
    expect(JSON.parse(stdout)).toMatchObject({
      ports: [
        { portId: portIdOf(2), isUnplugged: false },
        { portId: portIdOf(1), isUnplugged: true },
      ],
      isCut: false,
    });
  });

  it('tells how long Nova still waits, whatever the spelling of what is asked for', async () => {
    await plantPort(cloud.rows, 10, { id: portIdOf(10) });
    await setAge(cloud.rows, 10, 100_000);
    const [row] = await cloud.rows.run('select mac_address from ports where id = ?', [portIdOf(10)]);
    const mac = String(row?.['mac_address']).toUpperCase().replaceAll(':', '-');
    for (const wanted of [portIdOf(10).toUpperCase(), mac])
      expect((await ask(wanted)).ports[0]).toMatchObject({ portId: portIdOf(10) });
    const [port] = (await ask(portIdOf(10))).ports;
    expect(port?.leftMs).toBeGreaterThan(100_000);
    expect(port?.leftMs).toBeLessThanOrEqual(200_000);
    const { stdout } = await runIn(`port ${portIdOf(10)} ${flags()}`, { clock: systemClock });
    expect(stdout).toMatch(/nova +waits for the port, and gives up in \d{3} s\n/);
    await cloud.rows.run("update ports set status = 'ACTIVE'");
    expect((await ask(portIdOf(10))).ports[0]?.leftMs).toBeUndefined();
  });

  it('tells a report in quarantine, a pause, and a word that Nova refuses', async () => {
    await cloud.settle(1);
    await cloud.rows.run(
      "update port_status.reports set told_word = 'plugged', told_result = 'refused', told_code = 404, told_at = 1",
    );
    expect(await stageOf(1)).toBe('nova-refuses');
    await plantPort(cloud.rows, 2, { id: portIdOf(2) });
    const bad = { revision: 1, incarnation: 'i', body: '{', reason: 'no JSON', server: 'n1' };
    await cloud.neutron.quarantine([{ portId: portIdOf(2), chassis: 'cn1', ...bad }], 10);
    expect(await stageOf(2)).toBe('quarantined');
    await plantPort(cloud.rows, 3, { id: portIdOf(3) });
    await cloud.publish(3, 'ACTIVE');
    await cloud.neutron.setPaused(true);
    expect(await stageOf(3)).toBe('paused');
    await cloud.neutron.setPaused(false);
  });
});
