import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openNorthbound } from '../../../src/northbound/open.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { makeSqliteHome } from '../../support/sqlite-fixture.js';

const options = { clock: new VirtualClock(), random: seededRandom(1) };

it('memory: is a database of its own for each that opens it', async () => {
  const [one, other] = [openNorthbound('memory:', options), openNorthbound('memory:', options)];
  await one.registerChassis('cn1');
  expect(one.engine).toBe('memory');
  expect(await other.chassis()).toEqual([]);
});

it('sqlite:<path> is the database in that file', async () => {
  const { path } = makeHome();
  const [one, other] = [openNorthbound(`sqlite:${path}`, options), openNorthbound(`sqlite:${path}`, options)];
  await one.registerChassis('cn1');
  expect(one.engine).toBe('sqlite');
  expect(await other.chassis()).toMatchObject([{ chassis: 'cn1' }]);
  await Promise.all([one.close(), other.close()]);
});

it.each(['', 'sqlite', 'sqlite:', 'memory:x', 'mysql://127.0.0.1', 'northbound.db'])(
  'the URL %j is refused with the ones that are known',
  (url) => {
    expect(() => openNorthbound(url, options)).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: expect.stringContaining('sqlite:<path>') as string,
      }),
    );
  },
);

it('a file in a folder that does not exist is refused', () => {
  const { path } = makeHome();
  expect(() => openNorthbound(`sqlite:${join(path, 'no', 'such.db')}`, options)).toThrow(
    expect.objectContaining({ code: 'CONFIG' }),
  );
});

it('a folder in place of the file is refused', () => {
  const { path } = makeHome();
  mkdirSync(path);
  expect(() => openNorthbound(`sqlite:${path}`, options)).toThrow(
    expect.objectContaining({ code: 'CONFIG' }),
  );
});

function makeHome() {
  const home = makeSqliteHome();
  onTestFinished(() => home.remove());
  return home;
}
