import { describe } from 'vitest';
import { has } from '../../support/needs.js';
import { startOnMariadb } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { MARIADB } from '../../support/mariadb.js';
import { openOn } from './scene.js';
import { storeSuite } from './store-suite.js';

let server: Promise<NeutronServer> | undefined;

describe.skipIf(!has("Neutron's store on MariaDB", MARIADB))('with a private server', () => {
  storeSuite(
    'MariaDB',
    async () => openOn(await (server ??= startOnMariadb())),
    async () => (await server)?.dispose(),
  );
});
