import type { NovaOptions } from '../../nova/options.js';
import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';
import { FakeKeystone, SERVICE_USER } from './keystone.js';
import { FakeNova } from './nova.js';

/** The part of an OpenStack cloud that we speak HTTP to, on 127.0.0.1 and free ports. */
export interface FakeCloud {
  readonly keystone: FakeKeystone;
  readonly nova: FakeNova;
  /** The `nova.*` options that reach it. */
  readonly options: NovaOptions;
  /** Cuts all connections; boots that wait are abandoned. Idempotent. */
  dispose(): Promise<void>;
}

const REGION = 'RegionOne';

/** Starts a Keystone and a Nova that behave as the real ones, until they are told to misbehave. */
export async function startFakeCloud({
  clock,
  random,
}: {
  readonly clock: Clock;
  readonly random: Random;
}): Promise<FakeCloud> {
  const keystone = new FakeKeystone(clock, random);
  const nova = new FakeNova(clock, keystone);
  const [authUrl, novaUrl] = await Promise.all([keystone.open(), nova.open()]);
  keystone.computeEndpoints = ['public', 'internal', 'admin'].map((name) => ({
    interface: name,
    region_id: REGION,
    url: novaUrl,
  }));
  return {
    keystone,
    nova,
    options: optionsFor(authUrl),
    dispose: async () => {
      await Promise.all([nova.close(), keystone.close()]);
    },
  };
}

function optionsFor(authUrl: string): NovaOptions {
  return {
    auth_url: `${authUrl}/v3`,
    username: SERVICE_USER.name,
    password: SERVICE_USER.password,
    user_domain_name: SERVICE_USER.domain,
    project_name: SERVICE_USER.project,
    project_domain_name: SERVICE_USER.projectDomain,
    region_name: REGION,
    endpoint_type: 'internal',
  };
}
