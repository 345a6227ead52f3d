import { run } from '../../../src/cli/run.js';
import type { World } from '../../../src/cli/world.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A world on the host `host-1` without environment and files, and what was written in it. */
export function testWorld(
  over: Partial<World> & { readonly files?: Readonly<Record<string, string>> } = {},
): {
  readonly world: World;
  readonly written: { stdout: string; stderr: string };
} {
  const written = { stdout: '', stderr: '' };
  const world: World = {
    environment: {},
    hostName: 'host-1',
    version: '1.2.3',
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    signal: new AbortController().signal,
    outputClosed: new AbortController().signal,
    heedHangUp: () => undefined,
    onExit: () => () => undefined,
    clock: new VirtualClock(),
    random: seededRandom(1),
    readFile: (path) => {
      const text = over.files?.[path];
      if (text === undefined) throw Object.assign(new Error(`no such file, ${path}`), { code: 'ENOENT' });
      return text;
    },
    ...over,
  };
  return { world, written };
}

/** Runs one command line in a test world. */
export async function runIn(line: string, over: Parameters<typeof testWorld>[0] = {}): Promise<Ran> {
  const { world, written } = testWorld(over);
  const exitCode = await run(line.split(' ').filter(Boolean), world);
  return { exitCode, ...written };
}
