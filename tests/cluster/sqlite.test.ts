import { MARIADB } from '../support/mariadb.js';
import { has } from '../support/needs.js';
import { makeSqliteHome } from '../support/sqlite-fixture.js';
import { ordeal } from './ordeal.js';

ordeal({
  name: 'sqlite',
  isThere: has('cluster/sqlite', MARIADB),
  start: async () => {
    const home = makeSqliteHome();
    const url = `sqlite:${home.path}`;
    return { url, directUrl: url, dispose: async () => home.remove() };
  },
  faults: [],
});
