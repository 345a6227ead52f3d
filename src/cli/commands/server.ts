import { hasCode } from '../../domain/errors.js';
import type { ApiSources } from '../../http/api.js';
import { ApiDesk } from '../../http/api-desk.js';
import { readDashboard } from '../../http/dashboard.js';
import { Events } from '../../http/events.js';
import { Overlook } from '../../http/overview.js';
import { Readiness } from '../../http/readiness.js';
import { startHttp } from '../../http/start-http.js';
import type { Neutron } from '../../neutron/neutron.js';
import { openNova } from '../../nova/external-events.js';
import type { Nova } from '../../nova/nova.js';
import { keepHeapSmall } from '../../runtime/heap.js';
import { Opened } from '../../runtime/opened.js';
import { samplesOf } from '../../runtime/samples.js';
import { createServer } from '../../server/server.js';
import type { ServerOptions } from '../../server/session.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { judgePolicyOf, writeRuleOf } from '../judge-policy.js';
import { warnOfNamesake } from '../namesake.js';
import { openNeutron } from '../neutron-database.js';
import { openConfigured } from '../northbound-database.js';
import { policyOf } from '../../views/silent-chassis.js';
import { firstAnswer } from '../startup.js';
import { openConfiguredTracer } from '../tracing.js';

export const server = configuredCommand({
  name: 'server',
  summary: 'take part in writing port statuses to Neutron',
  doc: 'Runs beside neutron-server: receives reports from the northbound database, judges them, writes statuses to the Neutron database and tells Nova. Run as many as you like; each report is handled by exactly one. Runs until SIGINT or SIGTERM.',
  examples: ['server --config /etc/port-status/port-status.toml'],
  exitCodes: { 0: 'it was stopped, or told to leave by port-status drain' },
  runsUntilStopped: true,
  arguments: {},
  flags: {},
  run: runServer,
});

type Context = CommandContext<'server'>;

async function runServer(context: Context): Promise<number> {
  keepHeapSmall();
  const { config, io, logger, metrics } = context;
  await using opened = new Opened();
  const neutron = opened.add(openNeutron(context));
  await waitForNeutron(context, neutron);
  const northbound = opened.add(openConfigured(context));
  const { id } = config.listener;
  await firstAnswer('the northbound database', context, () => northbound.incarnation({ signal: io.signal }));
  await warnOfNamesake(id, { northbound, logger, signal: io.signal });
  const nova = await openNovaToWrite(context, opened);
  const tracer = await openConfiguredTracer('server', id, context, opened);
  const running = createServer({
    ...context,
    northbound,
    neutron,
    nova,
    tracer,
    options: optionsOf(context),
  });
  const { registry } = metrics;
  const sources = { northbound, neutron, ...viewsOf(config) };
  const readMetrics = (): ReturnType<typeof samplesOf> => samplesOf(registry);
  const overlook = new Overlook({ ...context, ...sources, readMetrics, server: id });
  const api = new ApiDesk(sources, new Events({ ...context, look: () => overlook.look() }));
  const readiness = new Readiness(() => running.checks(), context.clock);
  const checks = (): ReturnType<typeof readiness.checks> => readiness.checks();
  opened.add(await startHttp({ ...config.http, registry, checks, logger, api, dashboard: readDashboard() }));
  await running.run(io.signal);
  return 0;
}

/** What the API needs to know beside the databases. */
function viewsOf({ agent, chassis, nova }: Context['config']): Pick<ApiSources, 'rules' | 'novaWaitsMs'> {
  return { rules: { ...agent, ...chassis }, novaWaitsMs: nova.vif_plugging_timeout * 1000 };
}

async function waitForNeutron(context: Context, neutron: Neutron): Promise<void> {
  const { config } = context;
  const willWrite = config.apply.mode === 'write';
  await firstAnswer("Neutron's database", context, () => neutron.check({ willWrite }));
}

/**
 * The client that tells Nova; undefined in observe mode. A Keystone that can not be reached does not keep the server
 * from writing statuses: the debts wait.
 */
async function openNovaToWrite(context: Context, opened: Opened): Promise<Nova | undefined> {
  const { config, logger, io } = context;
  const { auth_url } = config.nova;
  if (config.apply.mode !== 'write' || auth_url === undefined) return undefined;
  const nova = opened.add(await openNova({ ...config.nova, auth_url }, context));
  try {
    await nova.check({ signal: io.signal });
  } catch (error) {
    if (!hasCode(error, 'UNAVAILABLE')) throw error;
    logger.error(
      { event: 'nova.unreachable', why: error.message },
      'statuses are written; Nova is told later',
    );
  }
  return nova;
}

function optionsOf({ config, version }: Context): ServerOptions {
  const { listener, neutron, apply, lookAgain, reconcile, settle, quarantine, nova, wire } = config;
  return {
    ...writeRuleOf(apply),
    id: listener.id,
    program: version,
    lease: listener,
    batch: apply.batch,
    policy: judgePolicyOf(neutron),
    lookEveryMs: lookAgain.everyMs,
    reconcileEveryMs: reconcile.everyMs,
    reconcileRate: reconcile.rate,
    settleEveryMs: settle.everyMs,
    settle: { ...SETTLE, helpsForMs: nova.vif_plugging_timeout * 1000 },
    silence: policyOf(config.chassis),
    wireGreatest: wire.greatest,
    quarantineMax: quarantine.max,
    leastOfCall: LEAST_OF_CALL,
  };
}

/** A call of two words is written in two rows of its own, and theirs are not written again. */
const LEAST_OF_CALL = 2;

/** How Nova is asked again: at first quickly, since a boot waits; at last every 15 s. */
const SETTLE = { backoffMs: { first: 250, most: 15_000 }, refusedAttempts: 5 };
