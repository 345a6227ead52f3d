import { hasCode } from '../domain/errors.js';
import { checkLease } from '../domain/listener.js';
import { checkName } from '../domain/report.js';
import { parseListenAddress } from '../runtime/listen-address.js';
import type { Values } from './config.js';
import { environmentNameOf, flagOf, tomlNameOf } from './option.js';
import type { Command } from './option.js';
import type { OptionKey } from './options.js';
import { valuesOf } from './resolve.js';
import type { Setting } from './resolve.js';

/** What is missing from a command's settings or contradicts itself: a line each, that ends with the next step. */
export function problemsOf(command: Command, settings: readonly Setting[]): readonly string[] {
  const known: Known = {
    values: valuesOf(settings),
    settings: new Map(settings.map((one) => [one.key, one])),
  };
  return [
    ...settings.flatMap(({ problem }) => problem ?? []),
    ...settings
      .filter(({ option }) => option.requiredBy?.includes(command) === true)
      .flatMap(({ key }) => missing(known, key, `${command} needs it`)),
    ...leaseProblems(known),
    ...nameProblems(known),
    ...listenProblems(known),
    ...writeProblems(known),
    ...novaProblems(known),
    ...tlsProblems(known),
  ];
}

interface Known {
  readonly values: Values;
  readonly settings: ReadonlyMap<OptionKey, Setting>;
}

/** A line where nothing was said about an option that the command has; what was said wrongly has its own. */
function missing({ settings }: Known, key: OptionKey, why: string): readonly string[] {
  const setting = settings.get(key);
  if (setting === undefined || setting.value !== undefined || setting.problem !== undefined) return [];
  return [
    `${key} is missing: ${why}; set ${flagOf(key)}, ${environmentNameOf(key)} or ${tomlNameOf(key)} in the file`,
  ];
}

function leaseProblems({ values, settings }: Known): readonly string[] {
  const ttlMs = values['listener.ttlMs'];
  const heartbeatMs = values['listener.heartbeatMs'];
  if (ttlMs === undefined || heartbeatMs === undefined) return [];
  const sources = (['listener.ttlMs', 'listener.heartbeatMs'] as const)
    .map((key) => `${key} from ${sourceOf(settings, key)}`)
    .join(', ');
  return complaintOf(() => checkLease({ ttlMs, heartbeatMs })).map((line) => `${line} (${sources})`);
}

function nameProblems({ values, settings }: Known): readonly string[] {
  const kinds = {
    'listener.id': 'listener',
    'agent.chassis': 'chassis',
    'apply.chassis': 'chassis',
  } as const;
  return (Object.keys(kinds) as (keyof typeof kinds)[]).flatMap((key) =>
    [values[key] ?? []]
      .flat()
      .flatMap((name: string) =>
        complaintOf(() => checkName(kinds[key], name)).map(
          (line) => `${key}: ${line} (from ${sourceOf(settings, key)})`,
        ),
      ),
  );
}

/** Whoever can be reached from elsewhere asks who calls, and over TLS: a token that anybody can read is none. */
function listenProblems(known: Known): readonly string[] {
  const { values, settings } = known;
  const text = values['http.listen'];
  if (text === undefined || text === 'off') return [];
  const address = parseListenAddress(text);
  if (address === undefined)
    return [
      `http.listen must be off or an address and port such as 127.0.0.1:9690, got ${JSON.stringify(text)} (from ${sourceOf(settings, 'http.listen')})`,
    ];
  const files = ['http.certFile', 'http.keyFile'] as const;
  const isHalf = files.some((key) => values[key] !== undefined);
  return [
    ...(address.isLoopback ? [] : missing(known, 'http.token', `other machines reach ${text}`)),
    ...(address.isLoopback && !isHalf
      ? []
      : files.flatMap((key) =>
          missing(
            known,
            key,
            address.isLoopback ? 'a certificate and its key go together' : `other machines reach ${text}`,
          ),
        )),
  ];
}

function writeProblems(known: Known): readonly string[] {
  if (known.values['apply.mode'] !== 'write') return [];
  const why = 'apply.mode is write';
  return [...missing(known, 'apply.chassis', why), ...missing(known, 'nova.auth_url', why)];
}

/** Whoever names Keystone has to say who asks: an application credential, or a user. */
function novaProblems(known: Known): readonly string[] {
  const { values } = known;
  if (values['nova.auth_url'] === undefined) return [];
  const needed: readonly OptionKey[] =
    values['nova.application_credential_id'] === undefined
      ? ['nova.username', 'nova.password']
      : ['nova.application_credential_secret'];
  return needed.flatMap((key) => missing(known, key, 'nova.auth_url is set'));
}

/** A certificate goes with its key, and neither is of use while TLS is off: somebody who names them means it to be on. */
function tlsProblems(known: Known): readonly string[] {
  const { values } = known;
  const said = TLS_FILES.filter((key) => values[key] !== undefined);
  if (values['neutron.tls'] === 'off')
    return said.map((key) => `${key} is set, but neutron.tls is off; set neutron.tls to verify-full`);
  return PAIR.filter(
    (key) => values[key] === undefined && PAIR.some((other) => values[other] !== undefined),
  ).flatMap((key) => missing(known, key, 'a certificate and its key go together'));
}

const PAIR = ['neutron.certificate', 'neutron.privateKey'] as const;
const TLS_FILES = ['neutron.caCert', ...PAIR] as const;

function sourceOf(settings: Known['settings'], key: OptionKey): string {
  return settings.get(key)?.source ?? 'default';
}

/** The message of the CONFIG error that `check` throws. */
function complaintOf(check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!hasCode(error, 'CONFIG')) throw error;
    return [error.message];
  }
}
