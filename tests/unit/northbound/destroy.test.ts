import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { remainsOf } from '../../../src/northbound/destroy.js';
import { openNorthbound } from '../../../src/northbound/open.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';

const options = { clock: new VirtualClock(), random: seededRandom(1) };

describe('northbound data in a file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'port-status-destroy-'));
    path = join(folder, 'nb.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function useOnce(): Promise<void> {
    const northbound = openNorthbound(`sqlite:${path}`, options);
    await northbound.join({ id: 'A', ttlMs: 3000, versions: [1], program: '1' });
    await northbound.close();
  }

  it('is removed with all that stands beside it, and nothing else', async () => {
    await useOnce();
    writeFileSync(`${path}-of-someone-else`, '');
    const remains = await remainsOf(`sqlite:${path}`, options);
    expect(remains.traces).toEqual(expect.arrayContaining([path, `${path}-mark`, `${path}-doorbells`]));
    await remains.destroy();
    expect(readdirSync(folder)).toEqual(['nb.db-of-someone-else']);
  });

  it('is removed to the end after a crash half-way', async () => {
    await useOnce();
    rmSync(path);
    await (await remainsOf(`sqlite:${path}`, options)).destroy();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is left alone where it is not ours', async () => {
    writeFileSync(path, 'a diary');
    const remains = await remainsOf(`sqlite:${path}`, options);
    await expect(remains.destroy()).rejects.toMatchObject({ code: 'LAYOUT' });
    expect(existsSync(path)).toBe(true);
  });

  it('can be looked at without a trace, and not be changed then', async () => {
    await useOnce();
    const before = readdirSync(folder);
    const northbound = openNorthbound(`sqlite:${path}`, { ...options, isReadOnly: true });
    expect(await northbound.listeners()).toMatchObject([{ id: 'A' }]);
    await expect(northbound.registerChassis('cn1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await northbound.close();
    expect(readdirSync(folder)).toEqual(before);
  });

  it('is not made by whoever only looks', async () => {
    const northbound = openNorthbound(`sqlite:${path}`, { ...options, isReadOnly: true });
    await expect(northbound.listeners()).rejects.toMatchObject({ code: 'CONFIG' });
    await northbound.close();
    expect(readdirSync(folder)).toEqual([]);
  });
});

it('data in memory can not be removed: it ends with its process', async () => {
  await expect(remainsOf('memory:', options)).rejects.toThrow('sqlite:<path>');
});
