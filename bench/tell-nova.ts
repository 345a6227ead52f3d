import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { systemRandom } from '../src/runtime/random.js';
import { startFakeCloud } from '../src/simulator/cloud/cloud.js';
import { eventually } from '../tests/support/eventually.js';
import { deviceOf } from '../tests/support/neutron-rows.js';
import { startProgram } from '../tests/support/process.js';
import { TOLD_NO } from '../tests/support/told-no.js';
import { novaFlags } from './cloud/bench-cloud.js';
import type { Damaged } from './damage.js';
import type { MillionCloud } from './million-cloud.js';
import { flagsFor } from './reconcile-run.js';

/** Starts a server, which tells Nova what it is owed and receives what was put back, until nothing is left. */
export async function letServerTellNova(cloud: MillionCloud, damaged: readonly Damaged[]): Promise<void> {
  await using opened = new Opened();
  const openstack = await startFakeCloud({ clock: systemClock, random: systemRandom });
  opened.add({ close: () => openstack.dispose() });
  for (const { number } of damaged) openstack.nova.addServer(deviceOf(number));
  await cloud.leave();
  const server = startProgram([
    'server',
    ...flagsFor(cloud),
    ...novaFlags(openstack),
    '--http-listen',
    'off',
  ]);
  opened.add({ close: () => server.stop() });
  const left = `select count(*) as count from port_status.reports r where owed_no > ${TOLD_NO} or (revision = 1 and port in (?))`;
  const lost = damaged.filter(({ kind }) => kind === 'lost-entry').map(({ portId }) => portId);
  await eventually(async () => {
    const marks = lost.map(() => '?').join(', ');
    const [row] = await cloud.rows.run(left.replace('?', marks), lost);
    if (row?.['count'] !== 0) throw new Error(`${String(row?.['count'])} are left to the server`);
  }, 120_000);
}
