import type { Reply } from './session.js';

/** A reply that is a text, or a number as one; nothing for one that is absent. */
export function textOf(reply: Reply | undefined): string {
  return Buffer.isBuffer(reply) ? reply.toString() : typeof reply === 'number' ? String(reply) : '';
}

/** The same, but undefined where there is nothing. */
export function maybeText(reply: Reply | undefined): string | undefined {
  return reply === null || reply === undefined ? undefined : textOf(reply);
}

export function numberOf(reply: Reply | undefined): number {
  return Number(textOf(reply));
}

export function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}

/** Entries of a topic: bytes, which need not be text. */
export function bytesOf(replies: readonly Reply[]): readonly Buffer[] {
  return replies.filter((reply) => Buffer.isBuffer(reply));
}
