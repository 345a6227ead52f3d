import { z } from 'zod';
import { parseJson } from '../../domain/json.js';
import { parseRevision } from '../../domain/revision.js';
import { checkName } from '../../domain/report.js';
import type { ChassisNote, ChassisRegistration, ChassisStanding, ChassisView } from '../northbound.js';
import { refusal } from '../refusals.js';
import { decodeName, encodeName } from './layout.js';
import { listOf, maybeText, numberOf, textOf } from './replies.js';
import { writeRevision } from './record.js';
import { defineScript } from './script.js';
import type { Reply } from './session.js';
import type { RedisStore } from './store.js';

/** KEYS: 3 all chassis, 4 the chassis. ARGV: 2 its name, 3 token. Returns `{'ok', number, revision, incarnation}`. */
const REGISTER = defineScript(`
redis.call('SADD', KEYS[3], ARGV[2])
redis.call('HSET', KEYS[4], 'token', ARGV[3], 'timestamp', now)
redis.call('HINCRBY', KEYS[4], 'words', 1)
local number = redis.call('HINCRBY', KEYS[4], 'number', 1)
return {'ok', number, redis.call('HGET', KEYS[4], 'revision'), redis.call('HGET', meta, 'incarnation')}
`);

/** Gives the name of a chassis to a new registration; what is stored of it stays. */
export async function registerChassis(store: RedisStore, chassis: string): Promise<ChassisRegistration> {
  const name = encodeName(checkName('chassis', chassis));
  const token = store.random.id();
  const { keys } = store;
  const answer = await store.run(REGISTER, [keys.allChassis(), keys.chassis(name)], [name, token]);
  return { chassis, token, ...registrationOf(answer) };
}

/**
 * KEYS: 3 the chassis. ARGV: 2 beat, 3 token. Returns as REGISTER, or `{'missed'}` where it is not known or has spoken
 * since.
 */
const TAKE_OVER = defineScript(`
local found = redis.call('HMGET', KEYS[3], 'words', 'number', 'revision')
if found[1] ~= ARGV[2] then return {'missed'} end
redis.call('HSET', KEYS[3], 'token', ARGV[3])
return {'ok', found[2], found[3], redis.call('HGET', meta, 'incarnation')}
`);

/** Gives the name of a chassis that is silent to the caller, under the same number: its agent is not fenced by it. */
export async function takeOverChassis(
  store: RedisStore,
  chassis: string,
  beat: string,
): Promise<ChassisRegistration | undefined> {
  const token = store.random.id();
  const answer = await store.run(TAKE_OVER, [store.keys.chassis(encodeName(chassis))], [beat, token]);
  return textOf(answer[0]) === 'missed' ? undefined : { chassis, token, ...registrationOf(answer) };
}

function registrationOf([, number, revision, incarnation]: readonly Reply[]): Omit<
  ChassisRegistration,
  'chassis' | 'token'
> {
  return { number: numberOf(number), maxRevision: numberOf(revision), incarnation: textOf(incarnation) };
}

/** The answer of a script that looked for this registration. @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
export function admitChassis(
  answer: readonly Reply[],
  { chassis, number }: ChassisRegistration,
): readonly Reply[] {
  if (textOf(answer[0]) !== 'refused') return answer;
  const holder = textOf(answer[1]);
  throw refusal('chassis', chassis, { holder: holder === '' ? undefined : Number(holder), mine: number });
}

/**
 * KEYS: 3 all chassis, 4 the chassis. ARGV: 2 incarnation and 3 token of the registration, 4 name, 5 version, 6 complete or
 * nothing, 7 hold as JSON and 8 its id, or nothing. Returns `{'ok', approved, versions…}` or `{'refused', number}`.
 */
const KEEP = defineScript(`
local isNow = redis.call('HGET', meta, 'incarnation') == ARGV[2]
local found = redis.call('HMGET', KEYS[4], 'token', 'number', 'approved')
if not isNow or found[1] ~= ARGV[3] then return {'refused', isNow and found[2] or ''} end
redis.call('SADD', KEYS[3], ARGV[4])
redis.call('HSET', KEYS[4], 'timestamp', now, 'version', ARGV[5], 'hold', ARGV[7], 'holdId', ARGV[8])
redis.call('HINCRBY', KEYS[4], 'words', 1)
if ARGV[6] ~= '' then redis.call('HSET', KEYS[4], 'complete', ARGV[6] .. '|' .. ARGV[2]) end
local answer = {'ok', found[3]}
for _, one in pairs(readListeners()) do answer[#answer + 1] = one.versions end
return answer
`);

