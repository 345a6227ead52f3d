import type { CloudSetUp } from './cloud-set-up.js';

/** What MariaDB heard from our servers while `work` ran: every statement, in order, with its white space as one blank. */
export async function recordStatements(
  { admin, rows }: CloudSetUp,
  work: () => Promise<void>,
): Promise<readonly string[]> {
  await admin.query(
    "set global log_output = 'TABLE'; truncate mysql.general_log; set global general_log = 1",
  );
  try {
    await work();
  } finally {
    await admin.query('set global general_log = 0');
  }
  const found = await rows.run(
    `select argument from mysql.general_log
     where user_host like 'ps\\_%' and command_type in ('Query', 'Execute') order by event_time`,
  );
  return found.map(({ argument }) => String(argument).replace(/\s+/g, ' ').trim());
}

/** Those that are neither reads nor about the session or the transaction itself. */
export function writesAmong(statements: readonly string[]): readonly string[] {
  return statements.filter(
    (statement) => !/^(select|set|start transaction|begin|commit|rollback)\b/i.test(statement),
  );
}
