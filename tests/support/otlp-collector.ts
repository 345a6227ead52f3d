import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const attribute = z.strictObject({
  key: z.string().max(64),
  value: z.union([
    z.strictObject({ stringValue: z.string().max(255) }),
    z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
    z.strictObject({ doubleValue: z.number() }),
  ]),
});

const traceId = z.string().regex(/^(?!0{32})[0-9a-f]{32}$/);
const spanId = z.string().regex(/^(?!0{16})[0-9a-f]{16}$/);
const nanos = z.string().regex(/^\d{19}$/);

const spanSchema = z.strictObject({
  ...{ traceId, spanId, parentSpanId: spanId.optional(), name: z.string(), kind: z.number().min(1).max(5) },
  ...{ flags: z.number(), startTimeUnixNano: nanos, endTimeUnixNano: nanos },
  attributes: z.array(attribute).max(16),
  links: z.array(z.strictObject({ traceId, spanId, flags: z.number() })).max(128),
  droppedLinksCount: z.number(),
  status: z.strictObject({ code: z.number().optional(), message: z.string().max(64).optional() }),
});

/** What OTLP's JSON allows, as far as we use it: anything else fails the request. */
const bodySchema = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: z.array(attribute) }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string(), version: z.string() }),
          spans: z.array(spanSchema),
        }),
      ),
    }),
  ),
});

export type CollectedSpan = z.infer<typeof spanSchema> & {
  readonly service: string;
  /** As a `traceparent` names it, without the flags. */
  readonly context: string;
};

/** A collector of traces that takes OTLP over HTTP, and does as it is told. */
export interface OtlpCollector {
  /** For `tracing.otlpEndpoint`. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Requests so far, refused ones too. */
  readonly requests: number;
  /** Bodies as they came. */
  readonly bodies: readonly string[];
  readonly authorizations: readonly (string | undefined)[];
  /** What it answers: a status, or nothing ever (default 200). */
  answer: number | 'silence';
  /** Ends it; nobody listens there any more. Idempotent. */
  close(): Promise<void>;
}

export async function startOtlpCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const bodies: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      bodies.push(body);
      authorizations.push(request.headers.authorization);
      if (collector.answer === 'silence') return;
      const isWanted = request.url === '/v1/traces' && request.headers['content-type'] === 'application/json';
      const parsed = bodySchema.safeParse(JSON.parse(body));
      const status = isWanted && parsed.success ? collector.answer : 400;
      if (status === 200 && parsed.success) spans.push(...spansOf(parsed.data));
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const collector: OtlpCollector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    authorizations,
    answer: 200,
    get requests() {
      return bodies.length;
    },
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return collector;
}

function spansOf({ resourceSpans }: z.infer<typeof bodySchema>): readonly CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const name = resource.attributes.find(({ key }) => key === 'service.name')?.value;
    const service = name !== undefined && 'stringValue' in name ? name.stringValue : '';
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({ ...span, service, context: `${span.traceId}-${span.spanId}` }));
  });
}
