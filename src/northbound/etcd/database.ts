import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';
import { Ages } from './ages.js';
import type { Gateway } from './gateway.js';
import { Keys } from './layout.js';
import { encodeCondition, encodeRange, encodeWrite, decodeRange } from './operations.js';
import type { Condition, Range, RangeAnswer, RawRangeAnswer, Write } from './operations.js';
import { Vigil } from './vigil.js';

export interface EtcdDatabaseOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Ours is what stands under `/<namespace>/`. */
  readonly namespace: string;
  /** Whether nothing may be made or changed. Default false. */
  readonly isReadOnly?: boolean | undefined;
}

/** A transaction's answer. */
export interface Outcome {
  readonly clusterId: string;
  /** The revision of the data, which every writing transaction moves on by one. */
  readonly revision: number;
  /** Whether all conditions held. */
  readonly succeeded: boolean;
  /** Of the reads, in their order. */
  readonly answers: readonly RangeAnswer[];
}

interface RawOutcome {
  readonly header: { readonly cluster_id: string; readonly revision?: string };
  readonly succeeded?: boolean;
  readonly responses?: readonly { readonly response_range?: RawRangeAnswer }[];
}

/** One client's view of the data in one namespace, and what it remembers from verb to verb. */
export class EtcdDatabase {
  readonly options: EtcdDatabaseOptions;
  readonly gateway: Gateway;
  readonly keys: Keys;
  readonly ages: Ages;
  readonly vigil = new Vigil();

  constructor(gateway: Gateway, options: EtcdDatabaseOptions) {
    this.options = options;
    this.gateway = gateway;
    this.keys = new Keys(options.namespace);
    this.ages = new Ages(gateway, options.clock);
  }

  /** Reads several ranges as they are at one moment. */
  async range(ranges: readonly Range[], signal: AbortSignal): Promise<Outcome> {
    const success = ranges.map((range) => ({ request_range: encodeRange(range) }));
    return decodeOutcome(
      await this.gateway.call({ path: '/v3/kv/txn', body: { success }, isRepeatable: true }, signal),
    );
  }

  /** Writes where the conditions hold, all or nothing, and reads what is asked for in the same step. */
  async transact({ when, then, read = [] }: Transaction, signal: AbortSignal): Promise<Outcome> {
    const compare = when.map(encodeCondition);
    const reads = read.map((range) => ({ request_range: encodeRange(range) }));
    const success = [...then.map(encodeWrite), ...reads];
    const body = { compare, success };
    return decodeOutcome(await this.gateway.call({ path: '/v3/kv/txn', body, isRepeatable: false }, signal));
  }
}

export interface Transaction {
  readonly when: readonly Condition[];
  readonly then: readonly Write[];
  readonly read?: readonly Range[] | undefined;
}

function decodeOutcome(answer: unknown): Outcome {
  const { header, succeeded = false, responses = [] } = answer as RawOutcome;
  return {
    clusterId: header.cluster_id,
    revision: Number(header.revision ?? 0),
    succeeded,
    answers: responses.flatMap(({ response_range: range }) =>
      range === undefined ? [] : [decodeRange(range)],
    ),
  };
}
