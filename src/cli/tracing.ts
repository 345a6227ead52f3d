import type { Opened } from '../runtime/opened.js';
import type { Tracer } from '../runtime/tracer.js';
import type { TracingParts } from '../tracing/open.js';

interface TracingContext extends TracingParts {
  readonly version: string;
  readonly config: {
    readonly tracing: {
      readonly otlpEndpoint?: string | undefined;
      readonly samplePercent: number;
    };
  };
}

/** The tracer of a program; undefined where tracing is off: then not even its code is loaded. */
export async function openConfiguredTracer(
  service: 'server' | 'agent',
  instance: string,
  context: TracingContext,
  opened: Opened,
): Promise<Tracer | undefined> {
  const { otlpEndpoint, samplePercent } = context.config.tracing;
  if (otlpEndpoint === undefined) return undefined;
  const { openTracer } = await import('../tracing/open.js');
  const resource = { service: `port-status-${service}`, instance, version: context.version };
  return opened.add(openTracer({ otlpEndpoint, samplePercent }, resource, context));
}
