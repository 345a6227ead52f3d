import { it } from 'vitest';
import { conformance } from '../../../src/northbound/conformance/conformance.js';
import { openSqliteFixture } from '../../support/sqlite-fixture.js';

conformance({ test: it, engine: openSqliteFixture, faults: ['cut', 'loseEverything', 'rollBack'] });
