import Database from 'libsql';
import { createConnection } from 'mysql2/promise';
import type { RowDataPacket } from 'mysql2/promise';
import pg from 'pg';

/** One connection that sends statements as they are written: nothing is prepared, bound or decoded. */
export interface RawSql {
  /** @returns how many rows it changed. */
  exec(text: string): Promise<number>;
  query(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

/** @param url a `neutron.url`. */
export async function openRaw(url: string): Promise<RawSql> {
  if (url.startsWith('sqlite:')) return openRawSqlite(url.slice('sqlite:'.length));
  return url.startsWith('mysql:') ? openRawMariadb(url) : openRawPostgresql(url);
}

async function openRawMariadb(url: string): Promise<RawSql> {
  const connection = await createConnection(url);
  await connection.query('set session transaction isolation level read committed');
  return {
    exec: async (text) => {
      const [result] = await connection.query(text);
      return 'affectedRows' in result ? result.affectedRows : 0;
    },
    query: async (text) => {
      const [rows] = await connection.query<RowDataPacket[]>(text);
      return rows;
    },
    close: () => connection.end(),
  };
}

async function openRawPostgresql(url: string): Promise<RawSql> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    exec: async (text) => (await client.query(text)).rowCount ?? 0,
    query: async (text) => (await client.query<Record<string, unknown>>(text)).rows,
    close: () => client.end(),
  };
}

function openRawSqlite(path: string): RawSql {
  const database = new Database(path);
  database.pragma('synchronous = NORMAL');
  return {
    exec: async (text) => {
      database.exec(text);
      return 0;
    },
    query: () => Promise.reject(new Error('SQLite has one writer: there is no neighbour to measure')),
    close: async () => {
      database.close();
    },
  };
}
