import { NEWEST_VERSION, OLDEST_VERSION } from '../domain/wire.js';
import type { Option } from './option.js';

/** The commands that use the northbound database. */
const NORTHBOUND_USERS = [
  'server',
  'agent',
  'reconcile',
  'listeners',
  'topics',
  'chassis',
  'port',
  'stuck',
  'quarantine',
  'drain',
  'approve',
  'uninstall',
] as const;

/** The commands that need some database. */
const DEPENDENTS = [...NORTHBOUND_USERS, 'migrate', 'compare', 'pause', 'resume'] as const;

/** Options of more than one long-running command. */
export const SHARED_OPTIONS = {
  'northbound.url': {
    kind: 'string',
    pattern: /^(sqlite:|(rediss?(\+sentinel)?|etcds?):\/\/)./,
    like: 'a URL such as redis://redis.example:6379, etcd://etcd.example:2379 or sqlite:/var/lib/port-status/northbound.db',
    secret: 'password',
    commands: NORTHBOUND_USERS,
    requiredBy: NORTHBOUND_USERS,
    doc: 'The northbound database, the same for every agent and server: `redis://user:password@host:6379/0`, `rediss://…` with TLS, `redis+sentinel://user:password@host1:26379,host2:26379/master-name/0` (a password of the Sentinels themselves: `?sentinelPassword=…`), `etcd://user:password@host1:2379,host2:2379`, `etcds://…` with TLS, or, where all run on one host, `sqlite:/var/lib/port-status/northbound.db`. There is no default: two parts of one cloud with different databases would wait for each other in silence.',
  },
  'northbound.namespace': {
    kind: 'string',
    pattern: /^[A-Za-z0-9._-]{1,63}$/,
    like: '1 to 63 letters, digits, "-", "_" or "."',
    default: 'port-status',
    commands: NORTHBOUND_USERS,
    doc: 'What our keys in a database on the network begin with, so that several clouds may share it. The same for every agent and server.',
  },
  'northbound.caFile': {
    kind: 'string',
    isPath: true,
    commands: NORTHBOUND_USERS,
    doc: "PEM file with the certificate of the authority that must have signed the northbound database's, for TLS. Without it, the authorities that Node.js knows. Read at each connection, as are the other two.",
  },
  'northbound.certFile': {
    kind: 'string',
    isPath: true,
    commands: NORTHBOUND_USERS,
    doc: 'PEM file with the certificate that this program shows to the northbound database, where that asks for one.',
  },
  'northbound.keyFile': {
    kind: 'string',
    isPath: true,
    commands: NORTHBOUND_USERS,
    doc: 'PEM file with the private key for `northbound.certFile`.',
  },
  'wire.greatest': {
    kind: 'integer',
    least: OLDEST_VERSION,
    most: NEWEST_VERSION,
    default: NEWEST_VERSION,
    commands: ['server', 'agent', 'reconcile'],
    doc: "The greatest version of the reports' format that this program reads and writes. For rolling back to a program that does not know the newest: first set it on every agent and server, then replace them.",
  },
  'startup.timeoutMs': {
    kind: 'integer',
    least: 0,
    most: 3_600_000,
    default: 30_000,
    commands: DEPENDENTS,
    doc: 'How long a command that starts waits for each of its dependencies to answer for the first time, in milliseconds. After that it ends with exit code 69. Once they answered, outages are waited out for as long as they last.',
  },
  'http.listen': {
    kind: 'string',
    like: 'off or an address and port such as 127.0.0.1:9690',
    defaultFor: { server: '127.0.0.1:9690', agent: '127.0.0.1:9691' },
    commands: ['server', 'agent'],
    doc: 'Where `/metrics`, `/healthz` and `/readyz` are served, by a server `/api/v1` besides: an address and a port, or `off`. An address that other machines reach needs `http.token`, `http.certFile` and `http.keyFile`.',
  },
  'http.token': {
    kind: 'string',
    secret: 'whole',
    pattern: /^[\x21-\x7e]{16,}$/,
    like: 'at least 16 characters, without blanks',
    commands: ['server', 'agent'],
    doc: 'What every request to `http.listen` has to bear as `Authorization: Bearer …`. Without it nobody is asked, and only a loopback address is listened on.',
  },
  'http.certFile': {
    kind: 'string',
    isPath: true,
    commands: ['server', 'agent'],
    doc: 'PEM file with the certificate that `http.listen` is served with, its own first. With it, HTTPS is spoken there. Read at the start.',
  },
  'http.keyFile': {
    kind: 'string',
    isPath: true,
    commands: ['server', 'agent'],
    doc: 'PEM file with the private key for `http.certFile`.',
  },
  'tracing.otlpEndpoint': {
    kind: 'string',
    pattern: /^https?:\/\/[^/]/,
    like: 'a URL such as http://127.0.0.1:4318',
    secret: 'password',
    commands: ['server', 'agent'],
    doc: 'Where traces are sent: the address of an OpenTelemetry collector that takes OTLP over HTTP, to which `/v1/traces` is appended; `https://user:password@host:4318` where it asks who sends. Without it there is no tracing.',
  },
  'tracing.samplePercent': {
    kind: 'integer',
    least: 0,
    most: 100,
    default: 100,
    commands: ['server', 'agent'],
    doc: 'How many traces of a hundred are drawn, one for each batch. A server follows what an agent has drawn.',
  },
  'log.level': {
    kind: 'enum',
    values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    commands: [...DEPENDENTS, 'demo'],
    doc: 'The least level of the lines that are logged, as JSON on standard error.',
  },
} as const satisfies Readonly<Record<string, Option>>;
