import { PortStatusError } from '../domain/errors.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { Metrics } from '../runtime/metrics.js';
import type { Random } from '../runtime/random.js';
import type { Tracer } from '../runtime/tracer.js';
import { Exporter } from './exporter.js';
import type { Endpoint } from './exporter.js';
import type { Resource } from './otlp.js';
import { SpanTracer } from './span-tracer.js';

export interface TracingParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The options `tracing.*`. */
export interface TracingOptions {
  readonly otlpEndpoint: string;
  readonly samplePercent: number;
}

export interface OpenTracer extends Tracer {
  /** Sends what is left, for a second at most. */
  close(): Promise<void>;
}

/**
 * A tracer whose spans go to a collector; nothing is asked of it before the first of them.
 *
 * @throws {PortStatusError} CONFIG when the address can not be one.
 */
export function openTracer(
  { otlpEndpoint, samplePercent }: TracingOptions,
  resource: Resource,
  parts: TracingParts,
): OpenTracer {
  const exporter = new Exporter({ ...parts, resource, endpoint: endpointOf(otlpEndpoint) }).open();
  const tracer = new SpanTracer({ ...parts, samplePercent, take: exporter.take });
  return {
    begin: (name, options) => tracer.begin(name, options),
    close: () => exporter.close(),
  };
}

/**
 * As the OTLP exporters of others take the address of a collector: its path is appended.
 *
 * @throws {PortStatusError} CONFIG, without repeating it: it may hold a password.
 */
function endpointOf(otlpEndpoint: string): Endpoint {
  try {
    const url = new URL(otlpEndpoint);
    const said = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    const authorization = `Basic ${Buffer.from(said).toString('base64')}`;
    url.username = '';
    url.password = '';
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
    return { url: url.href, authorization: said === ':' ? undefined : authorization };
  } catch (error) {
    throw new PortStatusError(
      'CONFIG',
      'tracing.otlpEndpoint is no address, or has a % that begins no percent-encoded character; write it like http://127.0.0.1:4318, and %25 for a %',
      { cause: error },
    );
  }
}
