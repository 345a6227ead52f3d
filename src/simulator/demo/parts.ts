import { join } from 'node:path';
import type { NovaOptions } from '../../nova/options.js';
import type { Part } from './processes.js';

/** What all processes are started with. */
export interface Setting {
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly northbound: NorthboundPlace;
}

/** Where the northbound data of a demo is. */
export interface NorthboundPlace {
  readonly url: string;
  readonly namespace: string;
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
  };
  return {
    name: `server ${id}`,
    program: setting.program,
    args: ['server', ...toArgs(flags)],
    environment: { ...environmentOf(setting), ...novaVariables(nova) },
  };
}

/** How `port-status agent` is started for that compute node. */
export function agentPart(chassis: string, folder: string, setting: Setting): Part {
  const flags = {
    'agent-chassis': chassis,
    'switch-address': `simulated:${join(folder, `${chassis}.switch`)}`,
    'switch-ready': 'ofport',
    'http-listen': 'off',
    'log-level': 'warn',
  };
  return {
    name: `agent ${chassis}`,
    program: setting.program,
    args: ['agent', ...toArgs(flags)],
    environment: environmentOf(setting),
  };
}

/** A file in the demo's folder. */
export function northboundUrl(folder: string): string {
  return `sqlite:${join(folder, 'northbound.db')}`;
}

function toArgs(flags: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

/**
 * A configuration that happens to lie about must not change the demo. What may have a password in it belongs into the
 * environment, not on a command line that everyone can read.
 */
function environmentOf({ environment, northbound }: Setting): Setting['environment'] {
  const others = Object.entries(environment).filter(([name]) => !name.startsWith('PORT_STATUS_'));
  return {
    ...Object.fromEntries(others),
    PORT_STATUS_NORTHBOUND_URL: northbound.url,
    PORT_STATUS_NORTHBOUND_NAMESPACE: northbound.namespace,
  };
}

/** A password, too. */
function novaVariables(nova: NovaOptions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(nova).map(([name, value]) => [`PORT_STATUS_NOVA_${name.toUpperCase()}`, String(value)]),
  );
}
