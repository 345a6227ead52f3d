import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { plantPort, portIdOf, portState, setAge } from '../../support/neutron-rows.js';
import { REDIS } from '../../support/redis.js';
import { runIn } from '../../unit/cli/io.js';
import { openReconcileCloud } from './reconcile-cloud.js';
import type { ReconcileCloud } from './reconcile-cloud.js';

interface Answer {
  readonly exitCode: number;
  readonly changes: readonly Readonly<Record<string, unknown>>[];
  readonly silentPorts: readonly { readonly portId: string; readonly host: string }[];
  readonly counts: Readonly<Record<'mended' | 'left' | 'silent', number>> & {
    readonly read: Readonly<Record<'records' | 'ledger' | 'ports', number>>;
  };
}

const WRITING = '--apply-mode write --apply-chassis *';

describe.skipIf(!has('reconcile', { ...MARIADB, ...REDIS }))('port-status reconcile', () => {
  let cloud: ReconcileCloud;
  beforeAll(async () => {
    cloud = await openReconcileCloud();
  });
  beforeEach(() => cloud.reset());
  afterAll(() => cloud.dispose());

  async function run(flags: string): Promise<Answer> {
    const { stdout, stderr, exitCode } = await runIn(`reconcile --json ${cloud.flags} ${flags}`, {
      clock: systemClock,
    });
    if (stdout === '') throw new Error(stderr);
    const answer = JSON.parse(stdout) as Answer;
    expect(answer.exitCode).toBe(exitCode);
    return answer;
  }

  /** Ports 1 to 5 damaged in the five ways; port 6 is as it should be. */
  async function damageFive(): Promise<void> {
    await cloud.settle(1, 2, 3, 4, 5, 6);
    await cloud.rows.run("update ports set status = 'DOWN' where id = ?", [portIdOf(1)]);
    await cloud.rows.run("insert into provisioningblocks values (10001, 'L2')");
    await cloud.rows.run("update ports set status = 'BUILD' where id = ?", [portIdOf(2)]);
    await cloud.oweAgain(3);
    await cloud.rows.run('delete from standardattributes where id = 10004');
    await cloud.loseEntry(5);
  }

  const FIVE = [
    { kind: 'lost-entry', portId: portIdOf(5), wouldWrite: 'TOPIC' },
    { kind: 'status', portId: portIdOf(1), neutronStatus: 'DOWN', wouldWrite: 'DELETE-L2 ACTIVE' },
    { kind: 'not-activated', portId: portIdOf(2), reported: 'ACTIVE', wouldWrite: 'ACTIVE' },
    { kind: 'no-port', portId: portIdOf(4), reason: 'no-such-port', wouldWrite: 'LEDGER' },
    { kind: 'debt', portId: portIdOf(3), word: 'plugged', why: 'for-servers' },
  ];

  it('names each of the five kinds in a dry run, and writes nothing anywhere', async () => {
    await damageFive();
    const before = await cloud.dump();
    const { changes, exitCode } = await run(`${WRITING} --dry-run`);
    expect(changes).toMatchObject(FIVE);
    expect(exitCode).toBe(1);
    expect(await cloud.dump()).toEqual(before);
  });

  it('mends them, leaves debts to the servers, and touches nothing else', async () => {
    await damageFive();
    const before = await cloud.dump(6);
    const { changes, counts } = await run(WRITING);
    expect(changes.map(({ end, wrote }) => wrote ?? end)).toEqual([
      'TOPIC',
      'DELETE-L2 ACTIVE',
      'ACTIVE',
      'LEDGER',
      'left',
    ]);
    expect(counts).toMatchObject({ mended: 4, left: 1 });
    expect(await portState(cloud.rows, portIdOf(1))).toMatchObject({ status: 'ACTIVE', blocks: '' });
    expect((await cloud.receive()).map(({ portId }) => portId)).toEqual([portIdOf(5)]);
    expect(await cloud.dump(6)).toEqual(before);
    expect((await run(WRITING)).changes.map(({ kind }) => kind)).toEqual(['debt', 'debt', 'debt']);
  });

  it('ends with 0 when all that it found is mended', async () => {
    await cloud.settle(1);
    await cloud.rows.run("update ports set status = 'DOWN'");
    expect((await run(WRITING)).exitCode).toBe(0);
    await cloud.tellNova();
    expect(await run(`${WRITING} --dry-run`)).toMatchObject({ changes: [], exitCode: 0 });
  });

  it('writes DOWN where a complete chassis no longer has the port, not where it is incomplete', async () => {
    await cloud.settle(1, 2);
    await cloud.forgetRecord(1);
    expect((await run(WRITING)).changes).toEqual([]);
    await cloud.complete();
    expect((await run(WRITING)).changes).toMatchObject([
      { portId: portIdOf(1), reported: 'DOWN', wrote: 'INSERT-L2 DOWN' },
    ]);
    expect(await portState(cloud.rows, portIdOf(2))).toMatchObject({ status: 'ACTIVE' });
  });

  it('judges by a record that is newer than the ledger', async () => {
    await cloud.settle(1);
    await cloud.publish(1, 'ERROR');
    await cloud.acknowledgeUnjudged();
    expect((await run(WRITING)).changes).toMatchObject([{ reported: 'ERROR', wrote: 'ERROR' }]);
  });

  it('leaves a port alone of which a newer report is pending', async () => {
    await cloud.settle(1);
    await cloud.publish(1, 'DOWN');
    await cloud.rows.run("update ports set status = 'DOWN'");
    expect((await run(WRITING)).changes).toEqual([]);
  });

  it('lists ports whose chassis never said anything, and does not change them', async () => {
    await plantPort(cloud.rows, 1, { id: portIdOf(1), status: 'ACTIVE', host: 'cn9', blocks: [] });
    await plantPort(cloud.rows, 2, { id: portIdOf(2), status: 'DOWN', host: 'cn9' });
    const before = await cloud.dump();
    const { silentPorts, counts, exitCode } = await run(WRITING);
    expect(silentPorts).toEqual([{ portId: portIdOf(1), host: 'cn9' }]);
    expect(counts).toMatchObject({ silent: 1, mended: 0 });
    expect(exitCode).toBe(0);
    expect(await cloud.dump()).toEqual(before);
  });

  it('changes nothing right after the northbound database has lost everything', async () => {
    await cloud.settle(1, 2, 3);
    await cloud.complete();
    const before = await cloud.dump();
    await cloud.loseNorthbound();
    expect((await run(WRITING)).changes).toEqual([]);
    await cloud.registerAnew();
    expect((await run(WRITING)).changes).toEqual([]);
    expect((await cloud.dump()).neutron).toEqual(before.neutron);
  });

  it('does not fight a fresh BUILD', async () => {
    await cloud.settle(1);
    await cloud.rows.run("update ports set status = 'BUILD'");
    await setAge(cloud.rows, 1, 1000);
    expect((await run(WRITING)).changes).toEqual([]);
    expect(await portState(cloud.rows, portIdOf(1))).toMatchObject({ status: 'BUILD' });
  });

  it.each([
    ['observing', '', 'observing'],
    ['on a chassis that is not named', '--apply-mode write --apply-chassis cn2', 'not-named'],
  ])('writes nothing while %s', async (_, flags, why) => {
    await damageFive();
    const before = await cloud.dump();
    const { changes, exitCode } = await run(flags);
    expect(changes.map((change) => change['why'])).toEqual([why, why, why, why, 'for-servers']);
    expect(exitCode).toBe(1);
    expect(await cloud.dump()).toEqual(before);
  });

  it('writes nothing while writing is paused', async () => {
    await damageFive();
    await cloud.neutron.setPaused(true);
    const before = await cloud.dump();
    const { changes } = await run(WRITING);
    await cloud.neutron.setPaused(false);
    expect(changes.slice(0, 4).map(({ why }) => why)).toEqual(['paused', 'paused', 'paused', 'paused']);
    expect(await cloud.dump()).toEqual(before);
  });

  it('looks at one port, one chassis or both alone', async () => {
    await damageFive();
    expect((await run(`--dry-run --port ${portIdOf(1).toUpperCase()}`)).changes).toMatchObject([FIVE[1]]);
    expect((await run(`--dry-run --port ${portIdOf(5)} --host cn1`)).changes).toMatchObject([FIVE[0]]);
    expect((await run('--dry-run --host cn1')).changes).toMatchObject(FIVE);
    await cloud.registerAnew('cn2');
    expect((await run('--dry-run --host cn2')).changes).toEqual([]);
  });

  it('reads of a port or a chassis no more than is stored of it', async () => {
    await cloud.settle(1, 2, 3);
    const { counts } = await run(`--dry-run --port ${portIdOf(2)}`);
    expect(counts.read).toEqual({ records: 1, ledger: 1, ports: 1 });
    await cloud.registerAnew('cn2');
    expect((await run('--dry-run --host cn2')).counts.read).toEqual({ records: 0, ledger: 0, ports: 0 });
  });

  it('tells in lines what it found, wrote and left', async () => {
    await damageFive();
    await plantPort(cloud.rows, 7, { id: portIdOf(7), status: 'ACTIVE', host: 'cn9', blocks: [] });
    const { stdout } = await runIn(`reconcile ${cloud.flags} ${WRITING}`, { clock: systemClock });
    expect(stdout.replace(/for \d+ s/, 'for 5 s').split('\n')).toEqual([
      `lost-entry     ${portIdOf(5)}  on cn1: its report is pending, and no server is told of it; wrote TOPIC`,
      `status         ${portIdOf(1)}  on cn1: Neutron DOWN, reported ACTIVE; applied (written); wrote DELETE-L2 ACTIVE`,
      `not-activated  ${portIdOf(2)}  on cn1: Neutron BUILD, reported ACTIVE; applied (written); wrote ACTIVE`,
      `no-port        ${portIdOf(4)}  on cn1: Neutron -, reported ACTIVE; absent (no-such-port); wrote LEDGER`,
      `debt           ${portIdOf(3)}  on cn1: Nova is owed "plugged" for 5 s; left: running servers tell Nova`,
      `silent         ${portIdOf(7)}  on cn9: Neutron ACTIVE, and its chassis never said anything; left as it is`,
      'compared 6 ledger rows, 6 northbound records, 6 ports of Neutron',
      'found 1 status, 1 not-activated, 1 debt, 1 no-port, 1 lost-entry: 4 mended, 1 left',
      '1 silent: silence is no evidence, they are never changed',
      '',
    ]);
  });

  it.each([
    [
      `--port ${portIdOf(99)}`,
      'neither in Neutron, nor in the ledger or the northbound database; "openstack port list"',
    ],
    [
      '--port 15e2c509',
      '--port must be the UUID of a port, as "openstack port list" shows it, got "15e2c509"',
    ],
    ['--rate 0', '--rate must be a whole number from 1 to 1000000, got "0"'],
    ['--host nowhere', '"port-status chassis" lists those that have'],
    ['--host a/b', 'chassis name "a/b" must have'],
  ])('says what to do next after %s', async (flags, words) => {
    const { stderr, exitCode, stdout } = await runIn(`reconcile ${cloud.flags} ${flags}`, {
      clock: systemClock,
    });
    expect(stderr).toContain(words);
    expect(stdout).toBe('');
    expect(exitCode).toBe(78);
  });
});
