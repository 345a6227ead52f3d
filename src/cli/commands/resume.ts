import { configuredCommand } from '../configured-command.js';
import { setPaused } from './pause.js';

export const resume = configuredCommand({
  name: 'resume',
  summary: 'end a pause',
  doc: 'Lets the servers write again after port-status pause.',
  examples: ['resume'],
  exitCodes: { 0: 'writing goes on' },
  runsUntilStopped: false,
  arguments: {},
  flags: {},
  run: (context) => setPaused(context, false, 'resumed'),
});
