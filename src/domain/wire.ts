import { z } from 'zod';
import { parseJson } from './json.js';
import { isUuid } from './report.js';
import type { Report, ReportKey } from './report.js';

/** Wire versions that this program reads, lowest first. A listener registers them; agents write the lowest of all. */
export const READABLE_VERSIONS: readonly number[] = [1];

const LOWEST = Math.min(...READABLE_VERSIONS);
const GREATEST = Math.max(...READABLE_VERSIONS);

/**
 * A report as the northbound engines carry it: what they must know stands in columns, the rest is a body of text.
 *
 * Example: `{ portId: '15e2c509-…', chassis: 'cn1', revision: 1795405481123456, version: 1, isDown: false,
 * body: '{"status":"ACTIVE","attachment":"b3193b14-…","observedAt":1795405481123}' }`
 */
export interface Envelope extends ReportKey {
  readonly revision: number;
  readonly version: number;
  /** A record that says DOWN is collected when it has been acknowledged; every other outlives its acknowledgement. */
  readonly isDown: boolean;
  readonly body: string;
}

/** Explanations are cut to this length. */
const MAX_TEXT_LENGTH = 1024;

const text = z.string().transform((all) => all.slice(0, MAX_TEXT_LENGTH));

/**
 * Unknown fields are ignored: a newer agent may say more than we read. A `seen` that makes no sense is dropped, not the
 * report with it: nothing is decided upon it.
 */
const bodySchema = z.object({
  status: z.enum(['ACTIVE', 'DOWN', 'ERROR']),
  attachment: z.string().min(1).max(64),
  instance: z.string().max(64).optional(),
  observedAt: z.number().nonnegative(),
  seen: z
    .object({
      device: text.optional(),
      ofport: z.number().optional(),
      linkState: text.optional(),
      adminState: text.optional(),
      detail: text.optional(),
    })
    .optional()
    .catch(undefined),
});

/** Writes a report in wire version 1. */
export function encodeReport(report: Report, version: number): Envelope {
  const { portId, chassis, revision, status, attachment, instance, observedAt, seen } = report;
  const body = JSON.stringify({ status, attachment, instance, observedAt, seen });
  return { portId, chassis, revision, version, isDown: status === 'DOWN', body };
}

/**
 * What an envelope says.
 *
 * - `newer`: written in a version that we do not read: it stays pending for a server that does.
 * - `malformed`: no report can be made of it, now or later: it is put into quarantine with the reason.
 */
export type Decoded =
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'malformed'; readonly reason: string };

export function decodeReport(envelope: Envelope): Decoded {
  const { portId, chassis, revision, version } = envelope;
  if (version > GREATEST) return { kind: 'newer', version };
  if (!READABLE_VERSIONS.includes(version))
    return { kind: 'malformed', reason: `wire version ${version} is not known` };
  if (!isUuid(portId))
    return { kind: 'malformed', reason: `port id ${JSON.stringify(portId)} is not a UUID` };
  const parsed = bodySchema.safeParse(parseJson(envelope.body));
  if (!parsed.success)
    return { kind: 'malformed', reason: z.prettifyError(parsed.error).replaceAll('\n', ' ') };
  return { kind: 'report', report: { portId, chassis, revision, ...parsed.data } };
}

/**
 * The version that every listener reads: the lowest of the greatest that each registered, or our greatest. Never below
 * what we can write, whatever a registration claims.
 */
export function commonVersion(listeners: readonly { readonly versions: readonly number[] }[]): number {
  const lowest = Math.min(GREATEST, ...listeners.map(({ versions }) => Math.max(...versions)));
  return Math.max(LOWEST, lowest);
}
