import { PortStatusError } from '../../domain/errors.js';

/** The longest message that is taken: a full dump of 100,000 interfaces has about 40 MiB. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = [0x7b, 0x5b]; // { [
const CLOSING = [0x7d, 0x5d]; // } ]
const BLANKS = [0x20, 0x09, 0x0a, 0x0d];

/**
 * Cuts a stream of bytes into JSON messages. RFC 7047 has no framing: objects simply follow each other, so the end of one
 * is found by counting brackets outside strings.
 *
 * Works on bytes, because a chunk may end inside a character: no byte of a multi-byte UTF-8 character equals a bracket,
 * a quote or a backslash. Each byte is looked at once.
 */
export class MessageSplitter {
  readonly #maxBytes: number;
  /** The beginning of a message that has not ended yet. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor({ maxBytes = MAX_MESSAGE_BYTES }: { readonly maxBytes?: number } = {}) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The messages that end in this chunk, parsed, in their order.
   *
   * @throws {PortStatusError} UNAVAILABLE when a message is too long or is no JSON object. Where the next one begins is
   *   unknown then: close the connection.
   */
  push(chunk: Buffer): unknown[] {
    const messages: unknown[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#depth === 0 && this.#skipsBetween(byte)) start = at + 1;
      else if (this.#endsMessage(byte)) {
        this.#keep(chunk.subarray(start, at + 1));
        messages.push(this.#parse());
        start = at + 1;
      }
    }
    this.#keep(chunk.subarray(start));
    return messages;
  }

  #skipsBetween(byte: number): boolean {
    if (BLANKS.includes(byte)) return true;
    if (byte === OPENING[0]) return false;
    throw notOvsdb(`byte 0x${byte.toString(16).padStart(2, '0')} where a message should begin`);
  }

  #endsMessage(byte: number): boolean {
    if (this.#inString) this.#readInString(byte);
    else if (byte === QUOTE) this.#inString = true;
    else if (OPENING.includes(byte)) this.#depth++;
    else if (CLOSING.includes(byte)) return --this.#depth === 0;
    return false;
  }

  #readInString(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#partBytes += part.length;
    if (this.#partBytes > this.#maxBytes) throw notOvsdb(`a message of more than ${this.#maxBytes} bytes`);
  }

  #parse(): unknown {
    const text = Buffer.concat(this.#parts, this.#partBytes).toString('utf8');
    this.#parts = [];
    this.#partBytes = 0;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw notOvsdb(`a message that is not JSON (${String(cause)})`);
    }
  }
}

function notOvsdb(what: string): PortStatusError {
  return new PortStatusError('UNAVAILABLE', `got ${what}; check that the address is an OVSDB server's`);
}
