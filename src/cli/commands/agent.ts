import { configuredCommand } from '../configured-command.js';
import { withoutBody } from './without-body.js';

export const agent = configuredCommand({
  name: 'agent',
  summary: 'report the ports of this compute node',
  doc: 'Runs on a compute node: watches the switch and publishes what it says of every logical port to the northbound database. Only reads the switch. Runs until SIGINT or SIGTERM.',
  runsUntilStopped: true,
  arguments: {},
  flags: {},
  run: withoutBody,
});
