import type { Option } from './option.js';
import { formatValue } from './shape.js';
import type { Value } from './shape.js';

const HIDDEN = '***';

/** An option's value as it may be printed. */
export function printable(option: Option, value: Value): string {
  if (option.secret === 'whole') return HIDDEN;
  const text = formatValue(option, value);
  return option.secret === 'password' ? redactUrl(text) : text;
}

/**
 * A URL without its password: `mysql://neutron:***@db:3306/neutron`.
 *
 * So is each parameter that ends in "password". The password is taken to reach up to the last `@`: one that was not encoded as it should be is hidden, too.
 */
export function redactUrl(url: string): string {
  return url
    .replace(/([?&][^?&=]*password=)[^&]*/gi, `$1${HIDDEN}`)
    .replace(/^([^:]+:\/\/[^:@]*):.*@/s, `$1:${HIDDEN}@`);
}
