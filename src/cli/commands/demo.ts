import { fileURLToPath } from 'node:url';
import { runDemo } from '../../simulator/demo/demo.js';
import type { Summary } from '../../simulator/demo/tally.js';
import { configuredCommand } from '../configured-command.js';
import { openDemoPage } from '../demo-page.js';
import type { CommandContext } from '../configured-command.js';

const FLAGS = {
  duration: {
    kind: 'duration',
    leastMs: 1000,
    mostMs: 86_400_000,
    default: 10_000,
    doc: 'How long it goes on.',
  },
  rate: {
    kind: 'integer',
    least: 1,
    most: 1000,
    default: 20,
    doc: 'How many VMs boot, stop, reboot or migrate per second.',
  },
  killEvery: {
    kind: 'duration',
    leastMs: 1000,
    mostMs: 86_400_000,
    doc: 'Kills a server with SIGKILL so often; it comes back after 6 s.',
  },
  seed: {
    kind: 'integer',
    least: 0,
    most: 4_294_967_295,
    doc: 'Repeats what happened to which VM in a run that printed this seed.',
  },
  servers: { kind: 'integer', least: 1, most: 20, default: 4, doc: 'How many servers take part.' },
  chassis: { kind: 'integer', least: 1, most: 20, default: 3, doc: 'How many compute nodes take part.' },
  northbound: {
    kind: 'string',
    pattern: /^(rediss?(\+sentinel)?|etcds?):\/\/./,
    like: 'a URL such as redis://127.0.0.1:6379 or etcd://127.0.0.1:2379',
    doc: 'Plays on this database instead of a SQLite file; a `northbound.url` on the network. There it keeps to a namespace of its own, `port-status-demo-…`, which it removes in the end; one that is killed leaves it.',
  },
  json: { kind: 'boolean', default: false, doc: 'Print one JSON object; the story goes to standard error.' },
} as const;

export const demo = configuredCommand({
  name: 'demo',
  summary: 'show it at work on this machine',
  doc: 'Lets VMs boot, stop, reboot and migrate on compute nodes with simulated switches, in a temporary folder: real agents and servers in processes of their own, a SQLite northbound database, SQLite with the tables of Neutron, and a Keystone and Nova that check what they get. In a terminal it shows a live view, in which k kills a server and q quits; it serves the page of a server for all of them, which can kill servers and boot a thousand VMs, and prints its address; elsewhere it prints the way of each VM in a line. Needs nothing installed and touches nothing else.',
  examples: ['demo', 'demo --duration 60s --rate 100 --kill-every 10s', 'demo --seed 7 --json'],
  exitCodes: { 0: 'every VM was served, once', 1: 'something was lost, or applied twice' },
  runsUntilStopped: true,
  arguments: {},
  flags: FLAGS,
  run: playDemo,
});

const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));
const TWO_TO_32 = 2 ** 32;

async function playDemo(context: CommandContext<'demo', typeof FLAGS>): Promise<number> {
  const { flags, io, clock, random, environment } = context;
  const { seed = Math.floor(random.next() * TWO_TO_32), json } = flags;
  const story = json ? io.stderr : io.stdout;
  const say = (line: string): void => void story.write(`${line}\n`);
  io.heedHangUp();
  const summary = await runDemo(
    {
      ...flags,
      seed,
      durationMs: flags.duration,
      killEveryMs: flags.killEvery,
      northboundUrl: flags.northbound,
      program: PROGRAM,
      environment,
      onExit: io.onExit,
      clock,
      say,
      openDoor: async (backstage, opened) => {
        say(`page: ${await openDemoPage(backstage, context, opened)}`);
      },
      terminal: json ? undefined : io.terminal,
    },
    io.signal,
  );
  io.stdout.write(json ? `${JSON.stringify(summary)}\n` : `${describe(summary)}\n`);
  return summary.lost === 0 && summary.appliedTwice === 0 ? 0 : 1;
}

function describe(summary: Summary): string {
  const { boots, active, plugged, lost, appliedTwice, takeovers, p50Ms, p99Ms, perServer, seed } = summary;
  const shares = Object.entries(perServer).map(([server, count]) => `${server} ${count}`);
  return [
    `${boots} boots: ${active} ACTIVE, ${plugged} plugged; ${lost} lost, ${appliedTwice} applied twice`,
    `${takeovers} takeovers`,
    `paused for ${p50Ms ?? '-'} ms (median), ${p99Ms ?? '-'} ms (p99)`,
    `boots by server: ${shares.join(', ')}`,
    `seed ${seed}`,
  ].join('; ');
}
