import { z } from 'zod';
import { parseJson } from '../../domain/json.js';
import type { Clock } from '../../runtime/clock.js';
import { Boot } from './boots.js';
import type { BootRequest } from './boots.js';
import type { FakeKeystone } from './keystone.js';
import { Loopback } from './loopback.js';
import type { RecordedRequest, Reply } from './loopback.js';
import type { Trouble } from './trouble.js';

/** How many of the newest events and boots are kept for those who look. */
const MAX_KEPT = 100_000;

/** Source: Nova's `api/openstack/compute/schemas/server_external_events.py`, microversions 2.0 to 2.50. */
const bodySchema = z.strictObject({
  events: z
    .array(
      z.strictObject({
        server_uuid: z.guid(),
        name: z.enum([
          'network-changed',
          'network-vif-plugged',
          'network-vif-unplugged',
          'network-vif-deleted',
        ]),
        status: z.enum(['failed', 'completed', 'in-progress']).optional(),
        tag: z.string().max(255).optional(),
      }),
    )
    .min(1),
});

type NovaEvent = z.infer<typeof bodySchema>['events'][number];

/** An event that Nova passed on to the server's compute node. */
export interface HeardEvent extends NovaEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * A Nova that takes external events as the real one does, and boots guests that wait for them.
 *
 * An event for a guest that does not wait yet is accepted and lost, as in the real one.
 */
export class FakeNova {
  /** What is said where no event of a batch is accepted: 207 since Ussuri, 404 before (bug 1855752). */
  noneAcceptedStatus: 207 | 404 = 207;
  /** Nova's `max_request_body_size`, or less for a stricter proxy before it. */
  maxBodyBytes = 114_688;
  /** A tag that makes a batch fail with 400, for a reason that only this Nova knows. */
  poison: string | undefined;
  /** Every event that was passed on, the oldest first. */
  readonly heard: HeardEvent[] = [];
  readonly #clock: Clock;
  readonly #keystone: FakeKeystone;
  readonly #loopback: Loopback;
  readonly #hasHost = new Map<string, boolean>();
  readonly #boots: Boot[] = [];
  /** Boots by server and port; those that have ended are taken out when the next event of theirs comes. */
  readonly #waiting = new Map<string, Boot[]>();

  constructor(clock: Clock, keystone: FakeKeystone) {
    this.#clock = clock;
    this.#keystone = keystone;
    this.#loopback = new Loopback(clock, (request) => this.#answer(request));
  }

  get trouble(): Trouble {
    return this.#loopback.trouble;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#loopback.requests;
  }

  /** The newest boots, the oldest first. */
  get boots(): readonly Boot[] {
    return this.#boots;
  }

  /** Begins to listen. @returns the compute endpoint: `http://127.0.0.1:8774/v2.1`. */
  async open(): Promise<string> {
    return `${await this.#loopback.open()}/v2.1`;
  }

  async close(): Promise<void> {
    for (const boot of [...this.#waiting.values()].flat()) boot.end('abandoned');
    await this.#loopback.close();
  }

  /** Records an instance; one without a host is answered with 422. */
  addServer(serverId: string, { hasHost = true }: { readonly hasHost?: boolean } = {}): void {
    this.#hasHost.set(serverId, hasHost);
  }

  /** Forgets an instance: from now on it is answered with 404, and its boots are abandoned. */
  removeServer(serverId: string): void {
    this.#hasHost.delete(serverId);
    for (const boot of [...this.#waiting.values()].flat()) {
      if (boot.serverId === serverId) boot.end('abandoned');
    }
  }

  /** Begins to boot a guest, which waits for its network-vif-plugged from now until the deadline. */
  boot(request: BootRequest): Boot {
    this.addServer(request.serverId);
    const boot = new Boot(this.#clock, request);
    this.#boots.push(boot);
    if (this.#boots.length > MAX_KEPT) this.#boots.shift();
    const key = keyOf(request.serverId, request.portId);
    this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), boot]);
    return boot;
  }

  /** Checks in the order of Nova's pipeline: size, token, route, schema, policy. */
  #answer(request: RecordedRequest): Reply {
    if (Buffer.byteLength(request.body) > this.maxBodyBytes)
      return { status: 413, body: 'Request is too large.' };
    const holder = this.#keystone.validate([request.headers['x-auth-token']].flat()[0]);
    if (holder === undefined)
      return fault(401, 'error', 'The request you have made requires authentication.');
    if (request.method !== 'POST' || request.path !== '/v2.1/os-server-external-events') {
      return { status: 404, body: 'The resource could not be found.' };
    }
    const parsed = bodySchema.safeParse(parseJson(request.body));
    if (!parsed.success) return fault(400, 'badRequest', z.prettifyError(parsed.error));
    const isPoisoned = parsed.data.events.some(({ tag }) => tag !== undefined && tag === this.poison);
    if (isPoisoned) return fault(400, 'badRequest', 'Invalid input.');
    if (!holder.roles.includes('service')) return fault(403, 'forbidden', 'Policy does not allow it.');
    return this.#take(parsed.data.events);
  }

  #take(events: readonly NovaEvent[]): Reply {
    const answers = events.map((event) => ({ ...event, ...this.#outcomeOf(event) }));
    const rejected = answers.filter(({ code }) => code !== 200).length;
    if (rejected === answers.length && this.noneAcceptedStatus === 404) {
      return fault(404, 'itemNotFound', 'No instances found for any event');
    }
    for (const event of events) if (this.#hasHost.get(event.server_uuid) === true) this.#passOn(event);
    return { status: rejected === 0 ? 200 : 207, body: { events: answers } };
  }

  #outcomeOf({ server_uuid }: NovaEvent): { readonly status: string; readonly code: number } {
    const hasHost = this.#hasHost.get(server_uuid);
    if (hasHost === undefined) return { status: 'failed', code: 404 };
    return hasHost ? { status: 'completed', code: 200 } : { status: 'failed', code: 422 };
  }

  #passOn(event: NovaEvent): void {
    this.heard.push({ ...event, at: this.#clock.now() });
    if (this.heard.length > 2 * MAX_KEPT) this.heard.splice(0, MAX_KEPT); // one by one would move all others each time
    if (event.name !== 'network-vif-plugged') return;
    const key = keyOf(event.server_uuid, event.tag ?? '');
    for (const boot of this.#waiting.get(key) ?? [])
      boot.end(event.status === 'failed' ? 'failed' : 'booted');
    this.#waiting.delete(key);
  }
}

function keyOf(serverId: string, portId: string): string {
  return `${serverId}/${portId}`;
}

function fault(code: number, name: string, message: string): Reply {
  return { status: code, body: { [name]: { code, message } } };
}
