import { PortStatusError } from '../domain/errors.js';
import type { Catalog } from './token.js';

export interface Wanted {
  readonly interface: string;
  /** Absent: whichever comes first. */
  readonly region?: string | undefined;
}

/**
 * Nova's address in Keystone's catalog, without a slash at its end: `http://controller:8774/v2.1`.
 *
 * @throws {PortStatusError} CONFIG when there is none of that interface and region; the message lists what there is.
 */
export function findComputeEndpoint(catalog: Catalog, wanted: Wanted): string {
  const endpoints = catalog.filter(({ type }) => type === 'compute').flatMap((service) => service.endpoints);
  const found = endpoints.find(
    (endpoint) =>
      endpoint.interface === wanted.interface &&
      (wanted.region === undefined || endpoint.region_id === wanted.region),
  );
  if (found === undefined || !URL.canParse(found.url)) throw noEndpoint(endpoints, wanted);
  return found.url.replace(/\/+$/, '');
}

function noEndpoint(endpoints: Catalog[number]['endpoints'], wanted: Wanted): PortStatusError {
  const region = wanted.region === undefined ? '' : ` in region ${wanted.region}`;
  const there = endpoints.map((endpoint) => `${endpoint.interface} in ${endpoint.region_id ?? 'no region'}`);
  const lists = there.length === 0 ? 'no compute endpoint at all' : there.join(', ');
  return new PortStatusError(
    'CONFIG',
    `Keystone's catalog has no usable compute endpoint with interface ${wanted.interface}${region}, it lists ${lists}; set nova.endpoint_type and nova.region_name to what there is, or register the endpoint`,
  );
}
