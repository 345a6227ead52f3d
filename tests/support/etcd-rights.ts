import { readFileSync } from 'node:fs';
import type { EtcdCluster } from './etcd.js';
import { ROOT } from './root.js';

const PAGE = new URL('docs/northbound.md', ROOT);

/** Makes the user for servers by the very commands in the documentation. @returns `name:password`. */
export async function createServerUser(cluster: EtcdCluster, namespace: string): Promise<string> {
  return createUser(cluster, 'port-status-server', (word) => word.replaceAll('port-status', namespace));
}

/** The same for the agent of a chassis. */
export async function createAgentUser(
  cluster: EtcdCluster,
  namespace: string,
  chassis: string,
): Promise<string> {
  return createUser(cluster, 'port-status-agent-cn1', (word) =>
    word.replaceAll('port-status', namespace).replaceAll('cn1', chassis),
  );
}

async function createUser(
  cluster: EtcdCluster,
  role: string,
  adapt: (word: string) => string,
): Promise<string> {
  const commands = commandsOf(role).map((words) => words.map(adapt));
  const isGrant = ([, what]: readonly string[]): boolean => what === 'grant-permission';
  const [creation = [], ...rest] = commands.filter((words) => !isGrant(words));
  await cluster.ctl(...creation);
  await Promise.all(commands.filter(isGrant).map((words) => cluster.ctl(...words)));
  for (const words of rest) await cluster.ctl(...words);
  return `${adapt(role)}:PASSWORD`;
}

/** The lines of the block that makes a role, each cut into words. */
function commandsOf(role: string): readonly (readonly string[])[] {
  const page = readFileSync(PAGE, 'utf8');
  const [, block = ''] = new RegExp(`(etcdctl role add ${role}\n[^\`]*)\`\`\``).exec(page) ?? [];
  const lines = block.trim().split('\n');
  return lines.map((line) => line.split(' ').slice(1));
}
