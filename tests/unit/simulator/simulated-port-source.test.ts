import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { simulatedPortSource } from '../../../src/simulator/switch/simulated-port-source.js';
import { SimulatedSwitch } from '../../../src/simulator/switch/simulated-switch.js';

it('an agent that stops following the simulated switch waits for nothing more from it', async () => {
  const path = await openSwitch();
  const stop = new AbortController();
  const updates = simulatedPortSource(path, systemClock, seededRandom(1)).watch({ signal: stop.signal });
  const reader = updates[Symbol.asyncIterator]();
  await expect(reader.next()).resolves.toMatchObject({ value: { kind: 'dump' } });
  const next = reader.next();
  stop.abort(new Error('stopped'));
  await expect(next).rejects.toThrow('stopped');
});

async function openSwitch(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'simulated-switch-'));
  const path = join(folder, 'switch');
  const one = new SimulatedSwitch();
  await one.open(path);
  onTestFinished(async () => {
    await one.close();
    rmSync(folder, { recursive: true });
  });
  return path;
}
