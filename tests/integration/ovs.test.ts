import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { has } from '../support/needs.js';
import { OVS_PROGRAMS, startOvs } from '../support/ovs.js';
import type { OvsFixture } from '../support/ovs.js';
import { SwitchWatcher } from '../support/switch-watcher.js';

const INSTANCE = '0f7e9c35-cc38-48b2-8d67-2fe6f853a383';

describe.runIf(has('integration/ovs', OVS_PROGRAMS))('a port of a real Open vSwitch', () => {
  let ovs: OvsFixture;
  let watcher: SwitchWatcher;
  let lastPort = 0;

  beforeAll(async () => {
    ovs = await startOvs();
    await ovs.addBridge('br-int');
    await ovs.addBridge('br-ex');
  });
  afterAll(async () => ovs.dispose());
  beforeEach(() => {
    watcher = new SwitchWatcher(ovs.address);
  });
  afterEach(async () => watcher.leave());

  /** A port nobody has used in this file, and a device for it. */
  function newPort(): { portId: string; device: string } {
    lastPort++;
    return {
      portId: `00000000-0000-4000-8000-${String(lastPort).padStart(12, '0')}`,
      device: `tap${lastPort}`,
    };
  }

  it('is dumped when it is plugged into the configured bridge, and only then', async () => {
    const [ours, theirs] = [newPort(), newPort()];
    await ovs.plug({ ...ours, tag: 5, instance: INSTANCE });
    await ovs.plug({ ...theirs, tag: 5, bridge: 'br-ex' });
    const dump = await watcher.nextDump();
    expect(dump.get(ours.portId)).toMatchObject({
      status: 'ACTIVE',
      attachment: await ovs.attachmentOf(ours.device),
      instance: INSTANCE,
      seen: { device: ours.device },
    });
    expect(dump.has(theirs.portId)).toBe(false);
  });

  it('becomes ACTIVE when it is opened and tagged, and DOWN when it is unplugged', async () => {
    const port = newPort();
    await watcher.nextDump();
    await ovs.plug(port);
    await watcher.until(port.portId, ({ seen }) => seen?.detail === 'ready rule not met: tag is not set');
    await ovs.setTag(port.device, 5);
    await watcher.until(port.portId, ({ status }) => status === 'ACTIVE');
    const attachment = await ovs.attachmentOf(port.device);
    await ovs.unplug(port.device);
    const down = await watcher.until(port.portId, ({ status }) => status === 'DOWN');
    expect(down.attachment).toBe(attachment);
  });

  it('is DOWN on the dead VLAN, and when its tag is taken away', async () => {
    const port = newPort();
    await ovs.plug({ ...port, tag: 5 });
    await watcher.nextDump();
    await ovs.setTag(port.device, 4095);
    await watcher.until(port.portId, ({ seen }) => seen?.detail?.includes('dead VLAN') === true);
    await ovs.setTag(port.device, 6);
    await watcher.until(port.portId, ({ status }) => status === 'ACTIVE');
    await ovs.setTag(port.device, undefined);
    await watcher.until(port.portId, ({ seen }) => seen?.detail?.includes('tag is not set') === true);
  });

  it('has a new attachment when it is plugged again in one transaction', async () => {
    const port = newPort();
    await ovs.plug({ ...port, tag: 5 });
    const before = (await watcher.nextDump()).get(port.portId)?.attachment;
    await ovs.replug({ ...port, tag: 5 });
    const { attachment } = await watcher.until(
      port.portId,
      (now) => now.status === 'ACTIVE' && now.attachment !== before,
    );
    expect(attachment).toBe(await ovs.attachmentOf(port.device));
  });

  it('goes DOWN when its row is given to another port, which takes its place', async () => {
    const [first, second] = [newPort(), newPort()];
    await ovs.plug({ ...first, tag: 5 });
    await watcher.nextDump();
    await ovs.setIfaceId(first.device, second.portId.toUpperCase());
    const down = await watcher.until(first.portId, ({ status }) => status === 'DOWN');
    const up = await watcher.until(second.portId, ({ status }) => status === 'ACTIVE');
    expect([down.attachment, up.attachment]).toEqual(Array(2).fill(await ovs.attachmentOf(first.device)));
  });

  it('is not told of when only another of its external_ids changes', async () => {
    const [quiet, loud] = [newPort(), newPort()];
    for (const port of [quiet, loud]) await ovs.plug({ ...port, tag: 5 });
    await watcher.nextDump();
    await ovs.setExternalId(quiet.device, 'iface-status', 'active');
    await ovs.setTag(loud.device, 4095);
    await watcher.until(loud.portId, ({ status }) => status === 'DOWN');
    expect([...watcher.told]).toEqual([loud.portId]);
  });

  it('follows a mark where the ready rule asks for one', async () => {
    const port = newPort();
    await ovs.plug(port);
    const ready = { kind: 'external-id', key: 'wired', value: 'by us' } as const;
    await using marked = new SwitchWatcher(ovs.address, { ready });
    await marked.nextDump();
    await ovs.setExternalId(port.device, 'wired', 'by us');
    await marked.until(port.portId, ({ status }) => status === 'ACTIVE');
    await ovs.setExternalId(port.device, 'wired', undefined);
    await marked.until(port.portId, ({ status }) => status === 'DOWN');
  });

  it('is dumped again on request, and followed after that', async () => {
    const port = newPort();
    await ovs.plug({ ...port, tag: 5 });
    await watcher.nextDump();
    watcher.source.refresh();
    expect((await watcher.nextDump()).get(port.portId)?.status).toBe('ACTIVE');
    await ovs.setTag(port.device, 4095);
    await watcher.until(port.portId, ({ status }) => status === 'DOWN');
  });

  it('stays what it was when its database restarts, and is told of when it is unplugged meanwhile', async () => {
    const [stays, goes] = [newPort(), newPort()];
    for (const port of [stays, goes]) await ovs.plug({ ...port, tag: 5 });
    const before = new Map(await watcher.nextDump());
    await ovs.stopDatabase();
    await watcher.nextLoss();
    await ovs.startDatabase();
    await ovs.unplug(goes.device);
    await watcher.nextDump();
    await watcher.untilGone(goes.portId);
    const now = await watcher.until(stays.portId, ({ status }) => status === 'ACTIVE');
    expect(now.attachment).toBe(before.get(stays.portId)?.attachment);
  });

  it('is left open after a boot of the host until the switch has come back, whatever its row still says', async () => {
    const port = newPort();
    await ovs.plug({ ...port, tag: 5 });
    await watcher.nextDump();
    await ovs.stopSwitch();
    await ovs.stopDatabase();
    await watcher.nextLoss();
    await ovs.startDatabase();
    const dump = await watcher.nextDump();
    expect([dump.has(port.portId), watcher.unconfirmed.has(port.portId)]).toEqual([false, true]);
    await ovs.startSwitch();
    const now = await watcher.until(port.portId, ({ status }) => status === 'ACTIVE');
    expect(now.attachment).toBe(await ovs.attachmentOf(port.device));
  });

  it('is DOWN after a boot of the host where its device did not come back', async (context) => {
    if (!ovs.hasRealDevices) context.skip();
    const port = newPort();
    await ovs.addTap(port.device);
    await ovs.plug({ ...port, tag: 5, type: '' });
    await watcher.nextDump();
    await ovs.stopSwitch();
    await ovs.stopDatabase();
    await ovs.startDatabase();
    await watcher.nextLoss();
    await watcher.nextDump();
    expect(watcher.unconfirmed.has(port.portId)).toBe(true);
    await ovs.startSwitch();
    const down = await watcher.until(port.portId, ({ status }) => status === 'DOWN');
    expect(down.seen?.detail).toContain('No such device');
  });

  it('is lost from sight while its bridge does not exist, and dumped when it is there again', async () => {
    const port = newPort();
    await ovs.addBridge('br-new');
    await using onNew = new SwitchWatcher(ovs.address, { bridge: 'br-new' });
    await ovs.plug({ ...port, tag: 5, bridge: 'br-new' });
    await onNew.until(port.portId, ({ status }) => status === 'ACTIVE');
    await ovs.vsctl('del-br', 'br-new');
    expect(await onNew.nextLoss()).toContain('bridge br-new does not exist');
    await ovs.addBridge('br-new');
    expect((await onNew.nextDump()).size).toBe(0);
    await ovs.vsctl('del-br', 'br-new');
  });

  it('is lost from sight when its database stands still without closing the connection', async () => {
    await using quick = new SwitchWatcher(ovs.address, { echoMs: 200 });
    await quick.nextDump();
    ovs.freezeDatabase(true);
    try {
      expect(await quick.nextLoss()).toContain('was silent for 400 ms');
    } finally {
      ovs.freezeDatabase(false);
    }
    expect(await quick.nextDump()).toBeInstanceOf(Map);
  });

  it('may come with 199 others in one transaction', async () => {
    const ports = Array.from({ length: 200 }, newPort);
    await watcher.nextDump();
    const command = ports.flatMap(({ device, portId }) => [
      ...['--', 'add-port', 'br-int', device, 'tag=5'],
      ...['--', 'set', 'Interface', device, 'type=internal', `external_ids:iface-id=${portId}`],
    ]);
    await ovs.vsctl(...command.slice(1));
    for (const { portId } of ports) await watcher.until(portId, ({ status }) => status === 'ACTIVE');
    expect(watcher.told.size).toBe(200);
  });

  it('is DOWN with the words of the switch while its device is missing, and ACTIVE once it is there', async (context) => {
    if (!ovs.hasRealDevices) context.skip();
    const port = newPort();
    await watcher.nextDump();
    await ovs.plug({ ...port, tag: 5, type: '' });
    await watcher.until(port.portId, ({ seen }) => seen?.detail?.includes('No such device') === true);
    await ovs.addTap(port.device);
    const up = await watcher.until(port.portId, ({ status }) => status === 'ACTIVE');
    expect(up.seen?.detail).toBeUndefined();
  });

  it('is DOWN when its device vanishes under the switch, although its ofport stays', async (context) => {
    if (!ovs.hasRealDevices) context.skip();
    const port = newPort();
    await ovs.addTap(port.device);
    await ovs.plug({ ...port, tag: 5, type: '' });
    expect((await watcher.nextDump()).get(port.portId)?.status).toBe('ACTIVE');
    await ovs.deleteTap(port.device);
    const down = await watcher.until(port.portId, ({ status }) => status === 'DOWN');
    expect(down.seen).toMatchObject({
      ofport: expect.any(Number) as number,
      detail: 'the device has vanished from the host',
    });
  });
});
