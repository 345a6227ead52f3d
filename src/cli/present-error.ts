import { ERRORS, PortStatusError } from '../domain/errors.js';
import type { Output } from './world.js';

/** Says an error on `stderr`: a foreseen one in its own line or lines, any other with its stack. @returns the exit code. */
export function presentError(error: unknown, stderr: Output): number {
  if (error instanceof PortStatusError) {
    for (const line of error.message.split('\n')) stderr.write(`port-status: ${line}\n`);
    return error.exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(`port-status: an error that nobody foresaw; please report it:\n${stack}\n`);
  return ERRORS.BUG.exitCode;
}
