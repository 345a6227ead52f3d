import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/neutron/open.js';
import { createNeutron } from '../../src/neutron/sql/store.js';
import { openNorthbound } from '../../src/northbound/open.js';
import { systemClock } from '../../src/runtime/clock.js';
import { Opened } from '../../src/runtime/opened.js';
import { systemRandom } from '../../src/runtime/random.js';
import { BROWSER, openBrowser } from '../support/browser.js';
import { CLOUD_PROGRAMS, setUpCloud } from '../support/cloud-set-up.js';
import type { CloudSetUp } from '../support/cloud-set-up.js';
import { eventually } from '../support/eventually.js';
import { LogicalPorts, tapOf } from '../support/logical-ports.js';
import { has } from '../support/needs.js';
import { plantPort, portIdOf } from '../support/neutron-rows.js';
import { startOvs } from '../support/ovs.js';
import type { Program } from '../support/process.js';
import { REDIS, startRedis } from '../support/redis.js';
import { servePage } from '../support/served-page.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';

/** Short, so that a silence shows soon. */
const HEARTBEAT_MS = 500;
const HEARTBEAT = ['--agent-heartbeat-ms', String(HEARTBEAT_MS)];
/** So long that a server that stands still counts as live until a test is over. */
const LONG_TTL_MS = 60_000;
/** The chassis whose ports also need their link up. */
const LINKED = 'cn4';

