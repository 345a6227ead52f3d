import { configuredCommand } from '../configured-command.js';
import { withoutBody } from './without-body.js';

export const pause = configuredCommand({
  name: 'pause',
  summary: 'stop all writing to Neutron',
  doc: "Makes all servers stop writing to Neutron's tables, until port-status resume. Reports wait meanwhile; none is lost.",
  runsUntilStopped: false,
  arguments: {},
  flags: {},
  run: withoutBody,
});
