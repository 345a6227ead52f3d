import { PortStatusError } from '../domain/errors.js';
import { Scope } from '../runtime/scope.js';
import { untilStopped } from '../runtime/until-stopped.js';
import { isOutage } from './persist.js';
import type { Session } from './session.js';

/** For how many ttls Neutron's database may refuse this server before it gives its registration up. */
const PATIENCE_IN_TTLS = 5;

/**
 * Ends a registration that keeps reports from the servers that could write them: Neutron's database does not let *this*
 * server work, while its heartbeats go on. Source: decision 13.
 *
 * Once per ttl: where a call fails, the same check is made as before a join, so that whoever gives up for a reason stays
 * away for as long as it holds. Trouble that the check does not meet (a locked row, a full disk)
 * would go along with the reports: then it stays.
 *
 * @throws {PortStatusError} UNAVAILABLE when the check has failed or hung for 5 ttls.
 */
export async function watchNeutron(session: Session, signal: AbortSignal): Promise<void> {
  const { clock, options } = session;
  const { ttlMs } = options.lease;
  const patienceMs = PATIENCE_IN_TTLS * ttlMs;
  for (let sinceMs: number | undefined; ;) {
    await clock.sleep(ttlMs, { signal });
    sinceMs ??= clock.monotonicMs();
    const why = await findRefusal(session, sinceMs + patienceMs, signal);
    if (why === undefined) sinceMs = undefined;
    else if (clock.monotonicMs() >= sinceMs + patienceMs) throw gaveUp(patienceMs, why);
  }
}

/** Why Neutron's database does not let this server work now; undefined where it does, or where nobody was refused. */
async function findRefusal(
  session: Session,
  untilMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { neutron, options, health } = session;
  const why = health.outages.why('neutron');
  if (why === undefined) return undefined;
  try {
    const check = neutron.check({ willWrite: options.willWrite });
    return (await isDoneBy(session, check, untilMs, signal)) ? undefined : why;
  } catch (error) {
    if (!isOutage(error)) throw error;
    return error.message;
  }
}

/** Waits for `work` until then; false where it hangs. */
async function isDoneBy(
  { clock }: Session,
  work: Promise<void>,
  untilMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  using either = new Scope(signal);
  const done = untilStopped(work, either.signal).then(() => true);
  const late = clock.sleep(untilMs - clock.monotonicMs(), either).then(() => false);
  return await Promise.race([done, late]);
}

function gaveUp(patienceMs: number, why: string): PortStatusError {
  return new PortStatusError(
    'UNAVAILABLE',
    `for ${patienceMs} ms the Neutron database has not let this server work: ${why}`,
  );
}
