import type { Config } from '../config/config.js';
import { load } from '../config/load.js';
import type { Command } from '../config/option.js';
import { optionsOf } from '../config/options.js';
import type { Clock } from '../runtime/clock.js';
import { createLogger } from '../runtime/logger.js';
import type { Logger } from '../runtime/logger.js';
import { createMetrics } from '../runtime/metrics.js';
import type { Build, Metrics } from '../runtime/metrics.js';
import type { Random } from '../runtime/random.js';
import type { Arguments, ArgumentValues, CommandDefinition, Flags, FlagValues } from './command.js';
import type { World } from './world.js';

/** Everything that the body of a command gets. */
export interface CommandContext<
  C extends Command,
  F extends Flags = Readonly<Record<string, never>>,
  A extends Arguments = Readonly<Record<string, never>>,
> {
  readonly config: Config<C>;
  readonly flags: FlagValues<F>;
  readonly arguments: ArgumentValues<A>;
  readonly io: Pick<
    World,
    'stdout' | 'stderr' | 'signal' | 'outputClosed' | 'terminal' | 'onExit' | 'heedHangUp'
  >;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly version: string;
  /** For processes that the command starts. */
  readonly environment: World['environment'];
}

/** A command that has a configuration. */
export interface ConfiguredCommand<C extends Command, F extends Flags, A extends Arguments> extends Pick<
  CommandDefinition,
  'summary' | 'doc' | 'examples' | 'exitCodes' | 'runsUntilStopped'
> {
  readonly name: C;
  readonly flags: F;
  readonly arguments: A;
  /**
   * Does the work. Whoever opens, closes: nothing it started outlives it.
   *
   * @returns the exit code: 0, or 1 where the answer is no.
   * @throws {PortStatusError} with the exit code of its row in ERRORS.
   */
  run(context: CommandContext<C, F, A>): Promise<number>;
}

/** Gives a command its options and, when it is run, its context. */
export function configuredCommand<C extends Command, const F extends Flags, const A extends Arguments>(
  command: ConfiguredCommand<C, F, A>,
): CommandDefinition {
  return configuredSubcommand(command.name, command);
}

/** The same for a command of a group: all of a group have the options of the group's name. */
export function configuredSubcommand<C extends Command, const F extends Flags, const A extends Arguments>(
  group: C,
  command: Omit<ConfiguredCommand<C, F, A>, 'name'> & { readonly name: string },
): CommandDefinition {
  return {
    ...command,
    options: optionsOf(group),
    run: async (invocation, world) => {
      const config = load(group, invocation.sources);
      return command.run({
        ...parts(group, world, config),
        config,
        // The command line was read by these very tables.
        flags: invocation.flags as FlagValues<F>,
        arguments: invocation.arguments as ArgumentValues<A>,
      });
    },
  };
}

function parts(
  command: Command,
  world: World,
  config: Config<Command>,
): Omit<CommandContext<Command>, 'config' | 'flags' | 'arguments'> {
  const {
    stdout,
    stderr,
    signal,
    outputClosed,
    terminal,
    onExit,
    heedHangUp,
    clock,
    random,
    version,
    environment,
  } = world;
  const logger = createLogger(config.log.level, { write: (line) => void stderr.write(line) });
  return {
    io: { stdout, stderr, signal, outputClosed, terminal, onExit, heedHangUp },
    clock,
    random,
    version,
    environment,
    logger,
    metrics: createMetrics(buildOf(command, version)),
  };
}

/** Undefined for a command that serves no metrics. */
function buildOf(command: Command, version: string): Build | undefined {
  return command === 'agent' || command === 'server' ? { program: command, version } : undefined;
}
