import { readFileSync } from 'node:fs';
import { encodeName } from '../../src/northbound/redis/layout.js';
import type { RedisServer } from './redis.js';
import { ROOT } from './root.js';

const PAGE = new URL('docs/northbound.md', ROOT);

/** Makes the user for servers by the very command in the documentation. */
export async function createServerUser(server: RedisServer, namespace: string): Promise<string> {
  const words = commandOf('port-status-server').map((word) => inNamespace(word, namespace));
  return createUser(server, words, `${namespace}-server`);
}

/** The same for the agent of a chassis. */
export async function createAgentUser(
  server: RedisServer,
  namespace: string,
  chassis: string,
): Promise<string> {
  const name = encodeName(chassis);
  const words = commandOf('port-status-agent-cn1').map((word) =>
    inNamespace(word, namespace).replaceAll(':cn1', `:${name}`),
  );
  return createUser(server, words, `${namespace}-agent-${name}`);
}

/** @returns its URL. */
async function createUser(
  { admin, port }: RedisServer,
  words: readonly string[],
  user: string,
): Promise<string> {
  await admin.call('ACL', 'SETUSER', user, ...words.slice(3));
  return `redis://${encodeURIComponent(user)}:PASSWORD@127.0.0.1:${port}`;
}

/** As redis-cli would read it. Each selector, in parentheses, is one word. */
function commandOf(user: string): readonly string[] {
  const page = readFileSync(PAGE, 'utf8');
  const [, command = ''] = new RegExp(`(ACL SETUSER ${user} [^\`]*)\`\`\``).exec(page) ?? [];
  return command.match(/\([^)]*\)|[^\s()]+/g) ?? [];
}

function inNamespace(word: string, namespace: string): string {
  return word.replaceAll('{port-status}', `{${namespace}}`);
}
