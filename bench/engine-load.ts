import { say } from '../src/northbound/conformance/scene.js';
import type { ChassisRegistration, Membership, Northbound } from '../src/northbound/northbound.js';
import { systemClock } from '../src/runtime/clock.js';

/** How many reports one publish and one receive carry. */
export const BATCH = 100;
const RECEIVE = 500;
const ADOPT = 5000;

/** Chassis that publish side by side over one connection. */
const CHASSIS = 8;
const VERSIONS = [1];

/** Joins with a ttl that outlasts the measurement, for as long as nobody falls silent on purpose. */
export function join(northbound: Northbound, id: string, ttlMs = 60_000): Promise<Membership> {
  return northbound.join({ id, ttlMs, versions: VERSIONS, program: 'bench' });
}

/** Each of several chassis publishes first reports of ports of its own, batch after batch. @returns reports per second. */
export async function publishAll(northbound: Northbound, reports: number): Promise<number> {
  const names = Array.from({ length: CHASSIS }, (_, index) => `bench-${index}`);
  const registrations = await Promise.all(names.map((name) => northbound.registerChassis(name)));
  const each = reports / CHASSIS;
  return perSecond(reports, async () => {
    await Promise.all(registrations.map((registration) => publishEach(northbound, registration, each)));
  });
}

async function publishEach(
  northbound: Northbound,
  registration: ChassisRegistration,
  reports: number,
): Promise<void> {
  const { chassis, maxRevision } = registration;
  for (let first = 1; first <= reports; first += BATCH) {
    const envelopes = Array.from({ length: Math.min(BATCH, reports - first + 1) }, (_, index) =>
      say(first + index, maxRevision + first + index, { chassis }),
    );
    await northbound.publish(registration, envelopes);
  }
}

/** Receives and acknowledges all that is pending for the member. @returns reports per second. */
export async function drainTopic(
  northbound: Northbound,
  member: Membership,
  reports: number,
): Promise<number> {
  return perSecond(reports, async () => {
    for (let left = reports; left > 0;) {
      const deliveries = await northbound.receive(member, { max: RECEIVE });
      left -= await northbound.acknowledge(member, deliveries);
    }
  });
}

/** How long one report takes from the call of publish to the receiver, on an idle system; milliseconds, one per round. */
export async function measureLatency(
  agent: Northbound,
  server: Northbound,
  member: Membership,
  rounds: number,
): Promise<readonly number[]> {
  const registration = await agent.registerChassis('bench-idle');
  const tookMs: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const deliveries = server.receive(member, { max: RECEIVE });
    await systemClock.sleep(1); // it waits by then
    const startMs = systemClock.monotonicMs();
    await agent.publish(registration, [say(1, registration.maxRevision + round, { chassis: 'bench-idle' })]);
    const given = await deliveries;
    tookMs.push(systemClock.monotonicMs() - startMs);
    await server.acknowledge(member, given);
  }
  return tookMs;
}

/** Adopts until nothing is left. @returns how long the whole took and how long its longest step, in milliseconds. */
export async function adoptAll(
  northbound: Northbound,
  member: Membership,
): Promise<{ readonly moved: number; readonly tookMs: number; readonly longestMs: number }> {
  const startMs = systemClock.monotonicMs();
  let [moved, longestMs] = [0, 0];
  for (let more = true; more;) {
    const stepMs = systemClock.monotonicMs();
    const adoption = await northbound.adopt(member, { max: ADOPT });
    longestMs = Math.max(longestMs, systemClock.monotonicMs() - stepMs);
    moved += adoption.moved;
    more = adoption.more;
  }
  return { moved, tookMs: systemClock.monotonicMs() - startMs, longestMs };
}

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const startMs = systemClock.monotonicMs();
  await work();
  return (count * 1000) / (systemClock.monotonicMs() - startMs);
}
