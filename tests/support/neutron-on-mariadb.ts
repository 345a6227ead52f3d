import { createPool } from 'mysql2/promise';
import type { Pool } from 'mysql2/promise';
import type { Opened } from '../../src/runtime/opened.js';
import { createUser, loadNeutron } from './mariadb.js';
import type { Mariadb } from './mariadb.js';
import { runProgram } from './process.js';

/** Loads Neutron's tables. @returns the administrator's connections; they come back by themselves when the server does. */
export async function openNeutron(mariadb: Mariadb, opened: Opened): Promise<Pool> {
  const connection = await mariadb.admin();
  await loadNeutron(connection);
  await connection.end();
  const place = { host: '127.0.0.1', port: mariadb.port, user: 'root', database: 'neutron' };
  const pool = createPool({ ...place, dateStrings: true, multipleStatements: true });
  opened.add({ close: () => pool.end() });
  return pool;
}

/** Creates the ledger, and users who have what `--print-grants` prints and nothing else. */
export async function makeUsers(mariadb: Mariadb, config: string, users: readonly string[]): Promise<void> {
  await answerOf(['migrate', '--config', config]);
  const connection = await mariadb.admin();
  for (const user of users) {
    const words = ['migrate', '--print-grants', '--user', `'${user}'@'%'`, '--config', config];
    await createUser(connection, user, (await answerOf(words)).trim().split('\n'));
  }
  await connection.end();
}

async function answerOf(words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(words);
  if (exitCode !== 0)
    throw new Error(`port-status ${words.join(' ')} ended with ${String(exitCode)}: ${stderr}`);
  return stdout;
}
