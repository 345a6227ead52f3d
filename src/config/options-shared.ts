import type { Option } from './option.js';

/** Options of more than one long-running command. */
export const SHARED_OPTIONS = {
  'northbound.url': {
    kind: 'string',
    pattern: /^sqlite:./,
    like: 'a URL such as sqlite:/var/lib/port-status/northbound.db',
    secret: 'password',
    commands: ['server', 'agent', 'approve', 'uninstall'],
    requiredBy: ['server', 'agent', 'approve', 'uninstall'],
    doc: 'The northbound database, the same for every agent and server: `sqlite:/var/lib/port-status/northbound.db`. There is no default: two parts of one cloud with different databases would wait for each other in silence.',
  },
  'startup.timeoutMs': {
    kind: 'integer',
    least: 0,
    most: 3_600_000,
    default: 30_000,
    commands: ['server', 'agent', 'migrate', 'compare', 'pause', 'resume', 'approve', 'uninstall'],
    doc: 'How long a command that starts waits for each of its dependencies to answer for the first time, in milliseconds. After that it ends with exit code 69. Once they answered, outages are waited out for as long as they last.',
  },
  'http.listen': {
    kind: 'string',
    like: 'off or a loopback address and port such as 127.0.0.1:9690',
    defaultFor: { server: '127.0.0.1:9690', agent: '127.0.0.1:9691' },
    commands: ['server', 'agent'],
    doc: 'Where `/metrics`, `/healthz` and `/readyz` are served: a loopback address and a port, or `off`. Nothing there asks who calls, therefore only loopback addresses are accepted.',
  },
  'log.level': {
    kind: 'enum',
    values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    commands: ['server', 'agent', 'migrate', 'compare', 'pause', 'resume', 'approve', 'uninstall', 'demo'],
    doc: 'The least level of the lines that are logged, as JSON on standard error.',
  },
} as const satisfies Readonly<Record<string, Option>>;
