import { createAgent } from '../../agent/agent.js';
import type { AgentParts } from '../../agent/agent.js';
import { Readiness } from '../../http/readiness.js';
import { startHttp } from '../../http/start-http.js';
import { Opened } from '../../runtime/opened.js';
import { configuredCommand } from '../configured-command.js';
import type { CommandContext } from '../configured-command.js';
import { openConfigured } from '../northbound-database.js';
import { openPortSource } from '../port-source.js';
import { firstAnswer } from '../startup.js';
import { openConfiguredTracer } from '../tracing.js';

export const agent = configuredCommand({
  name: 'agent',
  summary: 'report the ports of this compute node',
  doc: 'Runs on a compute node: watches the switch and publishes what it says of every logical port to the northbound database. Only reads the switch. Runs until SIGINT or SIGTERM.',
  examples: ['agent --switch-ready tag', 'agent --config /etc/port-status/port-status.toml'],
  exitCodes: { 0: 'it was stopped' },
  runsUntilStopped: true,
  arguments: {},
  flags: {},
  run: runAgent,
});

type Context = CommandContext<'agent'>;

async function runAgent(context: Context): Promise<number> {
  const { config, io, metrics, logger } = context;
  const source = openPortSource(context);
  await using opened = new Opened();
  const northbound = opened.add(openConfigured(context));
  await firstAnswer('the northbound database', context, () => northbound.incarnation({ signal: io.signal }));
  const { chassis } = config.agent;
  const tracer = await openConfiguredTracer('agent', chassis, context, opened);
  const running = createAgent({
    ...context,
    chassis,
    northbound,
    source,
    tracer,
    options: optionsOf(context),
  });
  const readiness = new Readiness(() => running.checks(), context.clock);
  const checks = (): ReturnType<typeof readiness.checks> => readiness.checks();
  const { registry } = metrics;
  opened.add(await startHttp({ ...config.http, registry, checks, logger }));
  await running.run(io.signal);
  return 0;
}

function optionsOf({ config, version }: Context): AgentParts['options'] {
  const { heartbeatMs, batch } = config.agent;
  const { greatest: wireGreatest } = config.wire;
  return { heartbeatMs, batch, guard: config.guard, backoff: BACKOFF, version, wireGreatest };
}

const BACKOFF = { firstMs: 100, mostMs: 5000 };
