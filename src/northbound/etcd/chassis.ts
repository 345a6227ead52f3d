import { checkName } from '../../domain/report.js';
import type { ChassisNote, ChassisRegistration, ChassisStanding, ChassisView } from '../northbound.js';
import { refusal } from '../refusals.js';
import { decodeComplete, decodeListener, decodeRegistration, decodeRevision, decodeWords } from './layout.js';
import type { Keys, RegistrationRecord, WordsRecord } from './layout.js';
import { at, put, unchanged, under } from './operations.js';
import type { Condition, KeyValue, Range, RangeAnswer, Write } from './operations.js';
import { rangeAll } from './pages.js';
import { CONFLICT } from './session.js';
import type { Session, Snapshot } from './session.js';

/** What is stored of a chassis, each as it was read. */
interface ChassisState {
  readonly registration: KeyValue | undefined;
  readonly revision: KeyValue | undefined;
  readonly words: KeyValue | undefined;
}

function stateRanges(keys: Keys, chassis: string): readonly Range[] {
  return ['registration', 'revision', 'words'].map((part) => at(keys.aboutChassis(chassis) + part));
}

function stateOf([registration, revision, words]: readonly RangeAnswer[]): ChassisState {
  return { registration: registration?.kvs[0], revision: revision?.kvs[0], words: words?.kvs[0] };
}

/** Gives the name of a chassis to a new registration; what is stored of it stays. */
export async function registerChassis(session: Session, chassis: string): Promise<ChassisRegistration> {
  checkName('chassis', chassis);
  return session.untilCommitted(async () => {
    const { incarnation, answers } = await session.read(...stateRanges(session.keys, chassis));
    const { registration, revision, words } = stateOf(answers);
    const number = (decodeRegistration(registration?.value)?.number ?? 0) + 1;
    const token = session.random.id();
    const timestamp = session.now();
    const then = [
      putRegistration(session, chassis, { token, number }),
      putWords(session, chassis, { ...decodeWords(words?.value), timestamp }),
    ];
    const commit = await session.commit(
      [unchanged(registrationKey(session.keys, chassis), registration)],
      then,
    );
    if (commit === undefined) return CONFLICT;
    return { chassis, token, number, maxRevision: decodeRevision(revision?.value) ?? 0, incarnation };
  });
}

/** Gives the name of a chassis that is silent to the caller, under the same number: its agent is not fenced by it. */
export async function takeOverChassis(
  session: Session,
  chassis: string,
  beat: string,
): Promise<ChassisRegistration | undefined> {
  return session.untilCommitted(async () => {
    const { incarnation, answers } = await session.read(...stateRanges(session.keys, chassis));
    const { registration, revision, words } = stateOf(answers);
    const record = decodeRegistration(registration?.value);
    if (record === undefined || words === undefined || beatOf(words) !== beat) return undefined;
    const { number } = record;
    const token = session.random.id();
    const when = [
      unchanged(registrationKey(session.keys, chassis), registration),
      unchanged(words.key, words),
    ];
    const commit = await session.commit(when, [putRegistration(session, chassis, { token, number })]);
    if (commit === undefined) return CONFLICT;
    return { chassis, token, number, maxRevision: decodeRevision(revision?.value) ?? 0, incarnation };
  });
}

/** Checks that this registration holds its name. @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
export function checkChassis(
  { chassis, token, number, incarnation }: ChassisRegistration,
  snapshot: Pick<Snapshot, 'incarnation'>,
  found: KeyValue | undefined,
): void {
  const record = incarnation === snapshot.incarnation ? decodeRegistration(found?.value) : undefined;
  if (record?.token !== token) throw refusal('chassis', chassis, { holder: record?.number, mine: number });
}

/** The same inside a transaction; to be told why it failed, `findChassis` reads. */
export function isRegistered({ keys }: Session, { chassis, token, number }: ChassisRegistration): Condition {
  return { kind: 'value', key: registrationKey(keys, chassis), value: JSON.stringify({ token, number }) };
}

/**
 * Why a transaction of this registration was not carried out; nothing where it may be now.
 *
 * @throws {PortStatusError} FENCED, REGISTRATION_LOST: also where what it has published is gone, which is a new incarnation.
 */
async function findChassis(session: Session, registration: ChassisRegistration): Promise<void> {
  const { keys, database } = session;
  const { chassis } = registration;
  const [holderKey, revisionAt] = [registrationKey(keys, chassis), revisionKey(keys, chassis)];
  const snapshot = await session.read(at(holderKey), at(revisionAt));
  const [holder, revision] = snapshot.answers;
  checkChassis(registration, snapshot, holder?.kvs[0]);
  if (database.vigil.isLost(revisionAt, revision?.kvs[0])) await session.mournLoss(chassis);
}

/**
 * Nothing is said of data that has lost what this chassis published, nor for a registration of an earlier incarnation: a
 * completeness is the word by which ports count as gone.
 */
