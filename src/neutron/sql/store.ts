import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';
import type { Neutron } from '../neutron.js';
import { recordAnswers } from './answers.js';
import { foresee, judgeAndWrite, previewCases } from './apply.js';
import { readCounts } from './counts.js';
import { claimDebts, isAnyDebtDue, readClaimers, readDebts } from './debts.js';
import { diagnose } from './diagnose.js';
import type { SqlStore } from './dialect.js';
import { isPaused, setPaused } from './flags.js';
import { enterIncarnation, epochOf } from './incarnations.js';
import { checkLayout, readHeads } from './layout.js';
import { comparePorts, sweepLedger, takeDue } from './looks.js';
import {
  countQuarantined,
  emptyQuarantine,
  findQuarantined,
  listQuarantined,
  quarantine,
  releaseQuarantined,
  withoutQuarantined,
} from './quarantine.js';
import { tellAwaited, tellStories } from './story.js';
import { transact } from './transaction.js';
import type { Transactor } from './transaction.js';

export interface StoreParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Called for each repetition of a transaction. */
  readonly onConflict?: () => void;
}

/** Neutron's database through SQL: each verb in the file of its name. */
export function createNeutron(opened: SqlStore, parts: StoreParts): Neutron {
  const store: Transactor = { ...opened, onConflict: () => undefined, ...parts };
  return {
    check: (options) => checkLayout(store, options),
    heads: () => readHeads(store),
    epochOf: (incarnation) => epochOf(store, incarnation),
    enterIncarnation: (incarnation, epoch) =>
      transact(store, [enterIncarnation(store.dialect, { incarnation, epoch })], async () => undefined),
    judge: (cases, judging, claimant) => judgeAndWrite(store, cases, judging, claimant),
    preview: (keys, judging) => previewCases(store, keys, judging),
    takeDue: (limit, everyMs) => takeDue(store, limit, everyMs),
    sweep: (page, judging) => sweepLedger(store, page, judging),
    foresee: (cases, judging) => foresee(store, cases, judging),
    debts: (keys) => readDebts(store, keys),
    isAnyDebtDue: () => isAnyDebtDue(store),
    claimers: () => readClaimers(store),
    claimDebts: (claim, limit) => claimDebts(store, claim, limit),
    recordAnswers: (nonces, answered) => recordAnswers(store, nonces, answered),
    quarantine: (entries, most) => quarantine(store, entries, most),
    emptyQuarantine: () => emptyQuarantine(store),
    withoutQuarantined: (cases) => withoutQuarantined(store, cases),
    quarantined: () => countQuarantined(store),
    listQuarantined: (limit) => listQuarantined(store, limit),
    findQuarantined: (names) => findQuarantined(store, names),
    releaseQuarantined: (entries) => releaseQuarantined(store, entries),
    counts: () => readCounts(store),
    isPaused: () => isPaused(store),
    setPaused: (paused) => setPaused(store, paused),
    compare: (ports, judging) => comparePorts(store, ports, judging),
    stories: (wanted) => tellStories(store, wanted),
    awaited: (awaited) => tellAwaited(store, awaited),
    diagnose: (options) => diagnose(store, options),
    close: () => store.db.destroy(),
  };
}
