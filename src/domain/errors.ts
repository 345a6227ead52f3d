/**
 * Every foreseen failure, by its stable code: what it means and the exit code of a command that ends with it.
 *
 * 78 (EX_CONFIG): someone has to change something, starting again does not help. 69 (EX_UNAVAILABLE): a dependency
 * never came up, starting again may help. 70 (EX_SOFTWARE): a bug. A verdict (stale, foreign, absent) is not an error.
 */
export const ERRORS = {
  CONFIG: { exitCode: 78, meaning: 'The configuration is wrong or incomplete.' },
  LAYOUT: {
    exitCode: 78,
    meaning: "Neutron's database or our ledger does not have the layout that we know.",
  },
  RIGHTS: { exitCode: 78, meaning: 'The database, the switch or Keystone refuses the right to do this.' },
  FENCED: { exitCode: 78, meaning: 'A later registration under the same name has taken over.' },
  UNAVAILABLE: {
    exitCode: 69,
    meaning: 'A dependency cannot be reached now; the outcome of the call is unknown.',
  },
  REGISTRATION_LOST: {
    exitCode: 69,
    meaning: 'The northbound database no longer knows this registration: register again.',
  },
  CLOSED: { exitCode: 70, meaning: 'A verb was called after close().' },
  DATA: { exitCode: 70, meaning: 'One report can never be written as it is; the others are not concerned.' },
  BUG: { exitCode: 70, meaning: 'The program contradicts itself.' },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** A foreseen failure. The message is one line and ends with the reader's next step. */
export class PortStatusError extends Error {
  override readonly name = 'PortStatusError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get exitCode(): number {
    return ERRORS[this.code].exitCode;
  }
}

/** The code of a foreseen failure; of any other, that it was none. */
export function codeOf(error: unknown): ErrorCode | 'UNFORESEEN' {
  return error instanceof PortStatusError ? error.code : 'UNFORESEEN';
}

/** Whether `error` is a foreseen failure of one of these codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is PortStatusError {
  return error instanceof PortStatusError && codes.includes(error.code);
}
