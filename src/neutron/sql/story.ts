import { sql } from 'kysely';
import { grouped } from '../../domain/grouped.js';
import { readHistory } from '../../domain/history.js';
import { parseJson } from '../../domain/json.js';
import { isUuid } from '../../domain/report.js';
import type { Sighting } from '../../domain/report.js';
import type { Awaited, Chapter, PortStory } from '../story.js';
import { heardLine, isHeard } from './calls.js';
import type { Db, SqlDialect, SqlStore } from './dialect.js';
import { readPorts } from './facts.js';
import { HEARD } from './ledger.js';
import { query } from './transaction.js';

/** Ports of one server are few; what is asked for by a beginning may be many. */
const MOST_PORTS = 20;

/** A device on a compute node bears the first eleven characters of its port's id behind three of its own: `tap15e2c509-be`. */
const DEVICE = /^(?:tap|qvo|qvb|qbr|vhu)([0-9a-f]{8}-[0-9a-f]{2})$/;

/**
 * What is known of the port of that id, MAC address or device name, or of the ports of that Nova server. Reads the table of
 * ports through, unless the id is one: an operator asks, nobody else.
 */
export async function tellStories(store: SqlStore, wanted: string): Promise<readonly PortStory[]> {
  const { dialect } = store;
  return query(store, async (db) => tellAll(db, dialect, await findIds(db, dialect, wanted)));
}

/**
 * The ports that Nova waits for, those that it will give up first at the head: bound ports of VMs that are not ACTIVE, have
 * a provisioning block, and were changed within that time, as a binding or a plug does.
 *
 * Costs what the blocks do: few ports have one, but where many boot. All else is looked up by its key, one by one. Where it
 * was joined, MariaDB, whose knowledge of a table that has just filled is late, read Neutron's tables through once for some
 * of the blocks each: a quarter of a minute among 20,000.
 */
export async function tellAwaited(
  store: SqlStore,
  { withinMs, limit }: Awaited,
): Promise<readonly PortStory[]> {
  const { dialect } = store;
  return query(store, async (db) => {
    const { rows } = await sql<{ id: string }>`
      select w.id from (
        select distinct b.standard_attr_id,
          (select p.id from ports p where p.standard_attr_id = b.standard_attr_id and p.status <> 'ACTIVE'
            and p.device_owner like 'compute:%') as id,
          (select s.updated_at from standardattributes s where s.id = b.standard_attr_id) as updated_at
        from provisioningblocks b) w
      where w.id is not null and ${dialect.ageMs('w.updated_at')} < ${withinMs}
        and (select count(*) from ml2_port_bindings m
          where m.port_id = w.id and m.status = 'ACTIVE' and m.host <> '') > 0
      order by w.updated_at, w.id limit ${limit}`.execute(db);
    return tellAll(
      db,
      dialect,
      rows.map(({ id }) => id),
    );
  });
}

async function tellAll(db: Db, dialect: SqlDialect, ids: readonly string[]): Promise<readonly PortStory[]> {
  if (ids.length === 0) return [];
  const ports = await readPorts(db, dialect, ids);
  const chapters = await readChapters(db, dialect, ids);
  const quarantined = await readQuarantined(db, dialect, ids);
  return ids.map((portId) => ({
    portId,
    port: ports.get(portId),
    chapters: chapters.get(portId) ?? [],
    quarantined: quarantined.get(portId) ?? [],
  }));
}

/** As Neutron spells it: an id or a MAC address in lower case, with its own separators. */
function spelled(wanted: string): string {
  const lower = wanted.toLowerCase();
  if (isUuid(lower)) return lower;
  return MAC.test(lower) ? lower.replaceAll('-', ':') : wanted;
}

const MAC = /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/;

/** A port that Neutron no longer has may stand in the ledger still. */
async function findIds(db: Db, dialect: SqlDialect, asked: string): Promise<readonly string[]> {
  const wanted = spelled(asked);
  const [, beginning] = DEVICE.exec(wanted) ?? [];
  const isMeant =
    beginning === undefined
      ? sql`id = ${wanted} or device_id = ${wanted} or mac_address = ${wanted}`
      : sql`id like ${`${beginning}%`}`;
  const { rows } = await sql<{ id: string }>`
    select id from ports where ${isMeant} order by id limit ${MOST_PORTS}`.execute(db);
  if (rows.length > 0) return rows.map(({ id }) => id);
  const known = await sql<{ port: string }>`
    select distinct port from ${dialect.ledger('reports')} where port = ${wanted}`.execute(db);
  return known.rows.map(({ port }) => port);
}

