import { configuredCommand } from '../configured-command.js';
import { withoutBody } from './without-body.js';

export const resume = configuredCommand({
  name: 'resume',
  summary: 'end a pause',
  doc: 'Lets the servers write again after port-status pause.',
  runsUntilStopped: false,
  arguments: {},
  flags: {},
  run: withoutBody,
});
