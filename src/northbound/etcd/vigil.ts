import type { MetaRecord } from './layout.js';
import type { Condition, KeyValue } from './operations.js';

/** What a client knows of the data, by which it notices that writes were lost. */
interface Seen {
  readonly meta: Meta;
  /** The greatest revision that an answer bore in this incarnation. */
  readonly revision: number;
}

/** What an answer bears, whatever was asked. */
interface Bearing {
  readonly clusterId: string;
  readonly revision: number;
}

/** What `meta` says, and its very text. */
export interface Meta extends MetaRecord {
  readonly text: string;
}

/**
 * Notices that the data may have lost writes. It then gets a new incarnation. That is so when
 *
 * - there is no `meta`: the data is new, or all of it was lost;
 * - `meta` was written in another cluster: a snapshot was restored as etcd's manual says, under a new cluster token;
 * - an answer bears a lower revision than one before it;
 * - what a chassis published has gone, though it was stored: see `expect`.
 *
 * The last two need somebody who remembers: whoever lost a write notices it as soon as it speaks again, and one is enough.
 */
export class Vigil {
  #seen: Seen | undefined;
  /** Revisions in which this client last wrote a key, in the incarnation that it has seen. */
  readonly #written = new Map<string, number>();

  get seen(): Seen | undefined {
    return this.#seen;
  }

  /** Why an answer shows that writes were lost since `before` was seen; undefined where it does not. */
  doubt(
    meta: Meta | undefined,
    { clusterId, revision }: Bearing,
    before: Seen | undefined,
  ): string | undefined {
    if (meta === undefined) return 'there is no data';
    if (meta.origin !== clusterId) return 'the data comes from another cluster';
    const wentBack = meta.incarnation === before?.meta.incarnation && revision < before.revision;
    return wentBack ? 'the data has an earlier revision than before' : undefined;
  }

  /** Remembers what an answer bore that is in no doubt. */
  note(meta: Meta, revision: number): void {
    const isSame = this.#seen?.meta.incarnation === meta.incarnation;
    if (!isSame) this.#written.clear();
    this.#seen = { meta, revision: Math.max(revision, isSame ? (this.#seen?.revision ?? 0) : 0) };
  }

  /** Remembers that this client has written the key. */
  expect(key: string, revision: number): void {
    this.#written.set(key, revision);
  }

  /** Whether the key is older than what this client has written there. */
  isLost(key: string, found: KeyValue | undefined): boolean {
    return (found?.modified ?? 0) < this.#expected(key);
  }

  /** The same inside a transaction: that it is not. */
  isNotLost(key: string): Condition {
    return { kind: 'since', key, revision: this.#expected(key) };
  }

  #expected(key: string): number {
    return this.#written.get(key) ?? 0;
  }
}
