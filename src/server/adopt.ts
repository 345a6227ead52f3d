import { Scope } from '../runtime/scope.js';
import { persist } from './persist.js';
import type { Session } from './session.js';

/** How many reports are moved in one step, so that no step holds up the northbound database for long. */
const CHUNK = 5000;

/** How often per ttl a server looks for reports that nobody handles, also where nothing tells it to. */
const LOOKS_PER_TTL = 6;

/**
 * Takes over what nobody handles: topics of lapsed servers and reports that were published while nobody was live. What a
 * server leaves is moved at once; a dead one's, within its ttl plus a sixth of it.
 */
export async function adoptOrphans(session: Session, signal: AbortSignal): Promise<void> {
  for (;;) {
    await adoptAll(session, signal);
    await untilHintOrTime(session, signal);
  }
}

async function untilHintOrTime(session: Session, signal: AbortSignal): Promise<void> {
  const { northbound, member, clock, options } = session;
  using either = new Scope(signal);
  await Promise.race([
    northbound.untilOrphans(member, either),
    clock.sleep(options.lease.ttlMs / LOOKS_PER_TTL, either),
  ]);
}

async function adoptAll(session: Session, signal: AbortSignal): Promise<void> {
  const { northbound, member, logger, metrics } = session;
  for (let more = true; more;) {
    const adoption = await persist(session, 'northbound', signal, () =>
      northbound.adopt(member, { max: CHUNK, signal }),
    );
    more = adoption.more;
    const { moved, takenOver } = adoption;
    metrics.adopted.inc(moved);
    metrics.takeovers.inc(takenOver.length);
    if (takenOver.length > 0)
      logger.warn(
        { event: 'listener.taken-over', takenOver, moved },
        'a server is gone; its reports were moved',
      );
  }
}
