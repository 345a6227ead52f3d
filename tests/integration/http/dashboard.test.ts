import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chassisPath, EVENTS, FIRST_CHASSIS, QUARANTINE, STUCK } from '../../../dashboard/src/questions.js';
import { BROWSER, openBrowser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import { tabTo } from '../../support/keyboard.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { deviceOf, plantPort, portIdOf, setAge } from '../../support/neutron-rows.js';
import { REDIS } from '../../support/redis.js';
import { servePage } from '../../support/served-page.js';
import type { ServedPage } from '../../support/served-page.js';
import { openReconcileCloud } from '../cli/reconcile-cloud.js';
import type { ReconcileCloud } from '../cli/reconcile-cloud.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(!has('http/dashboard', { ...MARIADB, ...REDIS, ...BROWSER }))('the page of a server', () => {
  let cloud: ReconcileCloud;
  let browser: Browser;
  let page: Page;
  let served: ServedPage;
  /** What the browser complained of. */
  let complaints: string[];
  beforeAll(async () => {
    cloud = await openReconcileCloud();
    served = await servePage(cloud);
    browser = await openBrowser();
  });
  beforeEach(async () => {
    await cloud.reset();
    complaints = [];
    page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.goto(served.url);
    await page.getByRole('img', { name: 'n1 is live' }).waitFor();
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await served.close();
    await cloud.dispose();
  });

  /** What axe finds wrong, by rule. */
  async function violations(): Promise<readonly string[]> {
    await page.evaluate(AXE);
    return page.evaluate<string[]>('axe.run().then(({ violations }) => violations.map(({ id }) => id))');
  }

  async function plantStuck(): Promise<void> {
    await plantPort(cloud.rows, 2, {
      id: portIdOf(2),
      status: 'DOWN',
      blocks: ['L2'],
      deviceId: deviceOf(2),
    });
    await setAge(cloud.rows, 2, 10_000);
    await cloud.complete();
  }

  it('shows servers that join, fall silent and leave, as it happens', async () => {
    const ttlMs = 4000; // late for two of them: each second the page learns of it
    const member = await cloud.northbound.join({ id: 'n2', ttlMs, versions: [1, 2], program: '1' });
    const happened = page.getByRole('list').filter({ hasText: 'n2 joined' });
    await happened.waitFor();
    await page.getByText('n2 is late').waitFor();
    await page.getByText('n2 is lapsed').waitFor();
    await page.getByRole('img', { name: 'n2 is lapsed' }).waitFor();
    await cloud.northbound.leave(member);
    await page.getByText('n2 is gone').waitFor();
  });

  it('shows how fast all servers work, whichever of them serves the page', async () => {
    const members = await Promise.all(
      ['n2', 'n3'].map((id) => cloud.northbound.join({ id, ttlMs: 30_000, versions: [1, 2], program: '1' })),
    );
    const picture = page.getByRole('img', {
      name: '600/s are given to servers, 300/s are written, 120/s told to Nova',
    });
    let forMs = 0;
    await eventually(async () => {
      forMs += 1000;
      const done = { forMs, received: forMs * 0.3, written: forMs * 0.15, told: forMs * 0.06 };
      for (const member of members) await cloud.northbound.heartbeat(member, { done });
      expect(await picture.count()).toBe(1);
    });
  });

  it('asks what the benchmark of the page asks', async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.reload();
    await page.getByText('No chassis is lapsed.').waitFor();
    const api = `${served.url}api/v1/`;
    const questions = [EVENTS, STUCK.path, QUARANTINE.path, chassisPath(FIRST_CHASSIS)].map(
      (path) => api + path,
    );
    expect(asked.filter((url) => url.startsWith(api)).sort()).toEqual(questions.sort());
  });

  it('explains a port that Nova waits for, by the keyboard alone', async () => {
    await plantStuck();
    await page.reload();
    const button = page.getByRole('button', { name: portIdOf(2) });
    await button.waitFor();
    expect(await tabTo(page.getByRole('link', { name: 'Skip' }))).toEqual([]);
    await page.keyboard.press('Enter');
    const field = page.getByRole('textbox');
    expect(await tabTo(field)).toEqual(['region "Picture of the path"']);
    await page.keyboard.type(deviceOf(2));
    await page.keyboard.press('Enter');
    const story = page.getByRole('article');
    await story.waitFor();
    expect(await story.textContent()).toContain('not-on-switch');
    expect(await story.textContent()).toContain('check-vif-plugging');
    await tabTo(button);
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await field.inputValue()).toBe(portIdOf(2)));
  });

  it('turns the pages of chassis by the keyboard alone', async () => {
    for (let number = 0; number < 201; number++) await cloud.registerAnew(`rack-${number}`);
    await page.getByRole('radio', { name: /^live/ }).check();
    await page.getByText('1 to 100 of 202').waitFor();
    const next = page.getByRole('button', { name: 'Next' });
    await next.focus();
    await page.keyboard.press('Enter');
    await page.getByText('101 to 200 of 202').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('201 to 202 of 202').waitFor();
    await page.keyboard.press('Enter'); // which leads nowhere
    expect(await next.getAttribute('aria-disabled')).toBe('true');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByText('101 to 200 of 202').waitFor();
  });

  it('shows what is in quarantine, why, and the next step', async () => {
    await page.getByText('None is in quarantine.').waitFor();
    const bad = { revision: 1, incarnation: 'i', body: '{', reason: 'no JSON', server: 'n1' };
    await cloud.neutron.quarantine([{ portId: portIdOf(1), chassis: 'cn1', ...bad }], 10);
    await page.reload();
    const row = page.getByRole('row').filter({ hasText: `${portIdOf(1)}@cn1` });
    await row.waitFor();
    expect(await row.textContent()).toContain('restart-agent-and-drop');
    expect(await violations()).toEqual([]);
  });

  it('says so where there is no such port', async () => {
    await page.getByRole('textbox').fill('nobody');
    await page.getByRole('button', { name: 'Explain' }).click();
    const story = page.getByRole('article').filter({ hasText: 'nobody' });
    await eventually(async () => {
      expect(await story.getByRole('definition').allTextContents()).toEqual(['no-such-port', 'check-the-id']);
    });
  });

  it.each([
    ['light', 1200],
    ['dark', 1200],
    ['light', 360],
    ['dark', 360],
  ])(
    'has nothing that axe complains of, %s and %i pixels wide, and nothing beside the screen',
    async (theme, width) => {
      await plantStuck();
      await page.setViewportSize({ width, height: 900 });
      await page.reload();
      const turn = page.getByRole('button', { name: 'Dark' });
      if (theme === 'dark') await turn.click();
      await page.getByRole('textbox').fill(portIdOf(2));
      await page.getByRole('button', { name: 'Explain' }).click();
      await page.getByRole('article').waitFor();
      await page.getByRole('button', { name: portIdOf(2) }).waitFor();
      expect(await violations()).toEqual([]);
      const isWider = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
      expect(await page.evaluate<boolean>(isWider)).toBe(false);
      if (theme === 'dark') await turn.click();
    },
  );
});
