import type { Neutron } from '../../neutron/neutron.js';
import type { Northbound } from '../../northbound/northbound.js';
import type { Nova } from '../../nova/nova.js';

type Verb = keyof Northbound | keyof Neutron | keyof Nova;

/** What agents call of the northbound database. */
export const AGENT_VERBS = [
  'registerChassis',
  'keepChassis',
  'publish',
  'reports',
] as const satisfies readonly (keyof Northbound)[];

export type AgentVerb = (typeof AGENT_VERBS)[number] | '*';

/** What servers call of the northbound database, Neutron's database and Nova: where they may die or stand still. */
export const VERBS = [
  ...(['join', 'heartbeat', 'receive', 'acknowledge', 'adopt', 'untilOrphans', 'putBack', 'leave'] as const),
  ...(['incarnation', 'listeners', 'chassis', 'reports', 'lookUp'] as const),
  ...([
    'check',
    'heads',
    'epochOf',
    'enterIncarnation',
    'judge',
    'takeDue',
    'sweep',
    'isAnyDebtDue',
    'preview',
  ] as const),
  ...([
    'claimers',
    'claimDebts',
    'recordAnswers',
    'quarantine',
    'withoutQuarantined',
    'emptyQuarantine',
    'tell',
  ] as const),
] as const satisfies readonly [Verb, ...Verb[]];

export type ServerVerb = (typeof VERBS)[number] | '*';

/** Those around a commit, where a death does most. */
export const HOT = ['judge', 'acknowledge', 'tell', 'recordAnswers'] as const satisfies readonly ServerVerb[];
