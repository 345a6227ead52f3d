import { numberOf as registrationNumber } from '../generation.js';
import type { Membership } from '../northbound.js';
import { refusal } from '../refusals.js';
import { encodeName } from './layout.js';
import { textOf } from './replies.js';
import type { defineScript } from './script.js';
import type { Argument, Reply } from './session.js';
import type { RedisStore } from './store.js';

/** What a script has to find: the ARGV that `findMember` of script.ts takes. */
export function memberArgs({ incarnation, id, generation }: Membership): readonly string[] {
  return [incarnation, encodeName(id), generation];
}

/** Runs a script for whoever holds this registration. @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
export async function runAs(
  store: Pick<RedisStore, 'run'>,
  membership: Membership,
  script: ReturnType<typeof defineScript>,
  keys: readonly Argument[],
  args: readonly Argument[] = [],
): Promise<readonly Reply[]> {
  return admitMember(await store.run(script, keys, [...memberArgs(membership), ...args]), membership);
}

/** The answer of a script that looked for this registration. @throws {PortStatusError} FENCED, REGISTRATION_LOST. */
export function admitMember(answer: readonly Reply[], { id, generation }: Membership): readonly Reply[] {
  if (textOf(answer[0]) !== 'refused') return answer;
  const holder = textOf(answer[1]);
  const mine = registrationNumber(generation);
  throw refusal('listener', id, { holder: holder === '' ? undefined : Number(holder), mine });
}
