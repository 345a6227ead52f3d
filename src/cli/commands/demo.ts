import { configuredCommand } from '../configured-command.js';
import { withoutBody } from './without-body.js';

export const demo = configuredCommand({
  name: 'demo',
  summary: 'show it at work on this machine',
  doc: 'Plays compute nodes, servers, Neutron and Nova on this machine, in a temporary folder, lets ports come and go, and prints what happened. Needs nothing installed and touches nothing else.',
  runsUntilStopped: true,
  arguments: {},
  flags: {
    duration: {
      kind: 'duration',
      leastMs: 1000,
      mostMs: 86_400_000,
      default: 10_000,
      doc: 'How long ports come and go.',
    },
    rate: { kind: 'integer', least: 1, most: 100_000, default: 50, doc: 'How many ports change per second.' },
    seed: {
      kind: 'integer',
      least: 0,
      most: 4_294_967_295,
      doc: 'Repeats the history of a run that printed this seed.',
    },
    servers: { kind: 'integer', least: 1, most: 100, default: 2, doc: 'How many servers take part.' },
    chassis: { kind: 'integer', least: 1, most: 1000, default: 4, doc: 'How many compute nodes take part.' },
    json: { kind: 'boolean', default: false, doc: 'Print JSON.' },
  },
  run: withoutBody,
});
