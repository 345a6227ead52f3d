import { PortStatusError } from '../../domain/errors.js';

/** Stands where a command's work is not connected yet: it says so and fails. */
export async function withoutBody(): Promise<number> {
  throw new PortStatusError('BUG', 'this command is not connected to its work yet; use another version');
}
