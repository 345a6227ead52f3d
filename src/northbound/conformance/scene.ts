import assert from 'node:assert/strict';
import { hasCode } from '../../domain/errors.js';
import type { ErrorCode } from '../../domain/errors.js';
import type { Envelope } from '../../domain/wire.js';
import type { ChassisRegistration, Delivery, Membership, Northbound, StoredReport } from '../northbound.js';
import type { EngineFixture } from './fixture.js';

export type Cases = Readonly<Record<string, (scene: Scene) => Promise<void>>>;

/** One test's database and the connections that the test opened. */
export class Scene {
  readonly fixture: EngineFixture;
  readonly ttlMs: number;
  readonly #connections: Northbound[] = [];

  constructor(fixture: EngineFixture) {
    this.fixture = fixture;
    this.ttlMs = fixture.ttlMs;
  }

  async connect(): Promise<Northbound> {
    const connection = await this.fixture.connect();
    this.#connections.push(connection);
    return connection;
  }

  /** A local controller on a connection of its own. */
  async agent(chassis = 'cn1'): Promise<Agent> {
    const northbound = await this.connect();
    return new Agent(northbound, await northbound.registerChassis(chassis));
  }

  /** A server on a connection of its own. */
  async server(id: string): Promise<Server> {
    const northbound = await this.connect();
    return new Server(
      northbound,
      await northbound.join({ id, ttlMs: this.ttlMs, versions: [1], program: '1' }),
    );
  }

  /** Lets so many ttls pass. */
  async pass(ttls: number): Promise<void> {
    await this.fixture.advance(Math.ceil(this.ttlMs * ttls));
  }

  async end(): Promise<void> {
    for (const connection of this.#connections) await connection.close();
    await this.fixture.end();
  }
}

export class Agent {
  constructor(
    readonly northbound: Northbound,
    readonly registration: ChassisRegistration,
  ) {}

  /** Publishes reports of its chassis. */
  publish(...envelopes: readonly Envelope[]): Promise<{ readonly stored: number; readonly late: number }> {
    return this.northbound.publish(this.registration, envelopes);
  }

  /** The stored records of these ports of its chassis. */
  async stored(...numbers: readonly number[]): Promise<readonly StoredReport[]> {
    const { chassis } = this.registration;
    return this.northbound.lookUp(numbers.map((number) => ({ chassis, portId: portId(number) })));
  }
}

export class Server {
  constructor(
    readonly northbound: Northbound,
    readonly membership: Membership,
  ) {}

  receive(max = 100): Promise<readonly Delivery[]> {
    return this.northbound.receive(this.membership, { max });
  }

  /** So many, however many calls it takes: one that was woken for the first need not know of the next yet. */
  async receiveAll(count: number): Promise<readonly Delivery[]> {
    const deliveries: Delivery[] = [];
    while (deliveries.length < count) deliveries.push(...(await this.receive()));
    return deliveries;
  }

  acknowledge(deliveries: readonly Delivery[]): Promise<number> {
    return this.northbound.acknowledge(this.membership, deliveries);
  }

  adopt(max = 100): ReturnType<Northbound['adopt']> {
    return this.northbound.adopt(this.membership, { max });
  }

  heartbeat(): ReturnType<Northbound['heartbeat']> {
    return this.northbound.heartbeat(this.membership);
  }

  async backlog(): Promise<number> {
    return (await this.heartbeat()).backlog;
  }

  leave(): Promise<void> {
    return this.northbound.leave(this.membership);
  }
}

/** The id of test port number so and so; their order is the numbers'. */
export function portId(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export interface ReportTraits {
  readonly chassis?: string;
  readonly isDown?: boolean;
}

/** What the chassis says of a port in a revision. */
export function say(
  port: number,
  revision: number,
  { chassis = 'cn1', isDown = false }: ReportTraits = {},
): Envelope {
  const body = JSON.stringify({ status: isDown ? 'DOWN' : 'ACTIVE', text: `${port} ☃ ${revision}` });
  return { portId: portId(port), chassis, revision, version: 1, isDown, body };
}

/** Ports `first` to `last`, each in a revision of its own: `first` to `last` too. */
export function sayRange(first: number, last: number, traits?: ReportTraits): readonly Envelope[] {
  return Array.from({ length: last - first + 1 }, (_, index) => say(first + index, first + index, traits));
}

/** The (port, revision) of deliveries or records, as short text: `['1@7']`. */
export function brief(reports: readonly { readonly portId: string; readonly revision: number }[]): string[] {
  return reports.map((report) => `${Number.parseInt(report.portId.slice(-12), 16)}@${report.revision}`);
}

/** Asserts that the call is refused with that code. */
export async function refused(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(hasCode(error, code), `expected ${code}, got ${String(error)}`);
    return true;
  });
}
