import { z } from 'zod';
import { parseJson } from '../../domain/json.js';
import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';
import { Loopback } from './loopback.js';
import type { RecordedRequest, Reply } from './loopback.js';
import type { Trouble } from './trouble.js';

/** The one user that the fake Keystone knows, and its application credential. */
export const SERVICE_USER = {
  name: 'neutron',
  password: 'a-password-nobody-may-see',
  domain: 'Default',
  project: 'service',
  projectDomain: 'Default',
  applicationCredential: { id: '6cb5fa6a13184e6fab65ba2108adf50c', secret: 'a-secret-nobody-may-see' },
} as const;

export interface CatalogEndpoint {
  readonly interface: string;
  readonly region_id: string;
  readonly url: string;
}

const domain = z.union([z.object({ name: z.string() }), z.object({ id: z.string() })]);
const scope = z.object({ project: z.object({ name: z.string(), domain }) });

/** Source: Keystone's `auth/schema.py`, narrowed to the two methods that it is asked for here. */
const authSchema = z.object({
  auth: z.object({
    identity: z.union([
      z.object({
        methods: z.tuple([z.literal('password')]),
        password: z.object({ user: z.object({ name: z.string(), password: z.string(), domain }) }),
      }),
      z.object({
        methods: z.tuple([z.literal('application_credential')]),
        application_credential: z.object({ id: z.string(), secret: z.string() }),
      }),
    ]),
    scope: scope.optional(),
  }),
});

type Auth = z.infer<typeof authSchema>['auth'];

interface Issued {
  readonly expiresAt: number;
  readonly roles: readonly string[];
}

/** A Keystone v3 that issues real-looking tokens to one user. What it does may be changed at any time. */
export class FakeKeystone {
  /** How long the tokens issued from now on live, in milliseconds. */
  tokenLifeMs = 3_600_000;
  /** Roles of the tokens issued from now on. */
  roles: readonly string[] = ['service'];
  /** The service user's password; after a change, tokens issued before remain good. */
  password: string = SERVICE_USER.password;
  /** The compute endpoints of its catalog. */
  computeEndpoints: readonly CatalogEndpoint[] = [];
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #loopback: Loopback;
  readonly #tokens = new Map<string, Issued>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#loopback = new Loopback(clock, (request) => this.#answer(request));
  }

  get trouble(): Trouble {
    return this.#loopback.trouble;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#loopback.requests;
  }

  /** Begins to listen. @returns the `auth_url`, without `/v3`. */
  open(): Promise<string> {
    return this.#loopback.open();
  }

  close(): Promise<void> {
    return this.#loopback.close();
  }

  /** What a service that is shown this token may know of it; undefined: unknown, revoked or expired. */
  validate(token: string | undefined): { readonly roles: readonly string[] } | undefined {
    const issued = token === undefined ? undefined : this.#tokens.get(token);
    return issued !== undefined && issued.expiresAt > this.#clock.now() ? issued : undefined;
  }

  /** Makes every token issued so far worthless, as a change of Keystone's keys does. */
  revokeTokens(): void {
    this.#tokens.clear();
  }

  #answer({ method, path, headers, body }: RecordedRequest): Reply {
    if (path !== '/v3/auth/tokens') return error(404, 'Not Found');
    if (method !== 'POST') return error(405, 'Method Not Allowed');
    if (headers['content-type'] !== 'application/json') return error(415, 'Unsupported Media Type');
    const parsed = authSchema.safeParse(parseJson(body));
    // The real one repeats what it was sent, too.
    if (!parsed.success) return error(400, `Bad Request: ${body}`);
    return this.#mayEnter(parsed.data.auth) ? this.#issue(parsed.data.auth) : error(401, 'Unauthorized');
  }

  #mayEnter({ identity, scope }: Auth): boolean {
    if ('application_credential' in identity) {
      const { id, secret } = identity.application_credential;
      const known = SERVICE_USER.applicationCredential;
      // Its project comes with it: Keystone refuses a scope.
      return id === known.id && secret === known.secret && scope === undefined;
    }
    const { name, password, domain } = identity.password.user;
    const isUser = name === SERVICE_USER.name && password === this.password;
    return isUser && isNamed(domain, SERVICE_USER.domain) && isServiceProject(scope);
  }

  #issue(auth: Auth): Reply {
    const token = `gAAAAAB${this.#random.id()}`;
    const expiresAt = this.#clock.now() + this.tokenLifeMs;
    const isScoped = auth.scope !== undefined || 'application_credential' in auth.identity;
    this.#tokens.set(token, { expiresAt, roles: isScoped ? this.roles : [] });
    const catalog = [{ type: 'identity', endpoints: [] }, this.#computeService()];
    return {
      status: 201,
      headers: { 'X-Subject-Token': token },
      body: {
        token: {
          methods: auth.identity.methods,
          user: { id: 'f06b3d5a9f1f4a3f8d3b1d8d9ec7a3f1', name: SERVICE_USER.name },
          issued_at: keystoneTime(this.#clock.now()),
          expires_at: keystoneTime(expiresAt),
          ...(isScoped ? { roles: this.roles.map((name) => ({ name })), catalog } : {}),
        },
      },
    };
  }

  #computeService(): unknown {
    const endpoints = this.computeEndpoints.map((endpoint) => ({ ...endpoint, region: endpoint.region_id }));
    return { type: 'compute', name: 'nova', endpoints };
  }
}

function isNamed(given: z.infer<typeof domain>, name: string): boolean {
  return 'name' in given ? given.name === name : given.id === name.toLowerCase();
}

function isServiceProject(given: z.infer<typeof scope> | undefined): boolean {
  if (given === undefined) return true;
  const { name, domain } = given.project;
  return name === SERVICE_USER.project && isNamed(domain, SERVICE_USER.projectDomain);
}

/** Keystone writes microseconds: `2026-01-01T00:00:00.000000Z`. */
function keystoneTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

function error(code: number, title: string): Reply {
  return { status: code, body: { error: { code, title, message: title } } };
}
