import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** The program that `openBrowser` needs, with its Debian package; for `has` of needs.ts. */
export const BROWSER = { chromium: 'chromium' } as const;

/**
 * Debian's Chromium, without a window. Tests run as root in containers, where its sandbox can not be made. It draws with
 * the processor everywhere (`--disable-gpu`), also where there is a graphics card: frames are no shorter there.
 */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
}
