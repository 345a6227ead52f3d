import { z } from 'zod';
import { parseJson } from './json.js';
import { isUuid } from './report.js';
import type { Report, ReportKey } from './report.js';

/** The oldest wire version that this program reads and writes. */
export const OLDEST_VERSION = 1;

/** The newest. A program may be held at an older one, for rolling back: `wire.greatest`. */
export const NEWEST_VERSION = 2;

/** Wire versions that a program reads, lowest first. A listener registers them; agents write the lowest of all. */
export function readableVersions(greatest = NEWEST_VERSION): readonly number[] {
  return Array.from({ length: greatest - OLDEST_VERSION + 1 }, (_, index) => OLDEST_VERSION + index);
}

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
 * The body of version 1. Unknown fields are ignored: a newer agent may say more than we read. A `seen` that makes no sense
 * is dropped, not the report with it: nothing is decided upon it.
 */
const firstBody = z.object({
  status: z.enum(['ACTIVE', 'DOWN', 'ERROR']),
  attachment: z.string().min(1).max(64),
  instance: z.string().max(64).optional(),
  observedAt: z.number().nonnegative(),
  seen: z
    .object({
      device: text.optional(),
      isGone: z.boolean().optional(),
      ofport: z.number().optional(),
      linkState: text.optional(),
      adminState: text.optional(),
      detail: text.optional(),
    })
    .optional()
    .catch(undefined),
});

/** A `traceparent` as W3C Trace Context, version 00, has it; neither id may be all zeros. */
const TRACE = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Version 2 has `trace` besides, as lenient as `seen`: a report is worth more than the trace that it belongs to. */
const secondBody = firstBody.extend({ trace: z.string().regex(TRACE).optional().catch(undefined) });

/** Writes a report in a wire version; what that version does not have is left out. */
export function encodeReport(report: Report, version: number): Envelope {
  const { portId, chassis, revision, status, attachment, instance, observedAt, seen } = report;
  const trace = version < 2 ? undefined : report.trace;
  const body = JSON.stringify({ status, attachment, instance, observedAt, seen, trace });
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

/** @param greatest the greatest version that this program reads. */
export function decodeReport(envelope: Envelope, greatest = NEWEST_VERSION): Decoded {
  const { portId, chassis, revision, version } = envelope;
  if (version > greatest) return { kind: 'newer', version };
  if (!readableVersions(greatest).includes(version))
    return { kind: 'malformed', reason: `wire version ${version} is not known` };
  if (!isUuid(portId))
    return { kind: 'malformed', reason: `port id ${JSON.stringify(portId)} is not a UUID` };
  const parsed = (version < 2 ? firstBody : secondBody).safeParse(parseJson(envelope.body));
  if (!parsed.success)
    return { kind: 'malformed', reason: z.prettifyError(parsed.error).replaceAll('\n', ' ') };
  return { kind: 'report', report: { portId, chassis, revision, ...parsed.data } };
}

/** What a stored record says of its port to somebody who speaks for the chassis; it is no report to be sent again. */
export type Recalled = Omit<Report, 'chassis' | 'revision' | 'trace'>;

/** A record that we cannot read (a newer agent wrote it) is taken by what its envelope says. */
export function recallReport(envelope: Envelope, greatest?: number): Recalled {
  const { portId, isDown } = envelope;
  const decoded = decodeReport(envelope, greatest);
  if (decoded.kind !== 'report')
    return { portId, status: isDown ? 'DOWN' : 'ACTIVE', attachment: UNKNOWN_ATTACHMENT, observedAt: 0 };
  const { status, attachment, instance, observedAt, seen } = decoded.report;
  return { portId, status, attachment, instance, observedAt, seen };
}

/** Stands where the attachment of a stored report can not be read; no switch gives it to an interface. */
const UNKNOWN_ATTACHMENT = 'unknown';

/**
 * The version that every listener reads: the lowest of the greatest that each registered, or our greatest. Never below
 * what we can write, whatever a registration claims.
 */
export function commonVersion(
  listeners: readonly { readonly versions: readonly number[] }[],
  greatest = NEWEST_VERSION,
): number {
  const lowest = Math.min(greatest, ...listeners.map(({ versions }) => Math.max(...versions)));
  return Math.max(OLDEST_VERSION, lowest);
}
