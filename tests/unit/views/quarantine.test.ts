import { expect, it } from 'vitest';
import type { Quarantined } from '../../../src/neutron/neutron.js';
import type { StoredReport } from '../../../src/northbound/northbound.js';
import { prospectOf } from '../../../src/views/quarantine.js';

const BODY = '{"status":"ACTIVE","attachment":"a","observedAt":1}';

const ENTRY: Quarantined = {
  portId: '15e2c509-be19-4dfd-a2e0-c08cb1499a3e',
  chassis: 'cn1',
  revision: 7,
  incarnation: 'inc-1',
  body: BODY,
  reason: 'out of range',
  server: 'n1',
  ageMs: 1,
};

const RECORD: StoredReport = {
  portId: ENTRY.portId,
  chassis: 'cn1',
  revision: 7,
  incarnation: 'inc-1',
  version: 1,
  isDown: false,
  body: BODY,
};

it.each<[string, Partial<Quarantined>, Partial<StoredReport> | undefined, string]>([
  ['whose record is stored and can be read', {}, {}, 'repeatable'],
  ['that was cut, and whose record is whole', { body: BODY.slice(0, 20) }, {}, 'repeatable'],
  ['whose record can not be read', { body: '{' }, { body: '{' }, 'unreadable'],
  ['in a wire version that never was', {}, { version: 0 }, 'unreadable'],
  ['whose record is gone and that can not be read', { body: '{' }, undefined, 'unreadable'],
  ['whose port is none', { portId: 'x' }, undefined, 'unreadable'],
  ['whose record is gone and that could be read', {}, undefined, 'unrecorded'],
  ['that was followed by a newer one', {}, { revision: 8 }, 'overtaken'],
  ['that could not be read and was followed by a newer one', { body: '{' }, { revision: 8 }, 'overtaken'],
  ['of data that were lost since', {}, { revision: 3, incarnation: 'inc-2' }, 'overtaken'],
])('a report in quarantine %s', (_what, entry, record, prospect) => {
  const stored = record && { ...RECORD, ...record };
  expect(prospectOf({ ...ENTRY, ...entry }, stored)).toBe(prospect);
});
