import { configuredCommand } from '../configured-command.js';
import { withoutBody } from './without-body.js';

export const approve = configuredCommand({
  name: 'approve',
  summary: "release a chassis' held ports",
  doc: 'Lets an agent report ports that its guard holds back, because too many turned DOWN together. Exit code 1: it holds none.',
  runsUntilStopped: false,
  arguments: { chassis: 'The compute node whose held ports are released.' },
  flags: {},
  run: withoutBody,
});
