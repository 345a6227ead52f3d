import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { basename } from 'node:path';

/** Where figures come from. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGib: number;
  readonly node: string;
  readonly kernel: string | null;
  /** Where databases are while they are measured; null where the machine does not tell. */
  readonly temporaryFolder: TemporaryFolder | null;
}

interface TemporaryFolder {
  readonly filesystem: string;
  readonly source: string;
  /** As the kernel has it, which of a virtual disk may be wrong; null where it is no disk. */
  readonly disk: 'rotating' | 'solid' | null;
}

export function describeMachine(): Machine {
  const [first] = cpus();
  return {
    cores: cpus().length,
    processor: first?.model ?? 'unknown',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    kernel: release(),
    temporaryFolder: describeFolder(tmpdir()),
  };
}

function describeFolder(folder: string): TemporaryFolder | null {
  const found = answerOf('findmnt', '-no', 'FSTYPE,SOURCE', '-T', folder);
  const [filesystem, source] = found?.split(/\s+/) ?? [];
  if (filesystem === undefined || source === undefined) return null;
  return { filesystem, source, disk: diskOf(source) };
}

/** A partition's own folder has no queue; that of its disk is above it. */
function diskOf(source: string): TemporaryFolder['disk'] {
  const device = `/sys/class/block/${basename(source)}`;
  for (const path of [`${device}/queue/rotational`, `${device}/../queue/rotational`])
    try {
      return readFileSync(path, 'utf8').trim() === '1' ? 'rotating' : 'solid';
    } catch {
      continue;
    }
  return null;
}

/** What measurements write is no change of what is measured. */
const WRITTEN = [':(top,exclude)docs/performance', ':(top,exclude)docs/performance.md'];

/** The commit, with `+` where files differ from it; null outside a clone. */
export function commitOf(): string | null {
  const commit = answerOf('git', 'rev-parse', '--short=12', 'HEAD');
  const changes = answerOf('git', 'status', '--porcelain', '--', ':/', ...WRITTEN);
  if (commit === null || changes === null) return null;
  return changes === '' ? commit : `${commit}+`;
}

/** What a program says; null where there is none, or it fails. */
function answerOf(program: string, ...words: readonly string[]): string | null {
  try {
    return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}
