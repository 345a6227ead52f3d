import { hasCode } from '../domain/errors.js';
import { nextRevision } from '../domain/revision.js';
import { commonVersion, encodeReport, recallReport } from '../domain/wire.js';
import type { Envelope } from '../domain/wire.js';
import type { ChassisRegistration, ChassisView, StoredReport } from '../northbound/northbound.js';
import { persist } from './persist.js';
import type { Session } from './session.js';
import { storedPages } from './stored-pages.js';

/** Records that are read, and reports that are published, at once. */
const PAGE = 500;

/** Whether anything that is stored of the chassis is not DOWN. */
export async function hasUp(session: Session, chassis: string, signal: AbortSignal): Promise<boolean> {
  for await (const page of storedPages(session, chassis, PAGE, signal))
    if (page.some(({ isDown }) => !isDown)) return true;
  return false;
}

/**
 * Publishes DOWN in the name of a silent chassis for each stored record that says something else; from there on it goes
 * the usual way: place, topic, judge. A crash leaves some of them published.
 *
 * When the agent returns it registers again, finds that somebody spoke for it, and reports what it sees otherwise (agent/speaker.ts).
 *
 * @returns how many were published; undefined where the agent has spoken since, or another server speaks for it.
 */
export async function speakFor(
  session: Session,
  view: ChassisView,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { northbound, member } = session;
  const { chassis, beat } = view;
  const registration = await persist(session, 'northbound', signal, () =>
    northbound.takeOverChassis(chassis, beat, { signal }),
  );
  if (registration?.incarnation !== member.incarnation) return undefined;
  try {
    return await publishDown(session, registration, view, signal);
  } catch (error) {
    // Refused is the registration of the chassis, not ours.
    if (!hasCode(error, 'FENCED', 'REGISTRATION_LOST')) throw error;
    return undefined;
  }
}

async function publishDown(
  session: Session,
  registration: ChassisRegistration,
  { ageMs }: ChassisView,
  signal: AbortSignal,
): Promise<number> {
  const { northbound } = session;
  const why = `the agent of ${registration.chassis} has been silent for ${Math.round(ageMs / 1000)} s`;
  const word: Word = { why, greatest: registration.maxRevision, version: await wireVersion(session, signal) };
  let count = 0;
  for await (const page of storedPages(session, registration.chassis, PAGE, signal)) {
    const records = page.filter(({ isDown }) => !isDown);
    // Each attempt gives new revisions: one whose outcome is unknown may have stored some of them.
    await persist(session, 'northbound', signal, () =>
      northbound.publish(
        registration,
        records.map((record) => sayDown(session, record, word)),
        { signal },
      ),
    );
    count += records.length;
  }
  return count;
}

/** What is the same in all reports in the name of one chassis. */
interface Word {
  readonly why: string;
  /** The greatest revision that was given. */
  greatest: number;
  readonly version: number;
}

async function wireVersion(session: Session, signal: AbortSignal): Promise<number> {
  const { northbound, options } = session;
  const listeners = await persist(session, 'northbound', signal, () => northbound.listeners({ signal }));
  return commonVersion(listeners, options.wireGreatest);
}

function sayDown({ clock, options }: Session, record: StoredReport, word: Word): Envelope {
  const { chassis, portId } = record;
  const { attachment, instance } = recallReport(record, options.wireGreatest);
  word.greatest = nextRevision(word.greatest, clock.now());
  const said = { chassis, portId, attachment, instance, status: 'DOWN', observedAt: clock.now() } as const;
  return encodeReport({ ...said, revision: word.greatest, seen: { detail: word.why } }, word.version);
}
