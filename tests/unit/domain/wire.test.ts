import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUuid } from '../../../src/domain/report.js';
import type { Report } from '../../../src/domain/report.js';
import {
  commonVersion,
  decodeReport,
  encodeReport,
  readableVersions,
  recallReport,
} from '../../../src/domain/wire.js';
import type { Envelope } from '../../../src/domain/wire.js';
import { aFullReport, PORT_ID } from './examples.js';

const words = fc.string({ maxLength: 1024 });
const uuid = fc.uuid().filter(isUuid);

const report: fc.Arbitrary<Report> = fc.record(
  {
    portId: uuid,
    chassis: fc.string({ minLength: 1, maxLength: 255 }),
    status: fc.constantFrom('ACTIVE', 'DOWN', 'ERROR'),
    attachment: fc.string({ minLength: 1, maxLength: 64 }),
    instance: fc.string({ maxLength: 64 }),
    revision: fc.nat(),
    observedAt: fc.nat(),
    seen: fc.record(
      { device: words, ofport: fc.integer(), linkState: words, adminState: words, detail: words },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['portId', 'chassis', 'status', 'attachment', 'revision', 'observedAt'] },
);

function anEnvelope(changes: Partial<Envelope> = {}): Envelope {
  return { ...encodeReport(aFullReport(), 1), ...changes };
}

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** The body of a report, with changes that its type would not allow. */
function aBody(changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ status: 'ACTIVE', attachment: 'b3193b14', observedAt: 1795405481123, ...changes });
}

describe('A report on the wire', () => {
  it('reads as what was written', () => {
    fc.assert(
      fc.property(report, (said) => {
        expect(decodeReport(encodeReport(said, 1))).toEqual({ kind: 'report', report: said });
      }),
    );
  });

  it('is DOWN for the engines exactly when it says DOWN', () => {
    fc.assert(fc.property(report, (said) => encodeReport(said, 1).isDown === (said.status === 'DOWN')));
  });

  it('keeps what engines must know outside its body', () => {
    expect(encodeReport(aFullReport({ instance: undefined }), 1)).toEqual({
      portId: PORT_ID,
      chassis: 'cn1',
      revision: 1795405481123456,
      version: 1,
      isDown: false,
      body: '{"status":"ACTIVE","attachment":"b3193b14-5a2f-40f0-8b05-fdb430d77edb","observedAt":1795405481123}',
    });
  });

  it('may have fields that we do not know', () => {
    const body = aBody({ tenant: 'tiny', seen: { ofport: 3, mtu: 1450 }, revision: 1, portId: 'forged' });

    expect(decodeReport(anEnvelope({ body }))).toEqual({
      kind: 'report',
      report: {
        ...aFullReport({ attachment: 'b3193b14', seen: { ofport: 3 } }),
        instance: undefined,
      },
    });
  });

  it.each<{ greatest: number; version: number }>([
    { greatest: 2, version: 3 },
    { greatest: 1, version: 2 },
  ])(
    'of version $version is left to a server that reads it by one that reads $greatest, whatever its body',
    ({ greatest, version }) => {
      expect(decodeReport(anEnvelope({ version, body: '' }), greatest)).toEqual({ kind: 'newer', version });
    },
  );

  it('counts without an explanation that makes no sense', () => {
    expect(decodeReport(anEnvelope({ body: aBody({ seen: { ofport: 'three' } }) }))).toMatchObject({
      kind: 'report',
      report: { status: 'ACTIVE', seen: undefined },
    });
  });

  it('counts with an explanation that is too long, which is cut', () => {
    const said = aFullReport({ seen: { detail: 'x'.repeat(5000) } });

    expect(decodeReport(encodeReport(said, 1))).toMatchObject({
      kind: 'report',
      report: { seen: { detail: 'x'.repeat(1024) } },
    });
  });
});

describe('Version 1', () => {
  const recorded = JSON.parse(
    readFileSync(new URL('../../fixtures/wire-1.json', import.meta.url), 'utf8'),
  ) as readonly { readonly report: Report; readonly envelope: Envelope }[];

  it.each(recorded)('reads as it was recorded: $report.status of $report.chassis', ({ report, envelope }) => {
    expect(decodeReport(envelope)).toEqual({ kind: 'report', report });
  });

  it.each(recorded)('is written as it was recorded: $report.portId', ({ report, envelope }) => {
    expect(encodeReport({ ...report, trace: TRACE }, 1)).toEqual(envelope);
  });
});

