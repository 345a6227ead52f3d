import { AGENT_SILENT_MS } from '../../domain/chassis-silence.js';
import type { Northbound } from '../../northbound/northbound.js';

/** Somebody who still uses the northbound database, and what is to be done about it. */
export interface Running {
  readonly name: string;
  readonly next: string;
}

/** Servers that have not lapsed, and agents that were heard of within the last 65 s: they do not say that they stop. */
export async function stillRunning(northbound: Northbound): Promise<readonly Running[]> {
  const listeners = await northbound.listeners();
  const chassis = await northbound.chassis();
  return [
    ...listeners
      .filter(({ state }) => state !== 'lapsed')
      .map(({ id, state }) => ({ name: `server ${id} is ${state}`, next: 'stop it' })),
    ...chassis
      .filter(({ ageMs }) => ageMs < AGENT_SILENT_MS)
      .map(({ chassis: name, ageMs }) => ({
        name: `the agent of ${name} was heard of ${seconds(ageMs)} ago`,
        next: `stop it, and wait until ${seconds(AGENT_SILENT_MS)} have passed`,
      })),
  ];
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
