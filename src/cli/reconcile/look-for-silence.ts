import type { ComparedPage, ComparedPort } from '../../neutron/neutron.js';
import { Pace } from '../../server/pace.js';
import type { Scope } from './scope.js';
import { PAGE } from './sources.js';
import type { Sources } from './sources.js';

/** What one page of Neutron's ports showed. */
export interface Silence {
  readonly read: number;
  /** Ports that are ACTIVE, and of which the chassis that they are bound to never said anything. */
  readonly ports: readonly ComparedPort[];
}

/**
 * Reads Neutron's ports page by page, for those that are ACTIVE without a word of their chassis. Silence is no evidence:
 * nothing follows from it.
 *
 * Neutron has no key by host, so that the ports of one chassis are not looked through.
 */
export async function* lookForSilence(
  { neutron, judging, clock, rate }: Sources,
  { portId, chassis }: Scope,
  signal: AbortSignal,
): AsyncGenerator<Silence> {
  if (portId !== undefined) yield toSilence(await neutron.compare([portId], judging));
  if (portId !== undefined || chassis !== undefined) return;
  const pace = new Pace(clock, rate, PAGE);
  for (let after: string | undefined, more = true; more;) {
    const page = await neutron.compare({ after, limit: PAGE }, judging);
    yield toSilence(page);
    after = page.last;
    more = after !== undefined;
    await pace.spend(page.ports.length, signal);
  }
}

function toSilence({ ports }: ComparedPage): Silence {
  return { read: ports.length, ports: ports.filter(isSilent) };
}

function isSilent({ host = '', neutronStatus, reported }: ComparedPort): boolean {
  return neutronStatus === 'ACTIVE' && host !== '' && reported === undefined;
}
