import { z } from 'zod';
import type { Answer, ExternalEvent } from '../domain/debt.js';
import { parseJson } from '../domain/json.js';
import type { HttpOutcome } from '../runtime/http-client.js';

/**
 * What Nova made of one request.
 *
 * - `answered`: there is an answer for each event, in their order.
 * - `refused`: the batch as a whole was, because of one event or of its size: try its parts.
 * - `unreachable`: nothing is known of any event. With `alarm`, it stays so until someone mends it.
 */
export type BatchOutcome =
  | { readonly kind: 'answered'; readonly answers: readonly Answer[] }
  | { readonly kind: 'refused'; readonly code: 400 | 413 }
  | { readonly kind: 'unreachable'; readonly detail: string; readonly alarm: boolean };

/**
 * Reads Nova's answer to a batch, as docs/neutron.md, "What Nova is told", lists them.
 *
 * @param url the address that was asked, for the operator.
 */
export function readAnswer(
  events: readonly ExternalEvent[],
  outcome: HttpOutcome,
  url: string,
): BatchOutcome {
  if (outcome.kind === 'silence') return unreachable(`Nova at ${url} cannot be reached (${outcome.why})`);
  switch (outcome.status) {
    case 200:
    case 207:
      return readCodes(events, outcome.text) ?? unreachable(`Nova at ${url} answers what is not an answer`);
    case 400:
    case 413:
      return { kind: 'refused', code: outcome.status };
    case 401:
      return alarm(`Nova at ${url} refuses a fresh token (HTTP 401); check that it trusts this Keystone`);
    case 403:
      return alarm(`Nova at ${url} forbids external events (HTTP 403); give the user the role service`);
    case 404:
      return isNovasOwn404(outcome.text)
        ? { kind: 'answered', answers: events.map(() => ({ kind: 'rejected', code: 404 })) }
        : alarm(`there is no Nova at ${url} (HTTP 404); correct the compute endpoint in Keystone's catalog`);
    default:
      return unreachable(`Nova at ${url} answers HTTP ${outcome.status}`);
  }
}

/** `status` is left out: Nova overwrites it with what became of the event. */
const codesSchema = z.object({
  events: z.array(
    z.object({ code: z.number().int(), server_uuid: z.string(), name: z.string(), tag: z.string() }),
  ),
});

/** The codes of 200 and 207; undefined where they are not about exactly these events in this order. */
function readCodes(events: readonly ExternalEvent[], text: string): BatchOutcome | undefined {
  const parsed = codesSchema.safeParse(parseJson(text));
  if (parsed.data?.events.length !== events.length) return undefined;
  const echoes = parsed.data.events;
  const areOurs = events.every(
    ({ server_uuid, name, tag }, index) =>
      echoes[index]?.server_uuid === server_uuid && echoes[index].name === name && echoes[index].tag === tag,
  );
  return areOurs ? { kind: 'answered', answers: echoes.map(({ code }) => answerOf(code)) } : undefined;
}

function answerOf(code: number): Answer {
  if (code === 200) return { kind: 'accepted' };
  return code >= 400 && code < 500
    ? { kind: 'rejected', code }
    : { kind: 'unreachable', detail: `Nova gives the event the code ${code}` };
}

/**
 * Whether Nova itself says 404: before Ussuri it did where it accepted no event of the batch, whether their instances are
 * unknown (404) or have no host (422). Source: https://bugs.launchpad.net/nova/+bug/1855752.
 */
function isNovasOwn404(text: string): boolean {
  return z.object({ itemNotFound: z.unknown() }).safeParse(parseJson(text)).data?.itemNotFound !== undefined;
}

function unreachable(detail: string): BatchOutcome {
  return { kind: 'unreachable', detail, alarm: false };
}

function alarm(detail: string): BatchOutcome {
  return { kind: 'unreachable', detail, alarm: true };
}
