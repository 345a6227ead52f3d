import { PortStatusError } from '../domain/errors.js';

type Kind = 'chassis' | 'listener';

/** Numbers of two registrations of one name in one incarnation: the one that holds it now, if any, and the caller's. */
export interface Holding {
  readonly holder: number | undefined;
  readonly mine: number;
}

/** Why a registration that does not hold its name is refused. */
export function refusal(kind: Kind, name: string, { holder, mine }: Holding): PortStatusError {
  return holder !== undefined && holder > mine ? fenced(kind, name) : registrationLost(kind, name);
}

function fenced(kind: Kind, name: string): PortStatusError {
  return new PortStatusError(
    'FENCED',
    `${kind} ${name}: a later registration under this name has taken over; stop one of the two programs or rename it`,
  );
}

/** The registration is not known: it was taken over by others, or the data was lost or rolled back. */
function registrationLost(kind: Kind, name: string): PortStatusError {
  return new PortStatusError(
    'REGISTRATION_LOST',
    `${kind} ${name}: the northbound database no longer knows this registration; register again`,
  );
}

/** The engine can not be used now. */
export function unavailable(engine: string, why: string, cause?: unknown): PortStatusError {
  return unavailableUntil(engine, why, 'the outcome of the call is unknown, repeat it', cause);
}

/** Nothing answers where the URL leads, or not what should. Whether it did what was asked is unknown all the same. */
export function unreachable(engine: string, why: string, cause?: unknown): PortStatusError {
  return unavailableUntil(engine, why, 'check that it runs, and that northbound.url leads to it', cause);
}

function unavailableUntil(engine: string, why: string, next: string, cause: unknown): PortStatusError {
  return new PortStatusError('UNAVAILABLE', `northbound database (${engine}): ${why}; ${next}`, { cause });
}

/** Who only looks makes no data where there is none. Waiting does not help somebody who mistyped the URL. @param what is missing. */
export function nothingThere(engine: string, what: string): PortStatusError {
  return new PortStatusError(
    'CONFIG',
    `northbound database (${engine}): ${what}; check northbound.url and northbound.namespace, or start "port-status server"`,
  );
}

export function closed(engine: string): PortStatusError {
  return new PortStatusError(
    'CLOSED',
    `northbound database (${engine}): the connection was closed; open a new one`,
  );
}
