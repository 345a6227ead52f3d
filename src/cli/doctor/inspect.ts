import { checkSyntax } from '../../config/layers.js';
import { inspect } from '../../config/load.js';
import type { Inspection, Sources } from '../../config/load.js';
import type { Values } from '../../config/config.js';
import { keysOf, OPTION_ROWS, optionsOf } from '../../config/options.js';
import type { OptionKey } from '../../config/options.js';
import { valuesOf } from '../../config/resolve.js';
import { PortStatusError } from '../../domain/errors.js';
import type { Role } from './facts.js';

/** The configuration as a doctor sees it: what is right of it is used, although something else is wrong. */
export interface Inspected {
  readonly roles: readonly Role[];
  readonly problems: readonly string[];
  /** Of all roles together; they agree, since they are read from the same sources. */
  readonly values: Values;
}

/** The option without which a role does not start, and that the other does not have. */
const SIGN_OF_ROLE = { server: 'neutron.url', agent: 'switch.ready' } as const satisfies Record<
  Role,
  OptionKey
>;

/**
 * Inspects the configuration of the wanted role; without one, of each that something is said for.
 *
 * @throws {PortStatusError} CONFIG where the file is no TOML: nothing that it says is known then.
 */
export function inspectRoles(wanted: Role | undefined, sources: Sources): Inspected {
  const syntax = checkSyntax(sources.file);
  if (syntax !== undefined) throw new PortStatusError('CONFIG', syntax);
  const all = (['server', 'agent'] as const).map((role) => ({ role, ...inspectRole(role, sources) }));
  const roles = all.filter(
    ({ role, settings }) => wanted === role || (wanted === undefined && isSaid(role, settings)),
  );
  const problems = new Set(roles.length === 0 ? [NO_ROLE] : roles.flatMap((one) => one.problems));
  return {
    roles: roles.map(({ role }) => role),
    problems: [...problems],
    values: valuesOf(roles.flatMap(({ settings }) => settings)),
  };
}

const NO_ROLE =
  'nothing says what this host runs: set neutron.url for a server or switch.ready for an agent, or name one with --for';

/** A flag of the other role is no mistake here. */
function inspectRole(role: Role, sources: Sources): Inspection {
  const known = new Set(optionsOf(role).flatMap(keysOf));
  const flags = new Map([...sources.flags].filter(([key]) => known.has(key)));
  return inspect(role, { ...sources, flags });
}

function isSaid(role: Role, settings: Inspection['settings']): boolean {
  return settings.some(({ key, source }) => key === SIGN_OF_ROLE[role] && source !== undefined);
}

/** The rows that a doctor takes as flags. */
export const DOCTOR_OPTIONS = OPTION_ROWS.filter(([, { commands }]) =>
  commands.some((command) => command === 'server' || command === 'agent'),
);
