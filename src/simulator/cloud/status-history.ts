import type { Database } from 'libsql';
import { isBusy } from './group-writes.js';

/** The report for which a server wrote a status, as the ledger has it in the same transaction. */
export interface Cause {
  readonly chassis: string;
  readonly epoch: number;
  readonly revision: number;
  readonly attachment: string;
  readonly server: string;
}

/** One write of a port's status, whoever made it and whether or not it changed anything. */
export interface StatusChange {
  readonly no: number;
  readonly portId: string;
  readonly from: string;
  readonly to: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly author: 'server' | 'neutron';
  /** Absent where Neutron wrote, or where no report in the ledger explains the write. */
  readonly cause?: Cause | undefined;
}

/**
 * Triggers see every write to the file, by whatever process, in its own transaction: nothing that is committed is missed,
 * and a server that is killed takes none of it along. They rely on no counter of the servers.
 */
const HISTORY = `
create table demo_author (name text not null);
insert into demo_author values ('server');

create table demo_history (
  no integer primary key, port text not null, previous text not null, status text not null, at integer not null,
  author text not null, chassis text, epoch integer, revision integer, attachment text, server text);
create index demo_history_port on demo_history (port);

create trigger demo_status after update of status on ports begin
  insert into demo_history (port, previous, status, at, author)
  select new.id, old.status, new.status, cast((julianday('now') - 2440587.5) * 86400000 as integer), name from demo_author;
end;
${['insert', 'update']
  .map(
    (verb) => `
create trigger demo_cause_of_${verb} after ${verb} on port_status_reports when new.verdict = 'applied' begin
  update demo_history set chassis = new.chassis, epoch = new.epoch, revision = new.revision,
    attachment = new.attachment, server = new.server
  where port = new.port and author = 'server' and chassis is null and status = new.status;
end;`,
  )
  .join('')}`;

/** Begins the record. The ledger's tables must be there. */
export function keepHistory(database: Database): void {
  database.exec(HISTORY);
}

/** Does what Neutron does to a port's status, inside a transaction. @returns the number of the newest change. */
export function writeAsNeutron(database: Database, write: () => void): number {
  database.exec("update demo_author set name = 'neutron'");
  write();
  database.exec("update demo_author set name = 'server'");
  const row = database.prepare('select max(no) as no from demo_history').get() as { readonly no: number };
  return row.no;
}

interface Row {
  readonly no: number;
  readonly port: string;
  readonly previous: string;
  readonly status: string;
  readonly at: number;
  readonly author: 'server' | 'neutron';
  readonly chassis: string | null;
  readonly epoch: number;
  readonly revision: number;
  readonly attachment: string;
  readonly server: string;
}

/** The changes after that number; none where the file can not be read at this moment. */
export function readHistory(database: Database, after: number): readonly StatusChange[] {
  try {
    const rows = database.prepare('select * from demo_history where no > ? order by no').all(after) as Row[];
    return rows.map(toChange);
  } catch (error) {
    if (isBusy(error)) return [];
    throw error;
  }
}

function toChange({ no, port, previous, status, at, author, chassis, ...rest }: Row): StatusChange {
  const { epoch, revision, attachment, server } = rest;
  const cause = chassis === null ? undefined : { chassis, epoch, revision, attachment, server };
  return { no, portId: port, from: previous, to: status, at, author, cause };
}
