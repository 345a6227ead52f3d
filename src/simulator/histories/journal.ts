import type { NeutronRows } from '../neutron-rows.js';
import type { Binding, Entry, LedgerRow, Port, Undone } from './history.js';

/** A port as its rows stand, with its active binding. */
const PORT = `'port', id, 'status', status, 'isAdminUp', isAdminUp, 'owner', owner, 'device', device,
  'isTrunkParent', isTrunkParent, 'blocks', blocks, 'host', host, 'vifType', vifType, 'driver', driver`;

const AUTHOR = `'author', (select name from journal_author)`;

/** Notes `fields` with the port of that standard attribute as it stands after the change. */
function note(fields: string, sid: string): string {
  return `insert into journal (entry) select json_object(${fields}, ${AUTHOR}, ${PORT}) from journal_ports where sid = ${sid};`;
}

/** Whether Nova heard the word of a row that was not written since: the row is in a call that is gone. */
function wasHeard(row: string): string {
  return `(${row}.claimed_no > ${row}.told_no and ${row}.claim_generation = ''
    and not exists (select 1 from port_status_calls where nonce = ${row}.claim_nonce))`;
}

const REPORT = `'port', new.port, 'chassis', new.chassis, 'epoch', new.epoch, 'revision', new.revision,
  'status', new.status, 'attachment', new.attachment, 'instance', new.instance, 'owed', new.owed_no,
  'owedAt', new.owed_at, 'word', new.word`;

/** What stands for a value that this database does not take. */
export const UNWRITABLE = 'unwritable';

/** Triggers write down, in its order, whatever changes: no write can slip by, whoever does it. */
const JOURNAL = [
  'create table journal (seq integer primary key autoincrement, entry text not null)',
  'create table journal_author (name text not null)',
  `insert into journal_author values ('servers')`,
  `create view journal_ports as
   select p.id, p.standard_attr_id as sid, p.status, p.admin_state_up as isAdminUp, p.device_owner as owner,
     p.device_id as device, b.host, b.vif_type as vifType, l.driver,
     exists (select 1 from trunks t where t.port_id = p.id) as isTrunkParent,
     coalesce((select group_concat(entity) from provisioningblocks k
       where k.standard_attr_id = p.standard_attr_id), '') as blocks
   from ports p
   left join ml2_port_bindings b on b.port_id = p.id and b.status = 'ACTIVE'
   left join ml2_port_binding_levels l on l.port_id = p.id and l.host = b.host and l.level = 0`,
  `create trigger journal_status after update of status on ports begin
   ${note(`'kind', 'status', 'from', old.status`, 'new.standard_attr_id')} end`,
  `create trigger journal_block after insert on provisioningblocks begin
   ${note(`'kind', 'block', 'entity', new.entity`, 'new.standard_attr_id')} end`,
  `create trigger journal_unblock after delete on provisioningblocks begin
   ${note(`'kind', 'unblock', 'entity', old.entity`, 'old.standard_attr_id')} end`,
  `create trigger journal_revision after update of revision_number on standardattributes begin
   ${note(`'kind', 'revision', 'by', new.revision_number - old.revision_number`, 'new.id')} end`,
  ...['insert', 'update of epoch, revision, status, attachment, instance'].map(
    (change, index) => `create trigger journal_judged_${index} after ${change} on port_status_reports begin
     insert into journal (entry) values (json_object('kind', 'judged', ${REPORT})); end`,
  ),
  `create trigger journal_numbered after insert on port_status_incarnations begin
   insert into journal (entry) values (json_object('kind', 'numbered', 'incarnation', new.id, 'epoch', new.epoch)); end`,
  `create trigger journal_settled after update of told_no on port_status_reports
   when new.told_no <> old.told_no and not (new.told_no = old.claimed_no and ${wasHeard('old')}) begin
   insert into journal (entry) values (json_object('kind', 'settled', 'port', new.port, 'chassis', new.chassis,
     'told', new.told_no, 'toldAt', new.told_at)); end`,
  `create trigger journal_heard after delete on port_status_calls begin
   insert into journal (entry) select json_object('kind', 'settled', 'port', r.port, 'chassis', r.chassis,
     'told', r.claimed_no, 'toldAt', r.judged_at) from port_status_reports r
   where r.claim_nonce = old.nonce and ${wasHeard('r')}; end`,
  `create trigger no_unwritable before insert on port_status_reports when new.attachment = '${UNWRITABLE}' begin
   select raise(abort, 'it can not be written'); end`,
  `create trigger journal_forgotten after delete on port_status_reports begin
   insert into journal (entry) values (json_object('kind', 'forgotten', 'port', old.port, 'chassis', old.chassis)); end`,
];

