import { z } from 'zod';
import { NEXT_STEPS } from '../domain/stage.js';
import type { Stage } from '../domain/stage.js';
import { ADVICE } from './advice.js';
import type { Explained } from './explain.js';
import { timelineOf } from './timeline.js';

const stageSchema = z
  .enum(Object.keys(NEXT_STEPS) as [Stage, ...Stage[]])
  .meta({ description: "The first stage of the report's path that is missing; done where none is." });
const nextStepSchema = z.enum([...new Set(Object.values(NEXT_STEPS))]).meta({ description: 'What to do.' });

/** What an operator sees of one port. */
export const portSchema = z.object({
  portId: z.string().meta({ description: 'Where there is no such port, what was asked for.' }),
  host: z.string().optional().meta({ description: 'The host of its active binding.' }),
  serverId: z.string().optional().meta({ description: 'device_id: for a port of a VM, the server in Nova.' }),
  neutronStatus: z.string().optional(),
  blocks: z.array(z.string()).optional().meta({ description: 'Whose provisioning blocks are left.' }),
  leftMs: z
    .number()
    .optional()
    .meta({ description: 'Until Nova gives the port up; absent where Nova does not wait for it.' }),
  stage: stageSchema,
  nextStep: nextStepSchema,
  advice: z.string().meta({ description: 'What is the case and what to do, in a sentence.' }),
  timeline: z
    .array(
      z.object({
        atMs: z.number().optional().meta({
          description: 'Milliseconds since 1970, by the clock of who noted it; absent: it is so now.',
        }),
        where: z.string().meta({ description: 'A chassis, a server, or a system.' }),
        what: z.string(),
      }),
    )
    .meta({
      description:
        'What happened, the oldest first: up to 20 entries of the histories of all its chassis, and the stages of their newest reports; then how it stands.',
    }),
});

export type DescribedPort = Readonly<z.infer<typeof portSchema>>;

/** The ports that were found by `wanted`, or that there is none. */
export function describePorts(wanted: string, explained: readonly Explained[]): readonly DescribedPort[] {
  return explained.length === 0 ? [describeNone(wanted)] : explained.map(describePort);
}

function describeNone(wanted: string): DescribedPort {
  const stage = 'no-such-port';
  return { portId: wanted, stage, nextStep: NEXT_STEPS[stage], advice: ADVICE[stage], timeline: [] };
}

function describePort(explained: Explained): DescribedPort {
  const { story, host, stage, leftMs } = explained;
  return {
    portId: story.portId,
    host,
    serverId: story.port?.deviceId,
    neutronStatus: story.port?.status,
    blocks: story.port && [...story.port.blocks],
    leftMs,
    stage,
    nextStep: NEXT_STEPS[stage],
    advice: ADVICE[stage],
    timeline: [...timelineOf(explained)],
  };
}

/** What an operator sees of a port that Nova waits for. */
export const stuckSchema = z.object({
  portId: z.string(),
  host: z.string().optional(),
  serverId: z.string(),
  leftMs: z.number().meta({ description: 'Until Nova gives up.' }),
  isUnplugged: z.boolean().meta({
    description:
      'Whether the last word to Nova of it is "unplugged": its VM may just have been stopped, and Nova wait for nothing.',
  }),
  stage: stageSchema,
  nextStep: nextStepSchema,
});

export type StuckPort = Readonly<z.infer<typeof stuckSchema>>;

function describeStuck({ story, host, report, stage, leftMs = 0 }: Explained): StuckPort {
  const { portId, port, chapters } = story;
  const word = chapters.find(({ chassis }) => chassis === host)?.word;
  const isUnplugged = word === 'unplugged' && report?.status !== 'ACTIVE';
  const serverId = port?.deviceId ?? '';
  return { portId, host, serverId, leftMs, isUnplugged, stage, nextStep: NEXT_STEPS[stage] };
}

export const stuckListSchema = z.object({
  ports: z.array(stuckSchema),
  isCut: z.boolean().meta({ description: 'Whether there are more than are listed.' }),
});

export type StuckList = Readonly<z.infer<typeof stuckListSchema>>;

/**
 * The ports that Nova waits for, those first that it will give up first; behind them those whose VM may just have been
 * stopped.
 *
 * @param awaited one more than `limit`, where there are so many.
 */
export function listStuck(awaited: readonly Explained[], limit: number): StuckList {
  const listed = awaited.slice(0, limit).map(describeStuck);
  const ports = [...listed.filter((one) => !one.isUnplugged), ...listed.filter((one) => one.isUnplugged)];
  return { ports, isCut: awaited.length > limit };
}
