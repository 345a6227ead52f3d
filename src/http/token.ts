import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether a request bears the token: as such, or as the password of any user, which is what a browser asks people for.
 * Takes as long whatever stands there: the time tells nothing of the token.
 */
export function bearsToken(authorization: string | undefined, token: string): boolean {
  const [, scheme = '', said = ''] = /^(Bearer|Basic) +(\S+) *$/i.exec(authorization ?? '') ?? [];
  const secret = scheme.toLowerCase() === 'basic' ? passwordOf(said) : said;
  return timingSafeEqual(digest(secret), digest(token));
}

function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

/** Of one length for every text, as the comparison needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