/** Faults as an operator meets them, each with the stage that "port-status port" has to name: the codes of decision 20. */
describe.runIf(has('e2e/explain', { ...CLOUD_PROGRAMS, ...REDIS, ...BROWSER }))('port-status port', () => {
  const opened = new Opened();
  let set: CloudSetUp;
  let ports: LogicalPorts;
  let agent: Program;
  let server: Program;
  let proxy: TcpProxy;
  let northboundUrl: string;
  let page: Page;

  beforeAll(async () => {
    const redis = await startRedis();
    opened.add({ close: () => redis.dispose() });
    proxy = await startTcpProxy({ host: '127.0.0.1', port: redis.port });
    opened.add({ close: () => proxy.dispose() });
    northboundUrl = `redis://127.0.0.1:${redis.port}`;
    set = await setUpCloud({ northbound: { url: northboundUrl }, apply: { chassis: ['cn1', LINKED] } });
    opened.add({ close: () => set.dispose() });
    ports = new LogicalPorts(set);
    page = await openPage();
    agent = await startAgent();
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  function startAgent(...flags: readonly string[]): Promise<Program> {
    return set.startAgent(...HEARTBEAT, '--northbound-url', `redis://127.0.0.1:${proxy.port}`, ...flags);
  }

  /** The page as a server serves it, which lives through the faults. */
  async function openPage(): Promise<Page> {
    const northbound = opened.add(opening(northboundUrl));
    const parts = { clock: systemClock, random: systemRandom };
    const database = openDatabase(set.mariadb.url(), 'port_status', systemClock);
    const neutron = opened.add(createNeutron(database, parts));
    const served = opened.add(await servePage({ northbound, neutron }, HEARTBEAT_MS));
    const browser = opened.add(await openBrowser());
    const one = await browser.newPage();
    await one.goto(served.url);
    return one;
  }

  /** The same in JSON, in words for people, and on the page. @returns the words for people. */
  async function says(port: number, stage: string, nextStep: string): Promise<string> {
    await eventually(async () => {
      const { stdout, stderr, exitCode } = await set.run('port', portIdOf(port), '--json', ...HEARTBEAT);
      if (stdout === '') throw new Error(stderr);
      expect(JSON.parse(stdout)).toMatchObject({ exitCode: 1, ports: [{ stage, nextStep }] });
      expect(exitCode).toBe(1);
    }, 20_000);
    const { stdout } = await set.run('port', portIdOf(port), ...HEARTBEAT);
    expect(stdout).toContain(`stage: ${stage}\nnext:  ${nextStep}\n`);
    await page.getByRole('textbox').fill(portIdOf(port));
    await page.getByRole('button', { name: 'Explain' }).click();
    const story = page.getByRole('article').filter({ hasText: portIdOf(port) });
    await eventually(async () => {
      expect(await story.getByRole('definition').allTextContents()).toEqual([stage, nextStep]);
    });
    return stdout;
  }

  it('says that no server is live', async () => {
    const [port = 0] = await ports.plant(1);
    await ports.plug([port]);
    await says(port, 'no-server-live', 'start-a-server');
    server = await set.startServer('a');
    await ports.settled([port], 'ACTIVE');
    const { stdout, exitCode } = await set.run('port', portIdOf(port), ...HEARTBEAT);
    expect(stdout).toContain('stage: done\nnext:  nothing\n');
    expect(exitCode).toBe(0);
  });

  it('says that the switch has no interface of the port', async () => {
    const [port = 0] = await ports.plant(1);
    await says(port, 'not-on-switch', 'check-vif-plugging');
    await ports.plug([port]);
    await ports.settled([port], 'ACTIVE');
    await ports.unplug([port]);
    await ports.settled([port], 'DOWN');
    await says(port, 'not-on-switch', 'check-vif-plugging');
  });

  it('says that the switch could not open the interface', async () => {
    const [port = 0] = await ports.plant(1);
    await ports.plug([port], { type: '' });
    await says(port, 'interface-failed', 'read-interface-error');
  });

  it('says that the interface is not ready', async () => {
    const [port = 0] = await ports.plant(1);
    await ports.plug([port], { tagged: false });
    await says(port, 'link-down', 'check-guest-and-link');
  });

  it('says that the link is down where it has to be up', async () => {
    const ovs = await startOvs();
    opened.add({ close: () => ovs.dispose() });
    await ovs.addBridge('br-int');
    const there = new LogicalPorts(set, { chassis: LINKED, ovs });
    const [port = 0] = await ports.plant(1, { host: LINKED });
    await there.plug([port]);
    await ovs.setLink(tapOf(port), 'down');
    // Only now: of several reasons for DOWN an agent reports the first that it sees.
    await startAgent('--agent-chassis', LINKED, '--switch-address', ovs.address, '--switch-require-link');
    const told = await says(port, 'link-down', 'check-guest-and-link');
    expect(told).toContain('link down, link required: link_state is down');
    await ovs.setLink(tapOf(port), 'up');
    await there.settled([port], 'ACTIVE');
  });

  it('says that the port is bound to another host', async () => {
    const [port = 0] = await ports.plant(1, { host: 'cn2' });
    await ports.plug([port]);
    await says(port, 'bound-elsewhere', 'compare-binding-and-chassis');
  });

  it('says that the DHCP block is left', async () => {
    const [port = 0] = await ports.plant(1, { blocks: ['DHCP', 'L2'] });
    await ports.plug([port]);
    await says(port, 'dhcp-block', 'check-dhcp-agent');
  });

  it('says that Nova does not know the server', async () => {
    const [port = 0] = ports.reserve(1);
    await plantPort(set.rows, port, { id: portIdOf(port) });
    await ports.plug([port]);
    await says(port, 'nova-refuses', 'check-the-server-in-nova');
  });

  it('says that Nova refuses the token', async () => {
    set.cloud.nova.trouble.start({ kind: 'status', status: 401 });
    const [port = 0] = await ports.plant(1);
    await ports.plug([port]);
    await says(port, 'nova-unreachable', 'check-nova-and-its-credentials');
    set.cloud.nova.trouble.stop();
    await ports.settled([port], 'ACTIVE', 30_000);
  });

  it('says that a report can never be written', async () => {
    const [port = 0] = await ports.plant(1, { host: 'cn3' });
    await using northbound = opening(northboundUrl);
    const registration = await northbound.registerChassis('cn3');
    const revision = registration.maxRevision + 1;
    const report = { portId: portIdOf(port), chassis: 'cn3', revision, version: 1, isDown: false, body: '{' };
    await northbound.publish(registration, [report]);
    await says(port, 'quarantined', 'read-quarantine-reason');
  });

  it('says that the agent reaches no northbound database', async () => {
    const [port = 0] = await ports.plant(1);
    proxy.passage = 'black-hole';
    await ports.plug([port]);
    await says(port, 'chassis-silent', 'check-agent');
    proxy.passage = 'open';
    proxy.reset();
    await ports.settled([port], 'ACTIVE', 30_000);
  });

  it('says that the agent is dead', async () => {
    await agent.kill();
    const [port = 0] = await ports.plant(1);
    await ports.plug([port]);
    await says(port, 'chassis-silent', 'check-agent');
    agent = await startAgent();
    await ports.settled([port], 'ACTIVE');
  });

  it('says that the server died with the report, and no other is live', async () => {
    expect((await set.run('pause')).exitCode).toBe(0);
    const [port = 0] = await ports.plant(1);
    await ports.plug([port]);
    await says(port, 'paused', 'resume');
    await server.kill();
    await says(port, 'no-server-live', 'start-a-server');
    expect((await set.run('resume')).exitCode).toBe(0);
    server = await set.startServer('b');
    await ports.settled([port], 'ACTIVE');
  });

  it('says that the server died with the report, and another has not taken over yet', async () => {
    expect((await set.run('pause')).exitCode).toBe(0);
    const [port = 0] = await ports.plant(1);
    await ports.plug([port]);
    await says(port, 'paused', 'resume');
    const other = await set.startServer('a', '--listener-ttl-ms', String(LONG_TTL_MS));
    other.signal('SIGSTOP');
    await server.kill();
    await says(port, 'server-lapsed', 'wait-for-takeover');
    other.signal('SIGCONT');
    expect((await set.run('resume')).exitCode).toBe(0);
    await ports.settled([port], 'ACTIVE');
  });
});

function opening(url: string): ReturnType<typeof openNorthbound> & AsyncDisposable {
  const northbound = openNorthbound(url, { clock: systemClock, random: systemRandom });
  return Object.assign(northbound, { [Symbol.asyncDispose]: () => northbound.close() });
}
