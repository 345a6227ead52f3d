import { judgeSilence } from '../domain/chassis-silence.js';
import type { SilenceJudgement, SilencePolicy } from '../domain/chassis-silence.js';
import type { ChassisView } from '../northbound/northbound.js';
import { persist } from './persist.js';
import type { Session } from './session.js';
import { Silences } from './silences.js';
import type { LookTime } from './silences.js';
import { hasUp, speakFor } from './speak-for.js';

/** How often the chassis are looked at within the time that makes a silence a death. */
const LOOKS = 10;

/** Looks that may fail before the silences are observed anew: after an outage agents must have had time to speak. */
const MOST_MISSED_LOOKS = 2;

/** What this server keeps from look to look. */
interface Watch {
  readonly policy: SilencePolicy;
  readonly silences: Silences;
  /** Whether ports of silent chassis are kept, because so many are silent. */
  isHolding: boolean;
}

/**
 * Reports the ports of a chassis DOWN whose agent is silent, in its name (speak-for.ts).
 *
 * Every server observes the silences; the live one with the least id acts. Should two take themselves for it, the later
 * ends the registration of the earlier, and both say the same. After a crash in the midst of it another server does the
 * rest, as soon as it has observed the silence itself.
 *
 * A registration of ours is a life of this loop: data of another incarnation is observed from its beginning.
 */
export async function watchChassis(
  session: Session,
  policy: SilencePolicy,
  signal: AbortSignal,
): Promise<void> {
  const everyMs = policy.downAfterMs / LOOKS;
  const silences = new Silences(MOST_MISSED_LOOKS * everyMs);
  const watch: Watch = { policy, silences, isHolding: false };
  for (;;) {
    await lookAtAll(session, watch, signal);
    await session.clock.sleep(everyMs, { signal });
  }
}

async function lookAtAll(session: Session, watch: Watch, signal: AbortSignal): Promise<void> {
  const { metrics } = session;
  const { policy, silences } = watch;
  const { views, time } = await ask(session, signal);
  silences.look(views, time);
  const due = silences.observe(views, time).filter(({ silentMs }) => silentMs >= policy.downAfterMs);
  metrics.chassisSilent.set(due.length);
  const isOurs = due.length > 0 && (await isFirst(session, signal));
  if (isOurs) await findSpent(session, watch, { views, time }, signal);
  const { dead, held } = isOurs ? judgeSilence(silences.observe(views, time), policy) : NOBODY;
  announceHeld(session, watch, held, views.length);
  const byName = new Map(views.map((view) => [view.chassis, view]));
  for (const name of dead) await letGo(session, watch, byName.get(name), signal);
}

const NOBODY: SilenceJudgement = { dead: [], held: [] };

/** What the chassis said last, and when that was asked. */
interface Look {
  readonly views: readonly ChassisView[];
  readonly time: LookTime;
}

function ask(session: Session, signal: AbortSignal): Promise<Look> {
  const { northbound, clock } = session;
  return persist(session, 'northbound', signal, async () => {
    const askedAtMs = clock.monotonicMs();
    const views = await northbound.chassis(undefined, { signal });
    return { views, time: { askedAtMs, answeredAtMs: clock.monotonicMs() } };
  });
}

/** Whether this server is the one that acts, on the data that it has joined. */
async function isFirst(session: Session, signal: AbortSignal): Promise<boolean> {
  const { northbound, member } = session;
  return persist(session, 'northbound', signal, async () => {
    const listeners = await northbound.listeners({ signal });
    const first = listeners.find(({ state }) => state === 'live');
    return first?.id === member.id && (await northbound.incarnation({ signal })) === member.incarnation;
  });
}

/** A chassis without a port that is up has nothing to lose: it is neither dead nor a sign of a fault. */
async function findSpent(
  session: Session,
  { policy, silences }: Watch,
  { views, time }: Look,
  signal: AbortSignal,
): Promise<void> {
  for (const { chassis, silentMs, standing } of silences.observe(views, time)) {
    if (standing !== 'at stake' || silentMs < policy.downAfterMs) continue;
    if (!(await hasUp(session, chassis, signal))) silences.noteSpent(chassis);
  }
}

function announceHeld(
  { metrics, logger }: Session,
  watch: Watch,
  held: readonly string[],
  all: number,
): void {
  metrics.chassisHeld.set(held.length);
  const isHolding = held.length > 0;
  if (isHolding === watch.isHolding) return;
  watch.isHolding = isHolding;
  if (!isHolding) logger.info({ event: 'chassis.released' }, 'no chassis is held any more');
  else
    logger.error(
      { event: 'chassis.held', chassis: held.slice(0, 20), held: held.length, all },
      'so many chassis are silent at once that it looks like a fault of the network or of the northbound database: their ports keep their status; where one is really dead, run "port-status approve <chassis>"',
    );
}

async function letGo(
  session: Session,
  { silences }: Watch,
  view: ChassisView | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (view === undefined) return;
  const { logger, metrics, clock } = session;
  const { chassis, ageMs } = view;
  const ports = await speakFor(session, view, signal);
  if (ports === undefined) return;
  silences.noteLetGo(chassis, clock.monotonicMs());
  metrics.chassisDowned.inc();
  const words = 'its agent is silent; its ports are reported DOWN until it speaks again';
  logger.warn({ event: 'chassis.down', chassis, silentMs: ageMs, ports }, words);
}