describe('Version 2', () => {
  it('carries the trace that a report belongs to', () => {
    fc.assert(
      fc.property(report, fc.constantFrom(TRACE, undefined), (said, trace) => {
        const traced = trace === undefined ? said : { ...said, trace };
        expect(decodeReport(encodeReport(traced, 2))).toEqual({ kind: 'report', report: traced });
      }),
    );
  });

  it.each([
    '',
    'x'.repeat(5000),
    7,
    { id: TRACE },
    `${TRACE}-more`,
    TRACE.toUpperCase(),
    TRACE.replace(/^00/, 'ff'),
    TRACE.replace(/-[0-9a-f]{32}-/, `-${'0'.repeat(32)}-`),
  ])('counts without a trace that is none: %j', (trace) => {
    expect(decodeReport(anEnvelope({ version: 2, body: aBody({ trace }) }))).toMatchObject({
      kind: 'report',
      report: { status: 'ACTIVE', trace: undefined },
    });
  });
});

describe('What is recalled of a stored record', () => {
  it('is what it said, without the trace that is over', () => {
    const said = aFullReport({ trace: TRACE });
    const { portId, status, attachment, instance, observedAt, seen } = said;
    const recalled = { portId, status, attachment, instance, observedAt, seen };
    expect(recallReport(encodeReport(said, 2))).toEqual(recalled);
  });

  it.each([
    ['ACTIVE', false],
    ['DOWN', true],
  ])('is %s where its body can not be read', (status, isDown) => {
    const recalled = { portId: PORT_ID, status, attachment: 'unknown', observedAt: 0 };
    expect(recallReport(anEnvelope({ version: 2, isDown }), 1)).toEqual(recalled);
    expect(recallReport(anEnvelope({ body: '', isDown }))).toEqual(recalled);
  });
});

describe('No report can be made', () => {
  it.each<{ of: string; changes: Partial<Envelope>; reason: RegExp }>([
    { of: 'a port id that is no UUID', changes: { portId: 'tap15e2c509' }, reason: /port id "tap15e2c509"/ },
    { of: 'a version that never was', changes: { version: 0 }, reason: /wire version 0/ },
    { of: 'a body that is not JSON', changes: { body: '{' }, reason: /expected object/ },
    { of: 'a body that is not an object', changes: { body: '[]' }, reason: /expected object/ },
    {
      of: 'a status that is never reported',
      changes: { body: aBody({ status: 'BUILD' }) },
      reason: /status/,
    },
    { of: 'no status', changes: { body: aBody({ status: undefined }) }, reason: /status/ },
    { of: 'no attachment', changes: { body: aBody({ attachment: undefined }) }, reason: /attachment/ },
    { of: 'an empty attachment', changes: { body: aBody({ attachment: '' }) }, reason: /attachment/ },
    {
      of: 'a long attachment',
      changes: { body: aBody({ attachment: 'x'.repeat(65) }) },
      reason: /attachment/,
    },
    { of: 'a long instance', changes: { body: aBody({ instance: 'x'.repeat(65) }) }, reason: /instance/ },
    { of: 'an instance that is null', changes: { body: aBody({ instance: null }) }, reason: /instance/ },
    { of: 'a time that is text', changes: { body: aBody({ observedAt: 'now' }) }, reason: /observedAt/ },
    { of: 'a negative time', changes: { body: aBody({ observedAt: -1 }) }, reason: /observedAt/ },
  ])('of $of; the reason says so in one line', ({ changes, reason }) => {
    const decoded = decodeReport(anEnvelope(changes));

    expect(decoded).toEqual({ kind: 'malformed', reason: expect.stringMatching(reason) as string });
    expect(JSON.stringify(decoded)).not.toContain('\\n');
  });
});

describe('The version that agents write', () => {
  it.each<{ when: string; registered: number[][]; greatest?: number; version: number }>([
    { when: 'nobody is registered', registered: [], version: 2 },
    { when: 'nobody is registered, and we write no newer', registered: [], greatest: 1, version: 1 },
    {
      when: 'all read what we read',
      registered: [
        [1, 2],
        [1, 2],
      ],
      version: 2,
    },
    {
      when: 'some read more than we write',
      registered: [
        [1, 2],
        [1, 2, 3],
      ],
      greatest: 1,
      version: 1,
    },
    { when: 'one reads only the older', registered: [[1, 2], [1]], version: 1 },
    { when: 'one reads less than we can write', registered: [[0], [1, 2]], version: 1 },
    { when: 'one registered none', registered: [[], [1]], version: 1 },
  ])('is $version when $when', ({ registered, greatest, version }) => {
    const listeners = registered.map((versions) => ({ versions }));
    expect(commonVersion(listeners, greatest)).toBe(version);
  });

  it('is one of those that a program of that greatest version reads', () => {
    expect([readableVersions(1), readableVersions(2), readableVersions()]).toEqual([[1], [1, 2], [1, 2]]);
  });
});
