import { z } from 'zod';
import { keyOf } from '../domain/report.js';
import { decodeReport, NEWEST_VERSION } from '../domain/wire.js';
import type { Quarantined } from '../neutron/neutron.js';
import type { Northbound, StoredReport } from '../northbound/northbound.js';

/**
 * What can become of a report in quarantine.
 *
 * - overtaken: its chassis has said something newer of the port.
 * - repeatable: its record is stored as it was and can be read, so that servers can judge it again.
 * - unreadable: no report can be made of its body, now or later.
 * - unrecorded: it could be read, and nothing is stored of it any more: a record that says DOWN is removed when it has been
 *   set aside.
 */
export type Prospect = 'overtaken' | 'repeatable' | 'unreadable' | 'unrecorded';

interface Outlook {
  readonly nextStep: string;
  /** What is the case and what to do, in a sentence. */
  readonly advice: string;
  /** Why nothing is lost when it is dropped. */
  readonly whyDrop: string;
}

export const OUTLOOKS: Readonly<Record<Prospect, Outlook>> = {
  overtaken: {
    nextStep: 'nothing',
    advice: 'Its chassis has said something newer of the port; once that is judged, this leaves by itself.',
    whyDrop: 'its chassis has said something newer of the port, and that counts',
  },
  repeatable: {
    nextStep: 'mend-and-retry',
    advice:
      'Mend what the reason names, or report it to us; then "port-status quarantine retry" has servers judge it again.',
    whyDrop:
      'its record stays in the northbound database, and servers judge it again with their next sweep; if it can still not be written, it comes back',
  },
  unreadable: {
    nextStep: 'restart-agent-and-drop',
    advice:
      'No report can be made of its body. Restart the agent of its chassis, which then says anew what it has there, and see "port-status chassis" for its version; then "port-status quarantine drop" it.',
    whyDrop: 'no report can be made of its body, so that it never told anything that could be written',
  },
  unrecorded: {
    nextStep: 'drop',
    advice:
      'Nothing is stored of it any more (as of a port that is DOWN), so that no server can judge it again; the sweep judges DOWN what a complete chassis no longer has. Mend what the reason names, and "port-status quarantine drop" it.',
    whyDrop:
      'nothing is stored of it that could be judged again; the sweep judges DOWN what a complete chassis no longer has',
  },
};

/** What an operator sees of a report in quarantine. */
export interface ListedQuarantined extends Quarantined {
  /** What names it on the command line. */
  readonly id: string;
  readonly prospect: Prospect;
  readonly nextStep: string;
}

/** The same, as the API and the page tell it: without the body, which may be anything. */
export const quarantinedReportSchema = z.object({
  id: z.string().meta({ description: 'What names it on the command line.' }),
  portId: z.string(),
  chassis: z.string(),
  reason: z.string(),
  server: z.string().meta({ description: 'The server that set it aside.' }),
  ageMs: z.number(),
  prospect: z
    .enum(Object.keys(OUTLOOKS) as [Prospect, ...Prospect[]])
    .meta({ description: 'What can become of it.' }),
  nextStep: z.string().meta({ description: 'What to do.' }),
  advice: z.string().meta({ description: 'What is the case and what to do, in a sentence.' }),
});

export type QuarantinedReport = Readonly<z.infer<typeof quarantinedReportSchema>>;

export function describeQuarantined(listed: ListedQuarantined): QuarantinedReport {
  const { id, portId, chassis, reason, server, ageMs, prospect, nextStep } = listed;
  const { advice } = OUTLOOKS[prospect];
  return { id, portId, chassis, reason, server, ageMs, prospect, nextStep, advice };
}

/** Compares what is in quarantine with the northbound database: one look-up for all. */
export async function listProspects(
  northbound: Northbound,
  entries: readonly Quarantined[],
): Promise<readonly ListedQuarantined[]> {
  const records = entries.length === 0 ? [] : await northbound.lookUp(entries);
  const stored = new Map(records.map((record) => [keyOf(record), record]));
  return entries.map((entry) => {
    const prospect = prospectOf(entry, stored.get(keyOf(entry)));
    return { ...entry, id: keyOf(entry), prospect, nextStep: OUTLOOKS[prospect].nextStep };
  });
}

/** @param record what the northbound database has of that port and chassis. Pure. */
export function prospectOf(entry: Quarantined, record: StoredReport | undefined): Prospect {
  if (record !== undefined && !isRecordOf(entry, record)) return 'overtaken';
  const envelope = record ?? { ...entry, version: NEWEST_VERSION, isDown: false };
  if (decodeReport(envelope).kind !== 'report') return 'unreadable';
  return record === undefined ? 'unrecorded' : 'repeatable';
}

function isRecordOf({ revision, incarnation }: Quarantined, record: StoredReport): boolean {
  return record.revision === revision && record.incarnation === incarnation;
}
