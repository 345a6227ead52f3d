import { configuredCommand } from '../configured-command.js';
import { withoutBody } from './without-body.js';

export const server = configuredCommand({
  name: 'server',
  summary: 'take part in writing port statuses to Neutron',
  doc: 'Runs beside neutron-server: receives reports from the northbound database, judges them, writes statuses to the Neutron database and tells Nova. Run as many as you like; each report is handled by exactly one. Runs until SIGINT or SIGTERM.',
  runsUntilStopped: true,
  arguments: {},
  flags: {},
  run: withoutBody,
});
