import { checkName } from '../../domain/report.js';
import type { ListenerView, Northbound } from '../../northbound/northbound.js';
import type { Clock } from '../../runtime/clock.js';
import { Opened } from '../../runtime/opened.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { openConfigured } from '../northbound-database.js';
import { firstAnswer } from '../startup.js';

const FLAGS = {
  timeout: {
    kind: 'duration',
    leastMs: 0,
    mostMs: 3_600_000,
    default: 30_000,
    doc: 'How long to wait for it to leave.',
  },
  force: { kind: 'boolean', default: false, doc: 'Also where no other server is live: reports then wait.' },
} as const;

const ARGUMENTS = { server: 'The name of the server, as "port-status listeners" shows it.' } as const;

export const drain = configuredCommand({
  name: 'drain',
  summary: 'have a server leave',
  doc: 'Tells a server to leave, and waits until it has: it gets no report from now on, ends what it is doing and hands over what waits in its topic; its process then ends with exit code 0. Start it again to have it back.',
  examples: ['drain server-2', 'drain server-2 --timeout 2m --force'],
  exitCodes: {
    0: 'it has left',
    1: 'no server of that name is registered, no other is live (unless --force), or it has not left in time',
  },
  runsUntilStopped: false,
  arguments: ARGUMENTS,
  flags: FLAGS,
  run: runDrain,
});

type Context = CommandContext<'drain', typeof FLAGS, typeof ARGUMENTS>;

/** How often it is looked whether the server has left. */
const LOOK_MS = 100;

async function runDrain(context: Context): Promise<number> {
  const { io, flags, clock } = context;
  const id = checkName('listener', context.arguments.server);
  const say = (line: string): void => void io.stdout.write(`${line}\n`);
  await using opened = new Opened();
  const northbound = opened.add(openConfigured(context));
  const listeners = await firstAnswer('the northbound database', context, () => northbound.listeners());
  const listener = listeners.find((one) => one.id === id);
  const refusal = refusalOf(listener, listeners, flags.force);
  if (listener === undefined || refusal !== undefined) {
    say(`${id}: ${refusal ?? ''}`);
    return 1;
  }
  const startMs = clock.monotonicMs();
  await northbound.drain(id);
  say(`${id}: was ${listener.state} and is told to leave; ${listener.backlog} reports wait in its topic`);
  const left = await untilGone(northbound, listener, { ...context, signal: io.signal });
  say(`${id}: ${describeEnd(left, clock.monotonicMs() - startMs)}`);
  return left.kind === 'stays' ? 1 : 0;
}

function refusalOf(
  listener: ListenerView | undefined,
  all: readonly ListenerView[],
  force: boolean,
): string | undefined {
  if (listener === undefined) {
    const names = all.map(({ id }) => id).join(', ');
    return `no such server; registered: ${names === '' ? 'none' : names}`;
  }
  const isOtherLive = all.some(({ id, state }) => id !== listener.id && state === 'live');
  if (isOtherLive || force) return undefined;
  return 'refused: no other server is live, reports would wait; start another, or add --force';
}

type End = { readonly kind: 'left' | 'came back' } | { readonly kind: 'stays'; readonly view: ListenerView };

/** Waits until this registration is gone, as long as the timeout says. */
async function untilGone(
  northbound: Northbound,
  { id, generation }: ListenerView,
  { clock, flags, signal }: Pick<Context, 'flags'> & { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<End> {
  const endMs = clock.monotonicMs() + flags.timeout;
  for (;;) {
    const view = (await northbound.listeners()).find((one) => one.id === id);
    if (view === undefined) return { kind: 'left' };
    if (view.generation !== generation) return { kind: 'came back' };
    if (clock.monotonicMs() >= endMs) return { kind: 'stays', view };
    await clock.sleep(LOOK_MS, { signal });
  }
}

function describeEnd(end: End, tookMs: number): string {
  const after = `after ${(tookMs / 1000).toFixed(1)} s`;
  switch (end.kind) {
    case 'left':
      return `has left ${after}`;
    case 'came back':
      return `has left ${after}, and is registered anew: somebody started it again`;
    case 'stays':
      return `is still registered ${after} (${end.view.state}, ${end.view.backlog} reports wait); it leaves with its next heartbeat, or others take over once it has lapsed`;
  }
}
