import { execFileSync, spawnSync } from 'node:child_process';
import type { Opened } from '../../src/runtime/opened.js';

/** Some processes in networks of their own, each with one way out: a link, which can be taken down. */
export interface Network {
  /** Where this host is reached through the links. */
  readonly address: string;
  readonly links: ReadonlyMap<string, Link>;
}

/** A pair of virtual Ethernet interfaces, one of which is the only one that a process sees. */
export interface Link {
  /** What runs a program behind it. */
  readonly prefix: readonly string[];
  /** Nothing gets through any more, and nobody is told: also the answers of ARP stay away. */
  down(): void;
  up(): void;
}

/** A bridge with a link to a network namespace for each of these processes. Undefined where this user may not make them. */
export function openNetwork(processes: readonly string[], opened: Opened): Network | undefined {
  const id = process.pid % 10_000;
  const [bridge, subnet] = [`pss${id}`, `10.213.${id % 250}`];
  if (!mayMakeNamespaces(bridge) || !isDone('link', 'add', bridge, 'type', 'bridge')) return undefined;
  opened.add({ close: async () => ip('link', 'del', bridge) });
  ip('address', 'add', `${subnet}.1/24`, 'dev', bridge);
  ip('link', 'set', bridge, 'up');
  const links = processes.map((name, index) => {
    const address = `${subnet}.${index + 2}/24`;
    return [name, openLink({ name: `${bridge}-${name}`, bridge, address }, opened)] as const;
  });
  return { address: `${subnet}.1`, links: new Map(links) };
}

interface LinkOptions {
  /** Of the interface on this side, and of the namespace; at most 15 letters. */
  readonly name: string;
  readonly bridge: string;
  readonly address: string;
}

function openLink({ name, bridge, address }: LinkOptions, opened: Opened): Link {
  ip('netns', 'add', name);
  opened.add({ close: async () => ip('netns', 'del', name) });
  ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'out', 'netns', name);
  ip('link', 'set', name, 'master', bridge, 'up');
  ip('-n', name, 'address', 'add', address, 'dev', 'out');
  ip('-n', name, 'link', 'set', 'out', 'up');
  return {
    prefix: ['ip', 'netns', 'exec', name],
    down: () => ip('link', 'set', name, 'down'),
    up: () => ip('link', 'set', name, 'up'),
  };
}

function mayMakeNamespaces(name: string): boolean {
  return isDone('netns', 'add', name) && isDone('netns', 'del', name);
}

function isDone(...words: readonly string[]): boolean {
  return spawnSync('ip', words, { stdio: 'ignore' }).status === 0;
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words);
}