export async function keepChassis(
  store: RedisStore,
  registration: ChassisRegistration,
  { complete, hold, version }: ChassisNote,
): Promise<ChassisStanding> {
  const { incarnation, token, chassis } = registration;
  const name = encodeName(chassis);
  const said = [
    version,
    complete === undefined ? '' : writeRevision(complete),
    hold === undefined ? '' : JSON.stringify(hold),
    hold?.id ?? '',
  ];
  const keys = [store.keys.allChassis(), store.keys.chassis(name)];
  const answer = await store.run(KEEP, keys, [incarnation, token, name, ...said]);
  const [, approved, ...versions] = admitChassis(answer, registration);
  return {
    approved: maybeText(approved),
    listenerVersions: versions.map((one) => readVersions(textOf(one))),
  };
}

/** `1,2` as they stand in a registration. */
export function readVersions(text: string): readonly number[] {
  return text.split(',').map(Number);
}

/** KEYS: 3 the chassis. Returns `{'ok'}`, or `{'missed'}` where it holds nothing. */
const APPROVE = defineScript(`
local id = redis.call('HGET', KEYS[3], 'holdId')
if not id or id == '' then return {'missed'} end
redis.call('HSET', KEYS[3], 'approved', id)
return {'ok'}
`);

export async function approveHold(store: RedisStore, chassis: string): Promise<boolean> {
  const [kind] = await store.run(APPROVE, [store.keys.chassis(encodeName(chassis))], []);
  return textOf(kind) === 'ok';
}

/** KEYS: 3 the chassis. ARGV: 2 beat. Returns `{'ok'}`, or `{'missed'}` where it is not known or has spoken since. */
const APPROVE_SILENCE = defineScript(`
if redis.call('HGET', KEYS[3], 'words') ~= ARGV[2] then return {'missed'} end
redis.call('HSET', KEYS[3], 'approved', ARGV[2])
return {'ok'}
`);

export async function approveSilence(store: RedisStore, chassis: string, beat: string): Promise<boolean> {
  const [kind] = await store.run(APPROVE_SILENCE, [store.keys.chassis(encodeName(chassis))], [beat]);
  return textOf(kind) === 'ok';
}

/** Returns `{'ok', now, since, incarnation}`. */
const LOOK = defineScript(`
local found = redis.call('HMGET', meta, 'since', 'incarnation')
return {'ok', now, found[1], found[2]}
`);

export async function incarnationOf(store: RedisStore): Promise<string> {
  const [, , , incarnation] = await store.run(LOOK, [], []);
  return textOf(incarnation);
}

/** Chassis that are asked for in one round trip. */
const PAGE = 500;

/** All chassis, or those named that are known, sorted by name. */
export async function listChassis(
  store: RedisStore,
  names?: readonly string[],
): Promise<readonly ChassisView[]> {
  const [, now, since] = await store.run(LOOK, [], []);
  const asked = names ?? (await listNames(store));
  const sorted = [...new Set(asked)].sort();
  const views: ChassisView[] = [];
  for (let first = 0; first < sorted.length; first += PAGE) {
    const page = sorted.slice(first, first + PAGE);
    const rows = await store.send(
      page.map((name) => ['HMGET', store.keys.chassis(encodeName(name)), ...FIELDS]),
    );
    const times = { now: numberOf(now), since: numberOf(since) };
    views.push(...page.flatMap((name, index) => viewChassis(name, listOf(rows[index]), times)));
  }
  return views;
}

/** Whoever may add a name may add anything: what leads to no registration is not shown. */
async function listNames({ send, keys }: RedisStore): Promise<readonly string[]> {
  const [names] = await send([['SMEMBERS', keys.allChassis()]]);
  return listOf(names).map((name) => decodeName(textOf(name)));
}

const FIELDS = ['timestamp', 'words', 'revision', 'complete', 'hold', 'approved', 'version'];

/** Nothing where the name leads to no registration. */
function viewChassis(
  chassis: string,
  row: readonly Reply[],
  { now, since }: { readonly now: number; readonly since: number },
): readonly ChassisView[] {
  const [timestamp, words, revision, complete, hold, approved, version] = row.map(maybeText);
  if (timestamp === undefined || words === undefined) return [];
  return [
    {
      chassis,
      ageMs: Math.max(0, now - Math.max(Number(timestamp), since)),
      beat: words,
      maxRevision: parseRevision(revision ?? '') ?? 0,
      complete: readComplete(complete),
      hold: readHold(hold),
      approved,
      version,
    },
  ];
}

function readComplete(text = ''): ChassisView['complete'] {
  const [digits = '', incarnation = ''] = text.split('|');
  const revision = parseRevision(digits);
  return revision === undefined ? undefined : { revision, incarnation };
}

const holdSchema = z.object({ id: z.string(), ports: z.number(), sinceMs: z.number() });

function readHold(text = ''): ChassisNote['hold'] {
  return holdSchema.safeParse(parseJson(text)).data;
}
