import { isStop } from '../runtime/together.js';
import { EXIT_INTERRUPTED } from './exit-codes.js';
import type { CommandDefinition, CommandGroup } from './command.js';
import { parseCommandLine } from './command-line.js';
import { COMMANDS } from './commands/commands.js';
import { presentError } from './present-error.js';
import type { World } from './world.js';

/**
 * Runs one command line and gives its exit code. Never throws.
 *
 * @param argv what follows the program's name.
 */
export function run(argv: readonly string[], world: World): Promise<number> {
  return runCommandLine(COMMANDS, argv, world);
}

/** As `run`, with other commands. */
export async function runCommandLine(
  commands: readonly (CommandDefinition | CommandGroup)[],
  argv: readonly string[],
  world: World,
): Promise<number> {
  try {
    const call = parseCommandLine(commands, argv, world);
    if (call.kind === 'answered') return call.exitCode;
    return await call.command.run(call.invocation, world).catch((error: unknown) => {
      if (isStop(error, world.signal)) return call.command.runsUntilStopped ? 0 : EXIT_INTERRUPTED;
      throw error;
    });
  } catch (error) {
    return presentError(error, world.stderr);
  }
}
