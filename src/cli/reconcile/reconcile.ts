import { Account } from './account.js';
import { lookAtLedger } from './look-at-ledger.js';
import { lookAtRecords } from './look-at-records.js';
import { lookForSilence } from './look-for-silence.js';
import { mend } from './mend.js';
import type { Scope } from './scope.js';
import type { Sources } from './sources.js';
import type { Teller } from './tell.js';

/**
 * Compares northbound records, ledger and Neutron, page by page, and mends each page as it comes.
 *
 * The records come first: what of them is newer than the ledger is judged before the ledger is, so that no port is turned
 * by an older report and then by a newer one. Stopped half-way, it has mended what it told of.
 */
export async function reconcile(
  sources: Sources,
  scope: Scope,
  teller: Teller,
  signal: AbortSignal,
): Promise<Account> {
  const account = new Account();
  for (const [what, look] of [
    ['records', lookAtRecords],
    ['ledger', lookAtLedger],
  ] as const)
    for await (const { read, findings } of look(sources, scope, signal)) {
      account.read[what] += read;
      for (const ended of await mend(sources, findings, signal)) {
        account.note(ended);
        teller.change(ended);
      }
    }
  for await (const { read, ports } of lookForSilence(sources, scope, signal)) {
    account.read.ports += read;
    account.noteSilent(ports);
  }
  teller.end(account);
  return account;
}
