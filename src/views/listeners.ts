import { z } from 'zod';
import type { ListenerView, Northbound } from '../northbound/northbound.js';

/** What an operator sees of one server. */
export const listenerSchema = z.object({
  id: z.string().meta({ description: 'The name of the server, and of its topic.' }),
  state: z.enum(['live', 'draining', 'late', 'lapsed']).meta({
    description:
      'late: silent for half its ttl; lapsed: silent for its ttl, so that others take over; draining: told to leave.',
  }),
  ageMs: z.number().meta({ description: "Since its last heartbeat, by the northbound database's clock." }),
  ttlMs: z.number(),
  backlog: z.int().meta({ description: 'Reports that wait in its topic.' }),
  share: z.number().meta({
    description:
      'Its part of the work, from 0 to 1: of the reports per second that servers were given since their programs started; 0 where none was.',
  }),
  program: z.string().meta({ description: "The program's version." }),
  versions: z.array(z.int()).meta({ description: 'Wire versions that it reads.' }),
  done: z
    .object({
      forMs: z.int().meta({ description: 'For how long its program has run.' }),
      received: z.int().meta({ description: 'Reports that were given to it.' }),
      written: z.int().meta({ description: "Statuses that it wrote to Neutron's ports." }),
      told: z.int().meta({ description: 'Words that Nova accepted from it.' }),
    })
    .optional()
    .meta({
      description:
        'What it has done since its program started, as its last heartbeat said. Absent before the first, and where its program is too old to say so.',
    }),
});

export type ListedListener = Readonly<z.infer<typeof listenerSchema>>;

/** Every registered server, with its part of the work. */
export async function listListeners(northbound: Northbound): Promise<readonly ListedListener[]> {
  const views = await northbound.listeners();
  const shareOf = shareAmong(views, paceOf);
  return views.map((view) => listOne(view, shareOf(view)));
}

/** Reports per millisecond. */
function paceOf({ done }: ListenerView): number {
  return done === undefined || done.forMs <= 0 ? 0 : done.received / done.forMs;
}

/** The same, as whoever asks for them alone is told: what it takes to find the oldest is too much for each look of a page. */
export const waitedListenerSchema = listenerSchema.extend({
  oldestMs: z
    .number()
    .meta({ description: 'How long the oldest report of its topic has waited; 0 where none waits.' }),
});

export type WaitedListener = Readonly<z.infer<typeof waitedListenerSchema>>;

/** Every registered server, with its part of the work and how long the oldest of what it has before it waits. */
export async function listWaitedListeners(northbound: Northbound): Promise<readonly WaitedListener[]> {
  const listed = await listListeners(northbound);
  const ages = new Map((await northbound.topics()).map(({ listener, oldestMs }) => [listener, oldestMs]));
  return listed.map((one) => ({ ...one, oldestMs: ages.get(one.id) ?? 0 }));
}

function listOne(
  { id, state, ageMs, ttlMs, backlog, program, versions, done }: ListenerView,
  share: number,
): ListedListener {
  return { id, state, ageMs, ttlMs, backlog, share, program, versions: [...versions], done };
}

/** Each one's part of what all have; 0 where none has any. */
function shareAmong<T>(all: readonly T[], amountOf: (one: T) => number): (one: T) => number {
  const sum = all.reduce((before, one) => before + amountOf(one), 0);
  return (one) => (sum === 0 ? 0 : amountOf(one) / sum);
}

/** What an operator sees of one topic. */
export const topicSchema = z.object({
  topic: z.string().optional().meta({
    description:
      "The name of the server whose topic it is, or was; absent: nobody's, for what was published while no server was live.",
  }),
  listener: z.enum(['live', 'draining', 'late', 'lapsed', 'gone', 'none']).meta({
    description:
      "How that server stands; gone: it is not registered any more, others take over what it left; none: nobody's topic.",
  }),
  backlog: z.int().meta({ description: 'Reports that wait there.' }),
  share: z.number().meta({ description: 'Its part of all reports that wait, from 0 to 1.' }),
  oldestMs: z.number().meta({ description: 'How long the oldest has waited; 0 where none waits.' }),
  oldest: z
    .object({ portId: z.string(), chassis: z.string() })
    .optional()
    .meta({ description: 'Which that is.' }),
});

export type ListedTopic = Readonly<z.infer<typeof topicSchema>>;

/** Every topic in which something may wait, also those that no registered server has; nobody's comes first. */
export async function listTopics(northbound: Northbound): Promise<readonly ListedTopic[]> {
  const topics = await northbound.topics();
  const states = new Map((await northbound.listeners()).map(({ id, state }) => [id, state]));
  const shareOf = shareAmong(topics, ({ backlog }) => backlog);
  return topics.map((view) => {
    const { listener, backlog, oldestMs, oldest } = view;
    const state = listener === undefined ? 'none' : (states.get(listener) ?? 'gone');
    return { topic: listener, listener: state, backlog, share: shareOf(view), oldestMs, oldest };
  });
}
