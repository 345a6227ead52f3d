import type { Attributes, SpanKind } from '../runtime/tracer.js';
import type { EndedSpan } from './span-tracer.js';

/** The process that the spans are of. */
export interface Resource {
  /** `port-status-server` or `port-status-agent`. */
  readonly service: string;
  /** The server's or the chassis' name. */
  readonly instance: string;
  readonly version: string;
}

/** Source: opentelemetry-proto, trace.proto, `Span.SpanKind`. */
const KINDS: Readonly<Record<SpanKind, number>> = { internal: 1, client: 3, producer: 4, consumer: 5 };

/** Source: opentelemetry-proto, trace.proto, `Status.StatusCode`. */
const STATUS_ERROR = 2;

/**
 * The body of `POST /v1/traces`: an `ExportTraceServiceRequest` in the JSON of OTLP, version 1. Ids are hexadecimal there,
 * and 64-bit numbers are texts. Source: OpenTelemetry Protocol, "JSON Protobuf Encoding".
 */
export function encodeSpans(spans: readonly EndedSpan[], { service, instance, version }: Resource): string {
  const resource = {
    attributes: encodeAttributes({
      'service.name': service,
      'service.instance.id': instance,
      'service.version': version,
    }),
  };
  const scope = { name: 'port-status-sync', version };
  const scopeSpans = [{ scope, spans: spans.map(encodeSpan) }];
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] });
}

function encodeSpan(span: EndedSpan): object {
  const { traceId, spanId, parentSpanId, name, kind, attributes, links, droppedLinks, failure } = span;
  return {
    ...{ traceId, spanId, parentSpanId, name, kind: KINDS[kind] },
    flags: FLAGS,
    startTimeUnixNano: nanosOf(span.startMs),
    endTimeUnixNano: nanosOf(span.endMs),
    attributes: encodeAttributes(attributes),
    links: links.map(encodeLink),
    droppedLinksCount: droppedLinks,
    status: failure === undefined ? {} : { code: STATUS_ERROR, message: failure },
  };
}

/** Drawn, and its parent, where it has one, is of this process. Source: opentelemetry-proto, trace.proto, `SpanFlags`. */
const FLAGS = 0x101;

/** `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01` */
function encodeLink(context: string): object {
  const [, traceId, spanId, flags = '00'] = context.split('-');
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

function encodeAttributes(attributes: Attributes): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: encodeValue(value) }));
}

function encodeValue(value: string | number): object {
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** A number holds no nanoseconds since 1970: microseconds it does. */
function nanosOf(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}
