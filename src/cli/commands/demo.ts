import { fileURLToPath } from 'node:url';
import { runDemo } from '../../simulator/demo/demo.js';
import type { Summary } from '../../simulator/demo/summary.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';

const FLAGS = {
  duration: {
    kind: 'duration',
    leastMs: 1000,
    mostMs: 86_400_000,
    default: 10_000,
    doc: 'How long VMs boot.',
  },
  rate: { kind: 'integer', least: 1, most: 1000, default: 5, doc: 'How many VMs boot per second.' },
  seed: {
    kind: 'integer',
    least: 0,
    most: 4_294_967_295,
    doc: 'Repeats the identifiers of a run that printed this seed.',
  },
  servers: { kind: 'integer', least: 1, most: 20, default: 2, doc: 'How many servers take part.' },
  chassis: { kind: 'integer', least: 1, most: 20, default: 1, doc: 'How many compute nodes take part.' },
  json: { kind: 'boolean', default: false, doc: 'Print one JSON object; the story goes to standard error.' },
} as const;

export const demo = configuredCommand({
  name: 'demo',
  summary: 'show it at work on this machine',
  doc: 'Boots VMs on compute nodes with simulated switches, in a temporary folder: real agents and servers in processes of their own, a SQLite northbound database, SQLite with the tables of Neutron, and a Keystone and Nova that check what they get. Prints the way of each VM in a line. Needs nothing installed and touches nothing else. Exit code 1: a boot was lost.',
  runsUntilStopped: true,
  arguments: {},
  flags: FLAGS,
  run: playDemo,
});

const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));
const TWO_TO_32 = 2 ** 32;

async function playDemo({
  flags,
  io,
  clock,
  random,
  environment,
}: CommandContext<'demo', typeof FLAGS>): Promise<number> {
  const { duration: durationMs, seed = Math.floor(random.next() * TWO_TO_32), json, ...numbers } = flags;
  const story = json ? io.stderr : io.stdout;
  const say = (line: string): void => void story.write(`${line}\n`);
  const summary = await runDemo(
    { ...numbers, durationMs, seed, program: PROGRAM, environment, clock, say },
    io.signal,
  );
  io.stdout.write(json ? `${JSON.stringify(summary)}\n` : `${describe(summary)}\n`);
  return summary.lost === 0 ? 0 : 1;
}

function describe({ boots, plugged, lost, p50Ms, p99Ms, perServer, seed }: Summary): string {
  const shares = Object.entries(perServer).map(([server, count]) => `${server} ${count}`);
  return `${boots} boots: ${plugged} plugged, ${lost} lost; paused for ${p50Ms ?? '-'} ms (median), ${p99Ms ?? '-'} ms (p99); by server: ${shares.join(', ')}; seed ${seed}`;
}
