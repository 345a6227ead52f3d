import type { NeutronRows } from '../neutron-rows.js';
import { LAST_OF_NETWORK } from './journal.js';
import type { Journal } from './journal.js';
import type { Rig } from './rig.js';

/** Tables that a history changes, each after those on which its rows hang. */
const TABLES = [
  ...(['standardattributes', 'ports', 'ml2_port_bindings', 'ml2_port_binding_levels'] as const),
  ...(['provisioningblocks', 'trunks'] as const),
  ...['reports', 'calls', 'quarantine', 'incarnations', 'settings'].map((name) => `port_status_${name}`),
];

/** What a database that fails over to a replica can have lost. */
const MOST_LOST_MS = 1000;

/** Makes room for the copy of each table. */
export async function makeRoomForSave(rows: NeutronRows): Promise<void> {
  await rows.run("attach ':memory:' as saved");
  for (const table of TABLES) await rows.run(`create table saved.${table} as select * from ${table} where 0`);
}

/** Neutron's database as its replica has it: where it fails over to that, the last commits are gone. */
export class NeutronSave {
  readonly #rig: Rig;
  readonly #journal: Journal;
  #saved: { readonly atMs: number; readonly entries: number } | undefined;

  constructor(rig: Rig, journal: Journal) {
    this.#rig = rig;
    this.#journal = journal;
  }

  async save(): Promise<void> {
    await this.#rig.inTransaction(async (rows) => {
      for (const table of TABLES) {
        await rows.run(`delete from saved.${table}`);
        await rows.run(`insert into saved.${table} select * from ${table} where ${isOfHistory(table)}`);
      }
      await this.#journal.catchUpIn(rows);
      this.#saved = { atMs: this.#rig.clock.monotonicMs(), entries: this.#journal.entries.length };
    });
  }

  /** @returns whether anything was lost: there is nothing to go back to, or only what is too old. */
  async restore(): Promise<boolean> {
    const saved = this.#saved;
    if (saved === undefined || this.#rig.clock.monotonicMs() - saved.atMs > MOST_LOST_MS) return false;
    await this.#rig.inTransaction(async (rows) => {
      await this.#journal.catchUpIn(rows);
      for (const table of TABLES.toReversed())
        await rows.run(`delete from ${table} where ${isOfHistory(table)}`);
      for (const table of TABLES) await rows.run(`insert into ${table} select * from saved.${table}`);
      await this.#journal.undo(saved.entries, rows);
    });
    return true;
  }
}

/** The network was there before. */
function isOfHistory(table: string): string {
  return table === 'standardattributes' ? `id > ${LAST_OF_NETWORK}` : 'true';
}
