import { PortStatusError } from '../domain/errors.js';

/**
 * How Nova is reached: the options of Neutron's own `[nova]` section, under the same names, so that they can be copied.
 *
 * Either `username` and `password` with their domains and project, or an application credential.
 */
export interface NovaOptions {
  /** Keystone's address, with or without `/v3`: `https://controller:5000/v3`. */
  readonly auth_url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Default `Default`. */
  readonly user_domain_name?: string | undefined;
  /** The project in which the user has the role `service`; default `service`. */
  readonly project_name?: string | undefined;
  /** Default `Default`. */
  readonly project_domain_name?: string | undefined;
  readonly application_credential_id?: string | undefined;
  readonly application_credential_secret?: string | undefined;
  /** Region of the compute endpoint, where the catalog has several; absent: the first one there is. */
  readonly region_name?: string | undefined;
  /** Interface of the compute endpoint: `public` (default), `internal` or `admin`; `publicURL` and so on are taken too. */
  readonly endpoint_type?: string | undefined;
  /** File with the certificates (PEM) of the authority that signed Keystone's and Nova's; absent: those of Node. */
  readonly cafile?: string | undefined;
  /** True: certificates are not checked. Default false. */
  readonly insecure?: boolean | undefined;
}

/** Who we are to Keystone. */
export type Credentials =
  | {
      readonly kind: 'password';
      readonly username: string;
      readonly password: string;
      readonly userDomain: string;
      readonly project: string;
      readonly projectDomain: string;
    }
  | { readonly kind: 'application-credential'; readonly id: string; readonly secret: string };

/**
 * The credentials among the options; an application credential comes first.
 *
 * @throws {PortStatusError} CONFIG when neither pair is complete.
 */
export function credentialsOf(options: NovaOptions): Credentials {
  const {
    username,
    password,
    application_credential_id: id,
    application_credential_secret: secret,
  } = options;
  if (isGiven(id) && isGiven(secret)) return { kind: 'application-credential', id, secret };
  if (isGiven(username) && isGiven(password) && !isGiven(id)) {
    return {
      kind: 'password',
      username,
      password,
      userDomain: options.user_domain_name ?? 'Default',
      project: options.project_name ?? 'service',
      projectDomain: options.project_domain_name ?? 'Default',
    };
  }
  throw new PortStatusError(
    'CONFIG',
    'the credentials for Keystone are incomplete; set nova.username and nova.password, or nova.application_credential_id and nova.application_credential_secret',
  );
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

/**
 * Where tokens are issued: `{auth_url}/v3/auth/tokens`.
 *
 * @throws {PortStatusError} CONFIG when `auth_url` is not an HTTP address. The address itself is not repeated: it may
 *   hold a password.
 */
export function tokensUrl(authUrl: string): string {
  const url = URL.canParse(authUrl) ? new URL(authUrl) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new PortStatusError(
      'CONFIG',
      'nova.auth_url is not an HTTP address; set it to one like https://controller:5000/v3',
    );
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v3$/, '');
  return `${url.origin}${path}/v3/auth/tokens`;
}

/** The catalog's word for an interface: keystoneauth also takes the old spelling, `internalURL`. */
export function interfaceOf({ endpoint_type }: NovaOptions): string {
  return (endpoint_type ?? 'public').replace(/URL$/, '');
}
