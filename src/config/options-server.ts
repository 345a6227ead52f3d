import type { Option } from './option.js';

const SERVER = ['server'] as const;
/** Those that open Neutron's database. */
const WITH_DATABASE = [
  'server',
  'migrate',
  'compare',
  'reconcile',
  'port',
  'stuck',
  'quarantine',
  'pause',
  'resume',
  'uninstall',
] as const;
/** Those that judge reports. */
const JUDGES = ['server', 'compare', 'reconcile'] as const;
/** Those that write to Neutron's tables by the rules of a server. */
const WRITERS = ['server', 'reconcile'] as const;

/** Options of the server, without those about Nova. */
export const SERVER_OPTIONS = {
  'listener.id': {
    kind: 'string',
    defaultFrom: 'hostName',
    commands: SERVER,
    doc: "This server's name among the servers of one northbound database. A second server under the same name takes over from the first, which then stops.",
  },
  'listener.ttlMs': {
    kind: 'integer',
    least: 1000,
    most: 60_000,
    default: 3000,
    commands: SERVER,
    doc: "How long this server may be silent before others take over its reports, in milliseconds, by the northbound database's clock. It must exceed 3 × `listener.heartbeatMs`.",
  },
  'listener.heartbeatMs': {
    kind: 'integer',
    least: 50,
    most: 20_000,
    default: 500,
    commands: SERVER,
    doc: 'How often this server says that it lives, in milliseconds.',
  },
  'neutron.url': {
    kind: 'string',
    pattern: /^((mysql|mariadb|postgresql|postgres):\/\/|sqlite:)./,
    like: 'a URL such as mysql://user:password@host:3306/neutron, postgresql://user:password@host:5432/neutron or sqlite:/path',
    secret: 'password',
    commands: WITH_DATABASE,
    requiredBy: WITH_DATABASE,
    doc: "Neutron's database: `mysql://user:password@host:3306/neutron` (MariaDB 10.6 or later, Galera), `postgresql://user:password@host:5432/neutron` (PostgreSQL 12 or later) or `sqlite:/path`. `port-status migrate --print-grants` prints the rights that the user needs.",
  },
  'neutron.ledgerSchema': {
    kind: 'string',
    pattern: /^[A-Za-z_]\w{0,62}$/,
    like: 'a name of at most 63 letters, digits and underscores',
    default: 'port_status',
    commands: WITH_DATABASE,
    doc: "The schema of our own tables, the ledger: on Neutron's database server on MariaDB, in Neutron's database on PostgreSQL. Neutron's own schema is never altered.",
  },
  'neutron.tls': {
    kind: 'enum',
    values: ['off', 'unverified', 'verify-ca', 'verify-full'],
    default: 'off',
    commands: WITH_DATABASE,
    doc: "Whether the connection to Neutron's database is encrypted, and what its certificate has to prove: `verify-full` that `neutron.caCert` has signed it and that it bears the host of `neutron.url`, `verify-ca` the first alone, `unverified` nothing, so that whoever stands in between can listen in. A server without TLS is refused then. Not used over a unix socket.",
  },
  'neutron.caCert': {
    kind: 'string',
    isPath: true,
    commands: WITH_DATABASE,
    doc: "PEM file with the certificates of the authorities one of which must have signed that of Neutron's database, instead of those that Node knows. It is read at the start.",
  },
  'neutron.certificate': {
    kind: 'string',
    isPath: true,
    commands: WITH_DATABASE,
    doc: "PEM file with the certificate that is shown to Neutron's database, where that asks for one.",
  },
  'neutron.privateKey': {
    kind: 'string',
    isPath: true,
    commands: WITH_DATABASE,
    doc: 'PEM file with the private key for `neutron.certificate`.',
  },
  'neutron.drivers': {
    kind: 'list',
    commands: JUDGES,
    requiredBy: JUDGES,
    doc: 'The mechanism drivers whose ports may be written from outside neutron-server, as in `ml2_port_binding_levels.driver`: `openvswitch`, for example. There is no default: ports of every other driver are left alone.',
  },
  'neutron.buildGraceMs': {
    kind: 'integer',
    least: 0,
    most: 600_000,
    default: 10_000,
    commands: JUDGES,
    doc: 'How long a port that is BUILD is left to the neutron-openvswitch-agent that wrote it, in milliseconds.',
  },
  'apply.mode': {
    kind: 'enum',
    values: ['observe', 'write'],
    default: 'observe',
    commands: WRITERS,
    doc: "`observe` judges every report and writes nothing to Neutron's tables; `write` also writes, for the chassis that `apply.chassis` names.",
  },
  'apply.chassis': {
    kind: 'list',
    commands: WRITERS,
    doc: 'The chassis whose ports may be written: exact names, or patterns in which `*` stands for any characters. Required where `apply.mode` is `write`; `*` alone means all.',
  },
  'apply.batch': {
    kind: 'integer',
    least: 1,
    most: 5000,
    default: 500,
    commands: WRITERS,
    doc: 'The most reports that one transaction judges. A batch holds what arrived during the one before, so an idle system does not wait for it to fill.',
  },
  'chassis.downAfterMs': {
    kind: 'integer',
    least: 30_000,
    most: 86_400_000,
    commands: ['server', 'chassis', 'approve'],
    doc: 'How long the agent of a chassis may be silent before its ports are reported DOWN, in milliseconds, as the servers observe it. Without it they keep their status, as in Neutron itself: a chassis whose agent is silent may well carry traffic. Give all servers the same. When the agent speaks again, it reports every port that is not stored as it is.',
  },
  'chassis.downMostPercent': {
    kind: 'integer',
    least: 0,
    most: 100,
    default: 10,
    commands: ['server', 'chassis'],
    doc: 'When more than this share of the chassis, in percent, and more than one, are silent at once, that looks like a fault of the network or of the northbound database: nothing is reported DOWN, except for a chassis that `port-status approve` names.',
  },
  'lookAgain.everyMs': {
    kind: 'integer',
    least: 100,
    most: 600_000,
    default: 2000,
    commands: WRITERS,
    doc: 'How often a report whose verdict is not final is judged again, in milliseconds, after the first steps of 50 ms to 5 s.',
  },
  'reconcile.everyMs': {
    kind: 'integer',
    least: 1000,
    most: 86_400_000,
    default: 30_000,
    commands: SERVER,
    doc: 'How often northbound records, ledger and Neutron are compared in full and what disagrees is judged again, in milliseconds.',
  },
  'reconcile.rate': {
    kind: 'integer',
    least: 100,
    most: 1_000_000,
    default: 20_000,
    commands: WRITERS,
    doc: 'The most ledger rows, and after them northbound records, that this server compares in a second. A sweep is spread evenly over reconcile.everyMs, so that mostly it needs less; the first after a start goes as fast as this. The live servers divide rows and records among themselves: with ports × chassis they visited above servers × rate × reconcile.everyMs / 1000, a sweep takes longer than reconcile.everyMs. It also does while reports rush in without a pause: it then goes at a quarter of its rate, and compares no more than a thousand in a second.',
  },
  'settle.everyMs': {
    kind: 'integer',
    least: 100,
    most: 600_000,
    default: 1000,
    commands: SERVER,
    doc: 'How often this server looks for words that Nova is owed and nobody is saying, in milliseconds. What it wrote itself is said at once.',
  },
  'quarantine.max': {
    kind: 'integer',
    least: 0,
    most: 100_000,
    default: 100,
    commands: SERVER,
    doc: 'The most reports that are set aside because they can never be written. What would be more stays pending and is tried again, and the server says so in its log and on `/readyz`: so many are hardly their own fault. All others are written meanwhile.',
  },
} as const satisfies Readonly<Record<string, Option>>;