/** Has everything written down from now on that changes in these tables. */
export async function keepJournal(rows: NeutronRows): Promise<void> {
  for (const statement of JOURNAL) await rows.run(statement);
}

/** Tables that a history fills; what hangs on a standard attribute goes with it. */
const FILLED = ['reports', 'calls', 'quarantine', 'incarnations'].map((name) => `port_status_${name}`);

/** The greatest standard attribute of what is there before a history begins. */
export const LAST_OF_NETWORK = 9999;

/** Removes what the history before left behind. */
export async function startAnew(rows: NeutronRows): Promise<void> {
  await rows.run(`delete from standardattributes where id > ${LAST_OF_NETWORK}`);
  await rows.run("update port_status_settings set value = 'no' where name = 'paused'");
  for (const table of [...FILLED, 'journal']) await rows.run(`delete from ${table}`);
}

/** What happened in a history, in its order: what the tables took, and what the world around them did. */
export class Journal {
  readonly entries: Entry[] = [];
  readonly #rows: NeutronRows;
  #read = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(rows: NeutronRows) {
    this.#rows = rows;
  }

  /** Takes down what happened outside of the tables, after what they took until now. */
  async note(...entries: readonly Entry[]): Promise<void> {
    await this.catchUp();
    this.entries.push(...entries);
  }

  /** Takes down what the tables took since. */
  async catchUp(): Promise<void> {
    this.#reading = this.#reading.then(() => this.catchUpIn(this.#rows));
    await this.#reading;
  }

  /** The same in a transaction. */
  async catchUpIn(transaction: NeutronRows): Promise<void> {
    this.entries.push(...(await this.#readOn(transaction)));
  }

  /** The tables lost what they took after the first `kept` entries, and were set back to what they had before. */
  async undo(kept: number, transaction: NeutronRows): Promise<void> {
    await this.#readOn(transaction);
    this.entries.splice(kept, Infinity, ...this.entries.slice(kept).map(undo));
  }

  /** What another read meanwhile is not read again. */
  async #readOn(rows: NeutronRows): Promise<readonly Entry[]> {
    const found = await rows.run('select seq, entry from journal where seq > ? order by seq', [this.#read]);
    const news = found.filter(({ seq }) => Number(seq) > this.#read);
    this.#read = Number(news.at(-1)?.['seq'] ?? this.#read);
    return news.map(({ entry }) => JSON.parse(String(entry)) as Entry);
  }
}

/** Chassis, servers and Nova know what they said and heard; the tables know nothing of it any more. */
function undo(entry: Entry): Entry {
  return isInTables(entry) ? { kind: 'undone', was: entry } : entry;
}

function isInTables(entry: Entry): entry is Undone['was'] {
  return IN_TABLES.has(entry.kind);
}

const IN_TABLES: ReadonlySet<Entry['kind']> = new Set<Undone['was']['kind']>([
  ...([
    'judged',
    'numbered',
    'settled',
    'forgotten',
    'status',
    'block',
    'unblock',
    'revision',
    'created',
    'deleted',
  ] as const),
]);

/** What stands in the tables now, as the oracle looks at it. */
export async function readTables(rows: NeutronRows): Promise<{
  readonly ports: readonly Port[];
  readonly bindings: readonly Binding[];
  readonly ledger: readonly LedgerRow[];
  readonly claims: readonly string[];
}> {
  const ports = await rows.run(`select id as port, * from journal_ports`);
  const bindings = await rows.run('select port_id as port, host, status, profile from ml2_port_bindings');
  const ledger = await rows.run(
    `select port, chassis, status, owed_no, settle_at, look_at,
       case when ${wasHeard('r')} then claimed_no else told_no end as told_no from port_status_reports r`,
  );
  const claims = await rows.run(
    `select port from port_status_reports r where claimed_no > told_no and not ${wasHeard('r')}`,
  );
  return {
    ports: ports as unknown as readonly Port[],
    bindings: bindings as unknown as readonly Binding[],
    ledger: ledger as unknown as readonly LedgerRow[],
    claims: claims.map(({ port }) => String(port)),
  };
}
