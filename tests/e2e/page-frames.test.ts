import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNeutron } from '../../src/neutron/sql/store.js';
import type { Neutron } from '../../src/neutron/neutron.js';
import { systemClock } from '../../src/runtime/clock.js';
import { systemRandom } from '../../src/runtime/random.js';
import { openTables, rowsOf } from '../../src/simulator/histories/rig.js';
import { BROWSER, openBrowser } from '../support/browser.js';
import { CrowdedCloud } from '../support/crowded-cloud.js';
import { percentile, recordFrames, takeFrames } from '../support/frames.js';
import { has } from '../support/needs.js';
import { deviceOf, plantPort, portIdOf, setAge } from '../support/neutron-rows.js';
import { servePage } from '../support/served-page.js';
import type { ServedPage } from '../support/served-page.js';

const CROWD = { chassis: 10_000, servers: 64, reportsPerSecond: 500 };
/** What a frame may take at the most, at the 95th percentile. */
const BOUND_MS = 50;
/** What is measured at once. */
const MEASURED_MS = 10_000;
/**
 * How often it is measured at the most. Who else works on this machine can make frames longer and not shorter: the page
 * keeps the bound if it does so once.
 */
const ATTEMPTS = 3;
/** Ports that Nova waits for: the table of them is full. */
const STUCK = 50;

describe.skipIf(!has('e2e/page-frames', BROWSER))(
  'the page of a server among 64, with 10,000 chassis',
  () => {
    const cloud = new CrowdedCloud(CROWD);
    const end = new AbortController();
    let neutron: Neutron;
    let served: ServedPage;
    let played: Promise<void>;
    let browser: Browser;
    let page: Page;
    beforeAll(async () => {
      neutron = await openNeutron();
      served = await servePage({ northbound: cloud.northbound, neutron });
      played = cloud.play(served.metrics, end.signal).catch((error: unknown) => {
        if (!end.signal.aborted) throw error;
      });
      browser = await openBrowser();
      page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
      await page.goto(served.url);
      await page.getByRole('img', { name: '10000 compute nodes are live' }).waitFor();
      await page.getByRole('img', { name: '64 servers' }).waitFor();
    });
    afterAll(async () => {
      await browser.close();
      end.abort(new Error('the test is over'));
      await played;
      await served.close();
      await neutron.close();
    });

    it('takes less than 50 ms for a frame at the 95th percentile, whatever somebody does there', async () => {
      await page.getByRole('radio', { name: 'live' }).check();
      await page.getByRole('status').filter({ hasText: '1 to 100 of 10,000' }).waitFor();
      await recordFrames(page);
      cloud.silence('net64');
      const measured: number[] = [];
      while (measured.length < ATTEMPTS && !measured.some((ms) => ms < BOUND_MS))
        measured.push(percentile(await measureFrames(), 0.95));
      process.stderr.write(
        `frames at the 95th percentile: ${measured.map((ms) => ms.toFixed(1)).join(', ')} ms\n`,
      );
      expect(Math.min(...measured)).toBeLessThan(BOUND_MS);
      await page.getByText('net64 is gone, and its topic was taken over').waitFor();
      await page.getByRole('img', { name: /[1-9]\d*\/s are written/ }).waitFor();
    });

    async function measureFrames(): Promise<readonly number[]> {
      await takeFrames(page);
      await useFor(MEASURED_MS);
      const frames = await takeFrames(page);
      expect(sum(frames)).toBeGreaterThanOrEqual(MEASURED_MS);
      return frames;
    }

    /** Searches, turns pages, scrolls and changes the theme, one after the other. */
    async function useFor(ms: number): Promise<void> {
      const endMs = systemClock.monotonicMs() + ms;
      for (let turn = 0; systemClock.monotonicMs() < endMs; turn++) {
        await page.getByRole('button', { name: 'Dark' }).click();
        await page.getByRole('textbox').fill(deviceOf(turn % STUCK));
        await page.getByRole('button', { name: 'Explain' }).click();
        await page
          .getByRole('article')
          .filter({ hasText: portIdOf(turn % STUCK) })
          .waitFor();
        await scroll(page.getByRole('region', { name: 'Table of chassis' }));
        await page.getByRole('button', { name: 'Next' }).click();
        await page.getByRole('searchbox').fill(turn % 2 === 0 ? '77' : '');
        await page.getByRole('searchbox').press('Enter');
        await scroll(page.getByRole('region', { name: 'Table of servers' }));
        await page.mouse.wheel(0, -20_000);
      }
    }

    async function scroll(place: Locator): Promise<void> {
      await place.hover();
      for (const by of [400, 400, 400, -600, -600]) await page.mouse.wheel(0, by);
    }
  },
);

async function openNeutron(): Promise<Neutron> {
  const store = await openTables(systemClock);
  const rows = rowsOf(store.db);
  for (let number = 0; number < STUCK; number++) {
    const port = { id: portIdOf(number), status: 'DOWN', blocks: ['L2'], deviceId: deviceOf(number) };
    await plantPort(rows, number, port);
    await setAge(rows, number, 10_000);
  }
  return createNeutron(store, { clock: systemClock, random: systemRandom });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
