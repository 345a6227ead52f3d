import { join } from 'node:path';
import type { NovaOptions } from '../../nova/options.js';
import type { Part } from './processes.js';

/** What all processes are started with. */
export interface Setting {
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How `port-status server` is started under that name. */
export function serverPart(id: string, folder: string, nova: NovaOptions, setting: Setting): Part {
  const flags = {
    'listener-id': id,
    'neutron-url': `sqlite:${join(folder, 'neutron.db')}`,
    'neutron-drivers': 'openvswitch',
    'apply-mode': 'write',
    'apply-chassis': '*',
    'http-listen': '127.0.0.1:0',
    'log-level': 'info',
    'northbound-url': northboundUrl(folder),
  };
  return {
    name: `server ${id}`,
    program: setting.program,
    args: ['server', ...toArgs(flags)],
    environment: { ...clean(setting.environment), ...novaVariables(nova) },
  };
}

/** How `port-status agent` is started for that compute node. */
export function agentPart(chassis: string, folder: string, { program, environment }: Setting): Part {
  const flags = {
    'agent-chassis': chassis,
    'switch-address': `simulated:${join(folder, `${chassis}.switch`)}`,
    'switch-ready': 'ofport',
    'http-listen': 'off',
    'log-level': 'warn',
    'northbound-url': northboundUrl(folder),
  };
  return {
    name: `agent ${chassis}`,
    program,
    args: ['agent', ...toArgs(flags)],
    environment: clean(environment),
  };
}

export function northboundUrl(folder: string): string {
  return `sqlite:${join(folder, 'northbound.db')}`;
}

function toArgs(flags: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

/** A configuration that happens to lie about must not change the demo. */
function clean(environment: Setting['environment']): Setting['environment'] {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('PORT_STATUS_')));
}

/** A password belongs into the environment, not on a command line that everyone can read. */
function novaVariables(nova: NovaOptions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(nova).map(([name, value]) => [`PORT_STATUS_NOVA_${name.toUpperCase()}`, String(value)]),
  );
}
