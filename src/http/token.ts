import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether a request bears the token. Takes as long whatever stands there: the time tells nothing of the token. */
export function bearsToken(authorization: string | undefined, token: string): boolean {
  const [, said = ''] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  return timingSafeEqual(digest(said), digest(token));
}

/** Of one length for every text, as the comparison needs it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
