/** One key and its value, as etcd keeps it. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** Revision in which the key came into being; stays while the key is overwritten. */
  readonly created: number;
  /** Revision of its last write. */
  readonly modified: number;
  /** Id of the lease that it ends with; '0' where it has none. */
  readonly lease: string;
}

/** What is asked of one key or of a range of keys. */
export interface Range {
  readonly key: string;
  /** Exclusive; absent: the one key. */
  readonly end?: string | undefined;
  readonly limit?: number | undefined;
  /** `keys`: without values; `count`: how many there are, and nothing else. Default: everything. */
  readonly wanted?: 'keys' | 'count' | undefined;
  /** In the order in which the keys came into being; default: the order of the keys. */
  readonly isOldestFirst?: boolean | undefined;
}

export interface RangeAnswer {
  readonly kvs: readonly KeyValue[];
  /** How many there are, whatever the limit. */
  readonly count: number;
}

export type Write =
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: string;
      readonly lease?: string | undefined;
    }
  | { readonly kind: 'delete'; readonly key: string; readonly end?: string | undefined };

/** What must hold for a transaction to be carried out. */
export type Condition =
  | { readonly kind: 'modified'; readonly key: string; readonly revision: number }
  /** Last written in that revision or later; 0: whatever it is, and where there is none. */
  | { readonly kind: 'since'; readonly key: string; readonly revision: number }
  | { readonly kind: 'exists'; readonly key: string }
  | { readonly kind: 'value'; readonly key: string; readonly value: string };

/** As many comparisons and operations as etcd takes in one transaction by default (`--max-txn-ops`). */
export const MOST_OPERATIONS = 128;

export function at(key: string): Range {
  return { key };
}

/** All keys that begin so. */
export function under(prefix: string, options: Omit<Range, 'key' | 'end'> = {}): Range {
  return { key: prefix, end: endOf(prefix), ...options };
}

/** The first key after all that begin so. Prefixes end with `/`, so the next character is `0`. */
export function endOf(prefix: string): string {
  return `${prefix.slice(0, -1)}0`;
}

export function put(key: string, value: string, lease?: string): Write {
  return { kind: 'put', key, value, lease };
}

export function remove(key: string): Write {
  return { kind: 'delete', key };
}

export function removeUnder(prefix: string): Write {
  return { kind: 'delete', key: prefix, end: endOf(prefix) };
}

/** The key is as it was read: also where there was none. */
export function unchanged(key: string, read: KeyValue | undefined): Condition {
  return { kind: 'modified', key, revision: read?.modified ?? 0 };
}

export function exists(key: string): Condition {
  return { kind: 'exists', key };
}

export function absent(key: string): Condition {
  return unchanged(key, undefined);
}

/** Part of a transaction: what must hold for one report, and what is then written. */
export interface Plan {
  readonly conditions: readonly Condition[];
  readonly writes: readonly Write[];
}

/** The first of these plans that one transaction takes, beside so many conditions and writes that it has already. */
export function thatFit<P extends Plan>(
  plans: readonly P[],
  taken: { readonly conditions: number; readonly writes: number },
): readonly P[] {
  const conditions = new Set<string>();
  let writes = taken.writes;
  const tooMuch = plans.findIndex((plan) => {
    for (const condition of plan.conditions) conditions.add(nameOf(condition));
    writes += plan.writes.length;
    return taken.conditions + conditions.size > MOST_OPERATIONS || writes > MOST_OPERATIONS;
  });
  return tooMuch === -1 ? plans : plans.slice(0, tooMuch);
}

function nameOf({ kind, key }: Condition): string {
  return `${kind} ${key}`;
}

/** Each condition once. */
export function distinct(conditions: readonly Condition[]): readonly Condition[] {
  return [...new Map(conditions.map((condition) => [nameOf(condition), condition])).values()];
}

export function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString();
}

export function encodeRange({ key, end, limit, wanted, isOldestFirst }: Range): object {
  return {
    key: encode(key),
    range_end: end === undefined ? undefined : encode(end),
    limit,
    keys_only: wanted === 'keys' ? true : undefined,
    count_only: wanted === 'count' ? true : undefined,
    ...(isOldestFirst === true ? { sort_target: 'CREATE', sort_order: 'ASCEND' } : {}),
  };
}

export function encodeWrite(write: Write): object {
  if (write.kind === 'put') {
    const { key, value, lease } = write;
    return { request_put: { key: encode(key), value: encode(value), lease } };
  }
  const { key, end } = write;
  return {
    request_delete_range: { key: encode(key), range_end: end === undefined ? undefined : encode(end) },
  };
}

export function encodeCondition(condition: Condition): object {
  const key = encode(condition.key);
  switch (condition.kind) {
    case 'modified':
      return { key, target: 'MOD', result: 'EQUAL', mod_revision: condition.revision };
    case 'since':
      return { key, target: 'MOD', result: 'GREATER', mod_revision: condition.revision - 1 };
    case 'exists':
      return { key, target: 'CREATE', result: 'GREATER', create_revision: 0 };
    case 'value':
      return { key, target: 'VALUE', result: 'EQUAL', value: encode(condition.value) };
  }
}

/** A key and its value in etcd's JSON; numbers of 64 bits are text, what is zero is left out. */
export interface RawKeyValue {
  readonly key?: string;
  readonly value?: string;
  readonly create_revision?: string;
  readonly mod_revision?: string;
  readonly lease?: string;
}

export function decodeKeyValue({ key, value, create_revision, mod_revision, lease }: RawKeyValue): KeyValue {
  return {
    key: decode(key),
    value: decode(value),
    created: Number(create_revision ?? 0),
    modified: Number(mod_revision ?? 0),
    lease: lease ?? '0',
  };
}

export interface RawRangeAnswer {
  readonly kvs?: readonly RawKeyValue[];
  readonly count?: string;
}

export function decodeRange({ kvs = [], count }: RawRangeAnswer): RangeAnswer {
  return { kvs: kvs.map(decodeKeyValue), count: Number(count ?? 0) };
}
