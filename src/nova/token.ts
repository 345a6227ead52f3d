import { z } from 'zod';
import { parseJson } from '../domain/json.js';
import type { Credentials } from './options.js';

/** A token and what Keystone said with it. */
export interface IssuedToken {
  readonly token: string;
  /** Milliseconds since 1970, by Keystone's clock. */
  readonly expiresAt: number;
  readonly catalog: Catalog;
}

const catalogSchema = z.array(
  z.object({
    type: z.string(),
    endpoints: z.array(
      z.object({ interface: z.string(), region_id: z.string().nullable().optional(), url: z.string() }),
    ),
  }),
);

export type Catalog = z.infer<typeof catalogSchema>;

/** The body of `POST /v3/auth/tokens`. Source: Keystone's API reference, "Authentication and token management". */
export function authRequest(credentials: Credentials): string {
  switch (credentials.kind) {
    case 'password': {
      const { username, password, userDomain, project, projectDomain } = credentials;
      const user = { name: username, password, domain: { name: userDomain } };
      const scope = { project: { name: project, domain: { name: projectDomain } } };
      return JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } }, scope } });
    }
    case 'application-credential': {
      const { id, secret } = credentials;
      const identity = { methods: ['application_credential'], application_credential: { id, secret } };
      return JSON.stringify({ auth: { identity } });
    }
  }
}

/** A token without a scope has no catalog; the rest of what Keystone says is of no use here. */
const answerSchema = z.object({
  token: z.object({ expires_at: z.iso.datetime(), catalog: catalogSchema.default([]) }),
});

/** Reads the answer 201; undefined where it is not what Keystone says. */
export function decodeToken(header: string | undefined, text: string): IssuedToken | undefined {
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success || header === undefined || header === '') return undefined;
  const { expires_at, catalog } = parsed.data.token;
  return { token: header, expiresAt: Date.parse(expires_at), catalog };
}
