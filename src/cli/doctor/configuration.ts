import { check, fail, orOk } from './check.js';

export const CONFIGURATION_CHECKS = [
  check({
    name: 'configuration',
    looksAt:
      'Flags, environment and file: all that `server` or `agent` would refuse, whichever this host runs.',
    mend: 'Each line ends with what to do; `port-status config` prints every value and where it comes from.',
    needs: ['configuration'],
    judge: ({ configuration: { roles, problems } }) =>
      orOk(
        problems.map((problem) => fail(problem, '')),
        `complete for ${roles.join(' and ')}`,
      ),
  }),
];
