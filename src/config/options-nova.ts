import type { Option } from './option.js';

const SERVER = ['server'] as const;

/** How the server reaches Nova, spelled as in Neutron's section `[nova]`. */
export const NOVA_OPTIONS = {
  'nova.auth_url': {
    kind: 'string',
    pattern: /^https?:\/\/./,
    like: 'a URL such as https://keystone.example:5000/v3',
    commands: SERVER,
    doc: "Keystone's address. Required where `apply.mode` is `write`.",
  },
  'nova.username': {
    kind: 'string',
    commands: SERVER,
    doc: 'The Keystone user; it needs the role `service`.',
  },
  'nova.password': {
    kind: 'string',
    secret: 'whole',
    commands: SERVER,
    doc: "The Keystone user's password.",
  },
  'nova.user_domain_name': {
    kind: 'string',
    default: 'Default',
    commands: SERVER,
    doc: "The domain of the user's name.",
  },
  'nova.project_name': {
    kind: 'string',
    default: 'service',
    commands: SERVER,
    doc: 'The project in which the user has the role `service`.',
  },
  'nova.project_domain_name': {
    kind: 'string',
    default: 'Default',
    commands: SERVER,
    doc: "The domain of the project's name.",
  },
  'nova.application_credential_id': {
    kind: 'string',
    commands: SERVER,
    doc: 'An application credential, instead of user, password and project.',
  },
  'nova.application_credential_secret': {
    kind: 'string',
    secret: 'whole',
    commands: SERVER,
    doc: "The application credential's secret.",
  },
  'nova.region_name': {
    kind: 'string',
    commands: SERVER,
    doc: "The region of Nova's endpoint in Keystone's catalogue. Not needed where there is one region.",
  },
  'nova.endpoint_type': {
    kind: 'enum',
    values: ['public', 'internal', 'admin', 'publicURL', 'internalURL', 'adminURL'],
    default: 'public',
    commands: SERVER,
    doc: "Which of Nova's endpoints in Keystone's catalogue is used; the spellings with `URL` mean the same.",
  },
  'nova.cafile': {
    kind: 'string',
    isPath: true,
    commands: SERVER,
    doc: 'A file with the certificate authorities, in PEM, that vouch for Keystone and Nova, instead of those that Node knows.',
  },
  'nova.insecure': {
    kind: 'boolean',
    default: false,
    commands: SERVER,
    doc: 'Whether certificates of Keystone and Nova are accepted unchecked. For tests only.',
  },
  'nova.vif_plugging_timeout': {
    kind: 'integer',
    least: 1,
    most: 86_400,
    default: 300,
    commands: ['server', 'port', 'stuck'],
    doc: "How long Nova waits for a plugged port, in seconds, as in Nova's own option of that name. A word that is older can no longer help and is dropped, counted.",
  },
} as const satisfies Readonly<Record<string, Option>>;
