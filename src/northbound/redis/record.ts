import { PortStatusError } from '../../domain/errors.js';
import { formatRevision, parseRevision } from '../../domain/revision.js';
import type { Envelope } from '../../domain/wire.js';
import { parsePlace, UNASSIGNED } from '../place.js';
import type { StoredReport } from '../northbound.js';
import { decodeName, NOBODY } from './layout.js';

/** A record as it is stored; see layout.ts. */
export interface RecordFields {
  readonly report: Envelope & { readonly incarnation: string };
  /** Milliseconds by Redis' clock. */
  readonly publishedAt: number;
  readonly pendingSince: number;
  /** As it is written: an encoded listener's name, NOBODY, or empty. */
  readonly place: string;
}

const RECORD = /^(\d{16})\|(\d+)\|([01])\|([^|]*)\|(\d+)\|(\d+)\|([^|]*)\|(.*)$/s;

/** The record of a text; undefined where it is none: whoever may write to a chassis' reports may write anything there. */
export function parseRecord(chassis: string, portId: string, text: string): RecordFields | undefined {
  const [, digits = '', version, isDown, incarnation = '', publishedAt, pendingSince, place = '', body = ''] =
    RECORD.exec(text) ?? [];
  const revision = parseRevision(digits);
  if (revision === undefined) return undefined;
  return {
    report: {
      portId,
      chassis,
      revision,
      version: Number(version),
      isDown: isDown === '1',
      body,
      incarnation,
    },
    publishedAt: Number(publishedAt),
    pendingSince: Number(pendingSince),
    place,
  };
}

export function toStored({ report, place, pendingSince }: RecordFields): StoredReport {
  return { ...report, ...parsePlace(decodePlace(place), pendingSince) };
}

function decodePlace(place: string): string | undefined {
  if (place === '') return undefined;
  return place === NOBODY ? UNASSIGNED : decodeName(place);
}

/** A revision as scripts compare it. @throws {PortStatusError} BUG where it is none. */
export function writeRevision(revision: number): string {
  if (Number.isSafeInteger(revision) && revision >= 0) return formatRevision(revision);
  throw new PortStatusError('BUG', `${revision} is no revision; report this`);
}
