import { eligible } from '../domain/listener.js';
import { shareOf } from '../domain/share.js';
import type { Share } from '../domain/share.js';
import { persist } from './persist.js';
import type { Session } from './session.js';

/**
 * This server's share of a sweep, among the servers that live now.
 *
 * Where one joins or goes meanwhile, others may sweep a part of it too, or leave a part of theirs to their next sweep;
 * once nothing changes any more, every part is begun within `reconcileEveryMs`.
 */
export async function takeShare(session: Session, signal: AbortSignal): Promise<Share> {
  const { northbound, member } = session;
  const listeners = await persist(session, 'northbound', signal, () => northbound.listeners({ signal }));
  return shareOf(
    member.id,
    eligible(listeners).map(({ id }) => id),
  );
}
