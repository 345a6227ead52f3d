import type { LayoutFinding, LayoutFindings } from '../../neutron/diagnosis.js';
import { check, fail, ok, orOk, warn } from './check.js';
import type { Finding } from './check.js';

/** Neutron itself asks for hosts that are in step; a second is more than any of our rules needs. */
const CLOCK_TOLERANCE_MS = 2000;

export const DATABASE_CHECKS = [
  check({
    name: "Neutron's database",
    looksAt: 'Whether it can be reached and lets our user in.',
    mend: 'check `neutron.url`',
    needs: ['database'],
    isConnection: true,
    judge: () => ok('answers'),
  }),
  check({
    name: 'database server',
    looksAt: 'A read-only server or a replica, `binlog_format=STATEMENT`, tables that are not InnoDB.',
    mend: 'give the address of the primary; set `binlog_format` to ROW or MIXED',
    needs: ['database'],
    judge: ({ database }) => orOk(failures(database.layout.server), 'its settings let us write safely'),
  }),
  check({
    name: 'tables and columns',
    looksAt: "Every column of Neutron's that we name.",
    mend: 'use a version of Neutron that this program knows, or a later version of this program',
    needs: ['database'],
    judge: ({ database: { layout } }) =>
      orOk(failures(layout.columns.filter(({ code }) => code === 'LAYOUT')), 'all are there'),
  }),
  check({
    name: 'rights',
    looksAt: 'The right to read each column and, where `apply.mode` is `write`, each right to write.',
    mend: 'grant what `port-status migrate --print-grants` prints',
    needs: ['database'],
    judge: ({ database: { layout } }) => orOk(failures(missingRights(layout)), 'none is missing'),
  }),
  check({
    name: 'ledger',
    looksAt: 'Whether our own tables are there, in the version that this program needs.',
    mend: 'run `port-status migrate`',
    needs: ['database'],
    judge: ({ database }) =>
      orOk(failures(database.layout.ledger), 'is there, in the version that is needed'),
  }),
  check({
    name: 'clocks',
    looksAt: "How far this host's clock is from that of Neutron's database.",
    mend: 'keep the hosts of Neutron and its database in step (chrony, ntpd): the grace of a fresh BUILD and the life of l2population agents hang on it',
    needs: ['database'],
    judge: ({ database: { clockAheadMs } }) => judgeClock(clockAheadMs),
  }),
];

/** Their texts end with the next step. */
function failures(findings: readonly LayoutFinding[]): readonly Finding[] {
  return findings.map(({ text }) => fail(text, ''));
}

function missingRights({ columns, writing }: LayoutFindings): readonly LayoutFinding[] {
  return [...columns, ...writing].filter(({ code }) => code === 'RIGHTS');
}

function judgeClock(aheadMs: number): readonly Finding[] {
  const distanceMs = Math.round(Math.abs(aheadMs));
  const words = `Neutron's database is ${distanceMs} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} this host`;
  return distanceMs > CLOCK_TOLERANCE_MS ? [warn(words)] : ok(words);
}
