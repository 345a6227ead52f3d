import type { ReportedStatus } from '../../../src/domain/report.js';
import { isNewer } from '../../../src/domain/revision.js';
import { decodeReport } from '../../../src/domain/wire.js';
import { MemoryNorthbound } from '../../../src/northbound/memory/memory-northbound.js';
import type { Delivery, Membership } from '../../../src/northbound/northbound.js';
import { CHASSIS } from './agent-bench.js';
import type { AgentBench } from './agent-bench.js';

interface Row {
  readonly epoch: number;
  readonly revision: number;
  readonly status: ReportedStatus;
  readonly attachment: string;
}

/** The smallest server: keeps the newest report of each port, and turns DOWN what a complete chassis has no record of. */
export class ModelLedger {
  readonly rows = new Map<string, Row>();
  readonly #bench: AgentBench;
  /** Incarnations in the order in which they came; the place is the epoch. */
  readonly #incarnations: string[] = [];

  constructor(bench: AgentBench) {
    this.#bench = bench;
    this.noteIncarnation();
  }

  /** To be called whenever the database may have a new one. */
  noteIncarnation(): void {
    const { incarnation } = this.#bench.database.state;
    if (!this.#incarnations.includes(incarnation)) this.#incarnations.push(incarnation);
  }

  /** Applies and acknowledges everything that is pending. */
  async serve(): Promise<void> {
    const northbound = new MemoryNorthbound(this.#bench.database);
    const membership = await northbound.join({ id: 'server-1', ttlMs: 3000, versions: [1], program: '1' });
    while ((await northbound.adopt(membership, { max: 100 })).more);
    for (const delivery of await receiveAll(northbound, membership)) {
      this.#judge(delivery);
      await northbound.acknowledge(membership, [delivery]);
    }
  }

  /** Turns DOWN what is older than the chassis' word that it is complete, and has no record. */
  async reconcile(): Promise<void> {
    const { complete } = await this.#bench.chassis();
    if (complete?.incarnation !== this.#bench.database.state.incarnation) return;
    const moment = { epoch: this.#incarnations.indexOf(complete.incarnation), revision: complete.revision };
    const stored = this.#bench.stored();
    for (const [portId, row] of this.rows)
      if (isNewer(moment, row) && !stored.has(portId)) this.rows.set(portId, { ...row, status: 'DOWN' });
  }

  #judge(delivery: Delivery): void {
    const decoded = decodeReport(delivery);
    if (decoded.kind !== 'report') throw new Error(`${CHASSIS} published what is ${decoded.kind}`);
    const { portId, revision, status, attachment } = decoded.report;
    const row = { epoch: this.#incarnations.indexOf(delivery.incarnation), revision, status, attachment };
    const before = this.rows.get(portId);
    if (before === undefined || isNewer(row, before)) this.rows.set(portId, row);
  }
}

async function receiveAll(
  northbound: MemoryNorthbound,
  membership: Membership,
): Promise<readonly Delivery[]> {
  const { backlog } = await northbound.heartbeat(membership);
  return backlog === 0 ? [] : northbound.receive(membership, { max: backlog });
}
