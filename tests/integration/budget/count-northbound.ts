import { vi } from 'vitest';
import type { Envelope } from '../../../src/domain/wire.js';
import type { Northbound } from '../../../src/northbound/northbound.js';
import { Session } from '../../../src/northbound/sqlite/session.js';
import type { Figures } from './figures.js';

/** What was asked of a northbound database at its interface, whatever the engine. */
export class NorthboundCount {
  /** By verb: each call is one round trip to an engine that is another program. */
  readonly calls: Record<string, number> = {};
  /** Reports that went to it or came from it. */
  envelopes = 0;
  /** Their size as JSON. */
  envelopeBytes = 0;
  acknowledged = 0;
  /** Grows with every call that is made or has ended. */
  moves = 0;
  /** The ways by which the engine for SQLite carries out a statement. */
  readonly #sessions = (['rows', 'run', 'exec'] as const).map((way) => vi.spyOn(Session.prototype, way));

  figures(): Figures {
    const statements = this.#sessions.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    const { envelopes, envelopeBytes } = this;
    return { calls: { ...this.calls }, envelopes, envelopeBytes, statements };
  }

  /** Stops counting statements. */
  end(): void {
    for (const session of this.#sessions) session.mockRestore();
  }

  /** The same database, its calls counted. */
  reach(northbound: Northbound): Northbound {
    return new Proxy(northbound, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const call = value.bind(target) as (...args: readonly unknown[]) => Promise<unknown>;
        return (...args: readonly unknown[]) => this.#count(String(name), args, () => call(...args));
      },
    });
  }

  async #count(verb: string, args: readonly unknown[], call: () => Promise<unknown>): Promise<unknown> {
    this.calls[verb] = (this.calls[verb] ?? 0) + 1;
    this.moves += 1;
    if (verb === 'publish') this.#countEnvelopes(args[1]);
    try {
      const answer = await call();
      this.#countEnvelopes(answer);
      if (verb === 'acknowledge') this.acknowledged += Number(answer);
      return answer;
    } finally {
      this.moves += 1;
    }
  }

  #countEnvelopes(value: unknown): void {
    if (!Array.isArray(value)) return;
    const envelopes = value.filter(isEnvelope);
    this.envelopes += envelopes.length;
    for (const envelope of envelopes) this.envelopeBytes += sizeOf(envelope);
  }
}

function isEnvelope(value: unknown): value is Envelope {
  return typeof value === 'object' && value !== null && 'body' in value;
}

function sizeOf({ portId, chassis, revision, version, isDown, body }: Envelope): number {
  return Buffer.byteLength(JSON.stringify({ portId, chassis, revision, version, isDown, body }));
}
