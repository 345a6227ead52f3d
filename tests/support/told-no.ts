/** The number of the word that a row of the ledger `r` was told last: one in a call that is gone is told, decision 24. */
export const TOLD_NO = `case when r.claimed_no > r.told_no and r.claim_generation = ''
  and not exists (select 1 from port_status.calls c where c.nonce = r.claim_nonce) then r.claimed_no else r.told_no end`;
