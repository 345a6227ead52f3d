import { createOvsPortSource } from '../agent/ovs/ovs-port-source.js';
import { parseReadyRule } from '../agent/ovs/ready-rule.js';
import type { PortSource } from '../agent/port-source.js';
import { simulatedPortSource } from '../simulator/switch/simulated-port-source.js';
import type { CommandContext } from './configured-command.js';

const SIMULATED = 'simulated:';

/** The switch that the configuration names. Connects when it is watched. */
export function openPortSource(context: CommandContext<'agent'>): PortSource {
  const { config, clock, random } = context;
  const { address, ready, ...rules } = config.switch;
  if (address.startsWith(SIMULATED))
    return simulatedPortSource(address.slice(SIMULATED.length), clock, random);
  const { timeoutMs: startupMs } = config.startup;
  return createOvsPortSource({
    ...context,
    ...rules,
    address,
    tls: rules,
    ready: parseReadyRule(ready),
    startupMs,
  });
}
