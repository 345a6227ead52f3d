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
  share: z.number().meta({ description: 'Its part of all reports that wait for a server, from 0 to 1.' }),
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

/** Every registered server, with its part of what waits. */
export async function listListeners(northbound: Northbound): Promise<readonly ListedListener[]> {
  const views = await northbound.listeners();
  const all = views.reduce((sum, { backlog }) => sum + backlog, 0);
  return views.map((view) => list(view, all));
}

function list(
  { id, state, ageMs, ttlMs, backlog, program, versions, done }: ListenerView,
  all: number,
): ListedListener {
  const share = all === 0 ? 0 : backlog / all;
  return { id, state, ageMs, ttlMs, backlog, share, program, versions: [...versions], done };
}
