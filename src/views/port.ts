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
  portId: z.string(),
  host: z.string().optional().meta({ description: 'The host of its active binding.' }),
  serverId: z.string().optional().meta({ description: 'device_id: for a port of a VM, the server in Nova.' }),
  neutronStatus: z.string().optional(),
  blocks: z.array(z.string()).optional().meta({ description: 'Whose provisioning blocks are left.' }),
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

export function describePort(explained: Explained): DescribedPort {
  const { story, host, stage } = explained;
  return {
    portId: story.portId,
    host,
    serverId: story.port?.deviceId,
    neutronStatus: story.port?.status,
    blocks: story.port && [...story.port.blocks],
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
  stage: stageSchema,
  nextStep: nextStepSchema,
});

export type StuckPort = Readonly<z.infer<typeof stuckSchema>>;

/** @param timeoutMs how long Nova waits, from the port's last change in Neutron. */
export function describeStuck({ story, host, stage }: Explained, timeoutMs: number): StuckPort {
  const { portId, port } = story;
  const leftMs = Math.max(0, timeoutMs - (port?.ageMs ?? timeoutMs));
  return { portId, host, serverId: port?.deviceId ?? '', leftMs, stage, nextStep: NEXT_STEPS[stage] };
}
