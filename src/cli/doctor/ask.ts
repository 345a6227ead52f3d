import { lookAtSwitch } from '../../agent/ovs/switch-look.js';
import { parseReadyRule } from '../../agent/ovs/ready-rule.js';
import type { Values } from '../../config/config.js';
import { chassisMatcher } from '../../domain/chassis-globs.js';
import { PortStatusError } from '../../domain/errors.js';
import type { Diagnosis } from '../../neutron/diagnosis.js';
import { openDatabase } from '../../neutron/open.js';
import { createNeutron } from '../../neutron/sql/store.js';
import { adviceOnTls } from '../../neutron/sql/tls.js';
import type { TlsChoice } from '../../neutron/sql/tls.js';
import { openNorthbound } from '../../northbound/open.js';
import { openNova } from '../../nova/external-events.js';
import { silentLogger } from '../../runtime/logger.js';
import { createMetrics } from '../../runtime/metrics.js';
import { Opened } from '../../runtime/opened.js';
import { findKept, policyOf } from '../../views/silent-chassis.js';
import type { World } from '../world.js';
import type { Answer, Answers, Facts } from './facts.js';
import type { Inspected } from './inspect.js';

type Surroundings = Pick<World, 'clock' | 'random' | 'signal' | 'version'>;

/** How long Keystone and Nova may take for each answer. */
const NOVA_TIMEOUT_MS = 5000;

/** Asks every source that is configured, once, one after the other. Writes nothing anywhere. */
export async function askAll(inspected: Inspected, world: Surroundings): Promise<Answers> {
  const { values } = inspected;
  const database = await askDatabase(values, world);
  return {
    configuration: { kind: 'known', value: configurationOf(inspected, world) },
    northbound: await askNorthbound(values, world),
    database,
    stored: storedOf(database),
    nova: await askNova(values, world),
    switch: await askSwitch(values, world),
  };
}

function configurationOf(
  { roles, problems, values }: Inspected,
  { version }: Surroundings,
): Facts['configuration'] {
  const willWrite = values['apply.mode'] === 'write';
  const mayWrite = willWrite ? chassisMatcher(values['apply.chassis'] ?? []) : () => false;
  return { roles, problems, version, mayWrite };
}

async function askNorthbound(values: Values, world: Surroundings): Promise<Answer<Facts['northbound']>> {
  const url = values['northbound.url'];
  if (url === undefined) return unset('northbound.url');
  return ask(async (opened) => {
    const network = {
      namespace: values['northbound.namespace'],
      caFile: values['northbound.caFile'],
      certFile: values['northbound.certFile'],
      keyFile: values['northbound.keyFile'],
    };
    const northbound = opened.add(openNorthbound(url, { ...world, ...network, isReadOnly: true }));
    const chassis = await northbound.chassis();
    const { 'chassis.downAfterMs': downAfterMs, 'chassis.downMostPercent': downMostPercent } = values;
    const kept = await findKept(northbound, chassis, policyOf({ downAfterMs, downMostPercent }));
    return { listeners: await northbound.listeners(), chassis, kept };
  });
}

async function askDatabase(values: Values, world: Surroundings): Promise<Answer<Diagnosis>> {
  const { 'neutron.url': url, 'neutron.ledgerSchema': schema = 'port_status' } = values;
  if (url === undefined) return unset('neutron.url');
  return ask(async (opened) => {
    const store = openDatabase(url, schema, world.clock, tlsOf(values));
    const neutron = opened.add(createNeutron(store, world));
    return neutron.diagnose({ willWrite: values['apply.mode'] === 'write' });
  }, describeDatabaseFailure);
}

function tlsOf(values: Values): TlsChoice {
  return {
    tls: values['neutron.tls'],
    caCert: values['neutron.caCert'],
    certificate: values['neutron.certificate'],
    privateKey: values['neutron.privateKey'],
  };
}

function storedOf(database: Answer<Diagnosis>): Answers['stored'] {
  if (database.kind !== 'known') return database;
  const { state } = database.value;
  if (state !== undefined) return { kind: 'known', value: state };
  return { kind: 'skipped', why: 'a table, a column or a right is missing, see above' };
}

async function askNova(
  values: Values,
  { clock, random, signal }: Surroundings,
): Promise<Answer<Facts['nova']>> {
  const auth_url = values['nova.auth_url'];
  if (auth_url === undefined) return unset('nova.auth_url');
  const surroundings = { clock, random, metrics: createMetrics(), logger: silentLogger };
  return ask(async (opened) => {
    const options = { ...novaOptionsOf(values), auth_url };
    const nova = opened.add(await openNova(options, { ...surroundings, timeoutMs: NOVA_TIMEOUT_MS }));
    return { endpoint: await nova.reach({ signal }) };
  });
}

function novaOptionsOf(values: Values): Omit<Parameters<typeof openNova>[0], 'auth_url'> {
  return {
    username: values['nova.username'],
    password: values['nova.password'],
    user_domain_name: values['nova.user_domain_name'],
    project_name: values['nova.project_name'],
    project_domain_name: values['nova.project_domain_name'],
    application_credential_id: values['nova.application_credential_id'],
    application_credential_secret: values['nova.application_credential_secret'],
    region_name: values['nova.region_name'],
    endpoint_type: values['nova.endpoint_type'],
    cafile: values['nova.cafile'],
    insecure: values['nova.insecure'],
  };
}

async function askSwitch(values: Values, { clock, signal }: Surroundings): Promise<Answer<Facts['switch']>> {
  const { 'switch.ready': ready, 'switch.address': address, 'switch.bridge': bridge } = values;
  if (ready === undefined || address === undefined || bridge === undefined) return unset('switch.ready');
  if (address.startsWith('simulated:')) return { kind: 'skipped', why: 'the switch is a simulated one' };
  const requireLink = values['switch.requireLink'] ?? false;
  const rules = { bridge, ready: parseReadyRule(ready), requireLink };
  const tls = {
    privateKey: values['switch.privateKey'],
    certificate: values['switch.certificate'],
    caCert: values['switch.caCert'],
  };
  return ask(async () => {
    const look = await lookAtSwitch({ ...rules, address, tls, clock, signal });
    return { ...look, address, bridge, ready };
  });
}

function unset(key: string): { readonly kind: 'skipped'; readonly why: string } {
  return { kind: 'skipped', why: `${key} is not set for this host` };
}

/** A foreseen failure is an answer; its message ends with the next step. */
async function ask<T>(
  work: (opened: Opened) => Promise<T>,
  describe: (error: PortStatusError) => string = ({ message }) => message,
): Promise<Answer<T>> {
  try {
    await using opened = new Opened();
    return { kind: 'known', value: await work(opened) };
  } catch (error) {
    if (!(error instanceof PortStatusError)) throw error;
    return { kind: 'failed', why: describe(error) };
  }
}

/** What the driver said: a doctor does not try again, as the message promises. */
function describeDatabaseFailure({ cause, code, message }: PortStatusError): string {
  const next = adviceOnTls(cause) ?? 'check neutron.url, and that the database runs';
  return cause instanceof Error && code !== 'CONFIG' ? `${cause.message}; ${next}` : message;
}