export async function keepChassis(
  session: Session,
  registration: ChassisRegistration,
  { complete, hold, version }: ChassisNote,
): Promise<ChassisStanding> {
  const { keys } = session;
  const { chassis, incarnation } = registration;
  const asked = [at(`${keys.aboutChassis(chassis)}approved`), under(keys.listeners)];
  return session.untilCommitted(async () => {
    if (session.incarnation !== incarnation) await findChassis(session, registration);
    const words = putWords(session, chassis, { timestamp: session.now(), version, hold });
    const then =
      complete === undefined ? [words] : [words, putComplete(session, chassis, complete, incarnation)];
    const isOurs = isRegistered(session, registration);
    const isKept = session.database.vigil.isNotLost(revisionKey(keys, chassis));
    const commit = await session.commit([isOurs, isKept], then, asked);
    if (commit !== undefined) return standingOf(commit.answers);
    await findChassis(session, registration);
    return CONFLICT;
  });
}

function standingOf([approved, listeners]: readonly RangeAnswer[]): ChassisStanding {
  const records = (listeners?.kvs ?? []).map(({ value }) => decodeListener(value));
  const listenerVersions = records.flatMap((record) => (record === undefined ? [] : [record.versions]));
  return { approved: approved?.kvs[0]?.value, listenerVersions };
}

export async function approveHold(session: Session, chassis: string): Promise<boolean> {
  const about = session.keys.aboutChassis(chassis);
  return session.untilCommitted(async () => {
    const { answers } = await session.read(at(`${about}words`));
    const words = answers[0]?.kvs[0];
    const hold = decodeWords(words?.value)?.hold;
    if (words === undefined || hold === undefined) return false;
    const commit = await session.commit([unchanged(words.key, words)], [put(`${about}approved`, hold.id)]);
    return commit === undefined ? CONFLICT : true;
  });
}

export async function approveSilence(session: Session, chassis: string, beat: string): Promise<boolean> {
  const about = session.keys.aboutChassis(chassis);
  return session.untilCommitted(async () => {
    const { answers } = await session.read(at(`${about}words`));
    const words = answers[0]?.kvs[0];
    if (words === undefined || beatOf(words) !== beat) return false;
    const commit = await session.commit([unchanged(words.key, words)], [put(`${about}approved`, beat)]);
    return commit === undefined ? CONFLICT : true;
  });
}

/** All chassis, or those named that are known, sorted by name. */
export async function listChassis(
  session: Session,
  names?: readonly string[],
): Promise<readonly ChassisView[]> {
  const kvs =
    names === undefined ? await rangeAll(session, session.keys.chassis) : await findNamed(session, names);
  const all = new Map(kvs.map((kv) => [kv.key, kv]));
  const named = new Set(kvs.map(({ key }) => key.slice(session.keys.chassis.length).split('/')[0] ?? ''));
  return [...named].sort().flatMap((chassis) => viewChassis(session, chassis, all));
}

async function findNamed(session: Session, names: readonly string[]): Promise<readonly KeyValue[]> {
  const wanted = [...new Set(names)].map((name) => under(session.keys.aboutChassis(name)));
  const { answers } = await session.read(...wanted);
  return answers.flatMap(({ kvs }) => kvs);
}

function viewChassis(
  session: Session,
  chassis: string,
  kvs: ReadonlyMap<string, KeyValue>,
): readonly ChassisView[] {
  const find = (part: string): KeyValue | undefined => kvs.get(session.keys.aboutChassis(chassis) + part);
  const spoken = find('words');
  const words = decodeWords(spoken?.value);
  if (spoken === undefined || words === undefined) return [];
  const { hold, version, timestamp } = words;
  return [
    {
      chassis,
      ageMs: Math.max(0, session.now() - timestamp),
      beat: beatOf(spoken),
      maxRevision: decodeRevision(find('revision')?.value) ?? 0,
      complete: decodeComplete(find('complete')?.value),
      hold,
      approved: find('approved')?.value,
      version,
    },
  ];
}

/** Every word is a write of its own. */
function beatOf({ modified }: KeyValue): string {
  return String(modified);
}

export function registrationKey(keys: Keys, chassis: string): string {
  return `${keys.aboutChassis(chassis)}registration`;
}

export function revisionKey(keys: Keys, chassis: string): string {
  return `${keys.aboutChassis(chassis)}revision`;
}

function putRegistration(session: Session, chassis: string, record: RegistrationRecord): Write {
  return put(registrationKey(session.keys, chassis), JSON.stringify(record));
}

function putWords({ keys }: Session, chassis: string, record: WordsRecord): Write {
  return put(`${keys.aboutChassis(chassis)}words`, JSON.stringify(record));
}

function putComplete({ keys }: Session, chassis: string, revision: number, incarnation: string): Write {
  return put(`${keys.aboutChassis(chassis)}complete`, JSON.stringify({ revision, incarnation }));
}
