import type { ComparedPort } from '../../neutron/neutron.js';
import { KINDS } from './finding.js';
import type { Kind } from './finding.js';
import type { Ended } from './mend.js';

/** Silent ports that are named; all are counted. */
const MOST_NAMED = 1000;

/** What one run saw and did, in numbers, so that it takes no more memory where more is wrong. */
export class Account {
  /** Rows that were read. */
  readonly read = { records: 0, ledger: 0, ports: 0 };
  readonly found: Record<Kind, number> = { ...NONE };
  mended = 0;
  left = 0;
  silent = 0;
  /** The first of the silent ports. */
  readonly silentPorts: ComparedPort[] = [];

  note({ finding, end }: Ended): void {
    this.found[finding.kind]++;
    this[end.kind]++;
  }

  noteSilent(ports: readonly ComparedPort[]): void {
    this.silent += ports.length;
    this.silentPorts.push(...ports.slice(0, MOST_NAMED - this.silentPorts.length));
  }

  get exitCode(): number {
    return this.left === 0 ? 0 : 1;
  }
}

const NONE = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
