import type { Pool } from 'mysql2/promise';
import type { NeutronRows } from './neutron-rows.js';

/**
 * Triggers see every write of a port's status in its own transaction, by whatever process: nothing that is committed is
 * missed, and a server that is killed takes none of it along. The ledger's row of the same transaction names the cause.
 */
const HISTORY = `
  create schema observed;
  create table observed.writes (no bigint primary key auto_increment, port varchar(36) not null, status varchar(16) not null,
    chassis varchar(255), epoch bigint, revision bigint, server varchar(255), key (port)) engine = InnoDB;
  create trigger neutron.observe_status after update on neutron.ports for each row
    insert into observed.writes (port, status) values (new.id, new.status);
  ${['insert', 'update']
    .map(
      (verb) => `create trigger port_status.observe_${verb} after ${verb} on port_status.reports for each row
    update observed.writes set chassis = new.chassis, epoch = new.epoch, revision = new.revision, server = new.server
    where port = new.port and status = new.status and chassis is null and new.verdict = 'applied';`,
    )
    .join('\n')}`;

/** Begins the record. Neutron's tables and the ledger's must be there; only what writes a status may update `ports`. */
export async function keepWriteHistory(admin: Pool): Promise<void> {
  await admin.query(HISTORY);
}

/** Writes beyond the first for one (port, chassis, epoch, revision), and writes that no report explains. */
export async function appliedTwice(rows: NeutronRows): Promise<number> {
  const [row] = await rows.run(
    'select count(*) - count(distinct port, chassis, epoch, revision) as twice from observed.writes',
  );
  return Number(row?.['twice']);
}

/** How many statuses were written at all. */
export async function writesOf(rows: NeutronRows): Promise<number> {
  const [row] = await rows.run('select count(*) as writes from observed.writes');
  return Number(row?.['writes']);
}
