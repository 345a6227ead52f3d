import { configuredCommand } from '../configured-command.js';
import { withoutBody } from './without-body.js';

export const compare = configuredCommand({
  name: 'compare',
  summary: 'compare what the switches say with Neutron',
  doc: "Compares every report in the northbound database with Neutron's ports and lists where they disagree. Writes nothing. Exit code 0: they agree; 1: they do not.",
  runsUntilStopped: false,
  arguments: {},
  flags: { json: { kind: 'boolean', default: false, doc: 'Print JSON.' } },
  run: withoutBody,
});