interface ChapterRow extends Omit<
  Chapter,
  'seen' | 'isOwed' | 'hasOurBlock' | 'appliedAtMs' | 'owedAtMs' | 'history'
> {
  readonly seenText: string | null;
  readonly historyText: string | null;
  readonly ourBlock: number;
  readonly owedNo: number;
  readonly toldNo: number;
  /** The word that was claimed last, where Nova has heard it and the row does not say so yet. */
  readonly heardNo: number | null;
  readonly appliedAtMs: number | null;
  readonly owedAtMs: number | null;
}

/** Columns, by the fields that they become. */
const COLUMNS = {
  chassis: 'chassis',
  status: 'status',
  attachment: 'attachment',
  revision: 'revision',
  observedAtMs: 'observed_at',
  seenText: 'seen',
  verdict: 'verdict',
  reason: 'reason',
  mode: 'mode',
  ourBlock: 'has_our_block',
  effects: 'effects',
  server: 'server',
  judgedAtMs: 'judged_at',
  appliedAtMs: 'applied_at',
  word: 'word',
  owedNo: 'owed_no',
  toldNo: 'told_no',
  owedAtMs: 'owed_at',
  attempts: 'attempts',
  toldWord: 'told_word',
  toldResult: 'told_result',
  toldCode: 'told_code',
  toldDetail: 'told_detail',
  toldAtMs: 'told_at',
  historyText: 'history',
} as const satisfies Readonly<Record<Exclude<keyof ChapterRow, 'heardNo'>, string>>;

async function readChapters(
  db: Db,
  dialect: SqlDialect,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly Chapter[]>> {
  const columns = Object.entries(COLUMNS).map(
    ([field, column]) => sql`${sql.ref(column)} as ${sql.ref(field)}`,
  );
  const { rows } = await sql<ChapterRow & { readonly port: string }>`
    select port, ${sql.join(columns)}, case when ${isHeard(dialect)} then claimed_no end as ${sql.ref('heardNo')}
    from ${dialect.ledger('reports')} where port ${dialect.among(ids)} order by port, chassis`.execute(db);
  return grouped(rows, ({ port }) => port, toChapter);
}

function toChapter({
  seenText,
  historyText,
  ourBlock,
  owedNo,
  toldNo,
  heardNo,
  ...row
}: ChapterRow): Chapter {
  const present = Object.fromEntries(
    Object.entries(row).map(([field, value]) => [field, value ?? undefined]),
  );
  const seen = seenText === null ? undefined : (parseJson(seenText) as Sighting | undefined);
  const heard = heardNo === null ? undefined : heardAt(row.judgedAtMs);
  const history = readHistory(`${historyText ?? ''}${heard?.line ?? ''}`);
  const flags = { hasOurBlock: ourBlock === 1, isOwed: owedNo > (heardNo ?? toldNo) };
  return { ...(present as unknown as Chapter), ...flags, ...heard?.told, seen, history };
}

/** What the row will say of a word that was heard, when it is written next. */
function heardAt(toldAtMs: number): { readonly line: string; readonly told: Partial<Chapter> } {
  const told = { toldWord: HEARD.word, toldResult: HEARD.result, toldCode: undefined, toldDetail: undefined };
  return { line: heardLine(toldAtMs), told: { ...told, toldAtMs } };
}

async function readQuarantined(
  db: Db,
  dialect: SqlDialect,
  ids: readonly string[],
): Promise<ReadonlyMap<string, PortStory['quarantined']>> {
  const { rows } = await sql<PortStory['quarantined'][number] & { readonly port: string }>`
    select port, chassis, reason, put_at as ${sql.ref('atMs')} from ${dialect.ledger('quarantine')}
    where port ${dialect.among(ids)} order by port, chassis`.execute(db);
  return grouped(
    rows,
    ({ port }) => port,
    ({ chassis, reason, atMs }) => ({ chassis, reason, atMs }),
  );
}
