import { PortStatusError } from '../domain/errors.js';

type Kind = 'chassis' | 'listener';

/** A later registration in the same incarnation holds the name. */
export function fenced(kind: Kind, name: string): PortStatusError {
  return new PortStatusError(
    'FENCED',
    `${kind} ${name}: a later registration under this name has taken over; stop one of the two programs or rename it`,
  );
}

/** The registration is not known: it was taken over by others, or the data was lost or rolled back. */
export function registrationLost(kind: Kind, name: string): PortStatusError {
  return new PortStatusError(
    'REGISTRATION_LOST',
    `${kind} ${name}: the northbound database no longer knows this registration; register again`,
  );
}

/** The engine can not be reached, or not used, now. */
export function unavailable(engine: string, why: string, cause?: unknown): PortStatusError {
  return new PortStatusError(
    'UNAVAILABLE',
    `northbound database (${engine}): ${why}; the outcome of the call is unknown, repeat it`,
    { cause },
  );
}

export function closed(engine: string): PortStatusError {
  return new PortStatusError(
    'CLOSED',
    `northbound database (${engine}): the connection was closed; open a new one`,
  );
}
