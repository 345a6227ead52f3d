import { z } from 'zod';
import { ROUTES } from './api.js';
import { EVENTS, EVENTS_PATH } from './events.js';
import type { Route } from './api.js';

/** Where the description of the API is served. */
export const OPENAPI_PATH = '/api/v1/openapi.json';

/** The API in the words of OpenAPI 3.1, from the very schemas that read what is asked and shape what is answered. */
export function describeApi(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Port Status Sync',
      version: '1.0.0',
      description:
        'What an operator sees of a server and of all that it shares with others. Reads alone. Times are milliseconds.',
    },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{}, { token: [] }],
    paths: {
      ...Object.fromEntries(ROUTES.map((one) => [one.path, { get: describeRoute(one) }])),
      [EVENTS_PATH]: { get: describeEvents() },
    },
  };
}

function describeEvents(): object {
  const events = Object.entries(EVENTS).map(([event, schema]) => ({
    type: 'object',
    properties: { event: { const: event }, data: jsonOf(schema, 'output') },
  }));
  return {
    summary: 'How everything stands, every second, as server-sent events',
    responses: {
      200: {
        description: 'Events until the client hangs up; the data of each is JSON.',
        content: { 'text/event-stream': { itemSchema: { oneOf: events } } },
      },
      401: answerOf('The token is missing or wrong.', ERROR),
      503: answerOf('Too many follow already.', ERROR),
    },
  };
}

function describeRoute(one: Route): object {
  const asked = jsonOf(one.asked, 'input');
  const properties = (asked['properties'] ?? {}) as Readonly<
    Record<string, { readonly description?: string }>
  >;
  return {
    summary: one.summary,
    parameters: Object.entries(properties).map(([name, { description, ...schema }]) => {
      const isInPath = one.path.includes(`{${name}}`);
      return { name, in: isInPath ? 'path' : 'query', required: isInPath, description, schema };
    }),
    responses: {
      200: answerOf('What was asked for.', jsonOf(one.answer, 'output')),
      400: answerOf('What was asked makes no sense.', ERROR),
      401: answerOf('The token is missing or wrong.', ERROR),
      503: answerOf('A database does not answer, or too much is asked at once.', ERROR),
    },
  };
}

const ERROR = {
  type: 'object',
  properties: { error: { type: 'string' } },
  required: ['error'],
  additionalProperties: false,
};

function answerOf(description: string, schema: object): object {
  return { description, content: { 'application/json': { schema } } };
}

function jsonOf(schema: z.ZodType, io: 'input' | 'output'): Readonly<Record<string, unknown>> {
  const json = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  delete json.$schema;
  return json;
}
