import { check, ok } from './check.js';
import type { Check } from './check.js';
import { CONFIGURATION_CHECKS } from './configuration.js';
import { DATABASE_CHECKS } from './database.js';
import { HOST_CHECKS } from './hosts.js';
import { NORTHBOUND_CHECKS } from './northbound.js';
import { STORED_CHECKS } from './stored.js';
import { SWITCH_CHECKS } from './switch.js';

const NOVA_CHECK = check({
  name: 'Nova',
  looksAt:
    'Whether Keystone takes our credentials and its catalog has Nova; and whether Nova takes the token, with a request that it refuses as empty.',
  mend: 'check the options in `[nova]`; the user needs the role `service`',
  needs: ['nova'],
  isConnection: true,
  judge: ({ nova: { endpoint } }) => ok(`Keystone gives a token, and Nova at ${endpoint} takes it`),
});

/** Every check, in the order in which it is printed. */
export const CHECKS: readonly Check[] = [
  ...CONFIGURATION_CHECKS,
  ...NORTHBOUND_CHECKS,
  ...DATABASE_CHECKS,
  ...STORED_CHECKS,
  ...HOST_CHECKS,
  NOVA_CHECK,
  ...SWITCH_CHECKS,
];
