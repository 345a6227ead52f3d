import { describe } from 'vitest';
import { has } from '../../support/needs.js';
import { startOnPostgresql } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { POSTGRESQL } from '../../support/postgresql.js';
import { openOn } from './scene.js';
import { storeSuite } from './store-suite.js';

let server: Promise<NeutronServer> | undefined;

describe.skipIf(!has("Neutron's store on PostgreSQL", POSTGRESQL))('with a private server', () => {
  storeSuite(
    'PostgreSQL',
    async () => openOn(await (server ??= startOnPostgresql())),
    async () => (await server)?.dispose(),
  );
});
