import type { Locator, Page } from 'playwright-core';

/** More than a page of ours has to stop at. */
const MOST_STOPS = 20;

/**
 * Presses Tab until the control has the focus, as whoever has no mouse does.
 *
 * @returns what had the focus on the way, by role and name.
 * @throws where Tab does not lead to it, naming the same.
 */
export async function tabTo(control: Locator): Promise<readonly string[]> {
  const passed: string[] = [];
  while (passed.length < MOST_STOPS) {
    await control.page().keyboard.press('Tab');
    if (await hasFocus(control)) return passed;
    passed.push(await describeFocus(control.page()));
  }
  throw new Error(`Tab does not lead to ${String(control)}, but to ${passed.join(', ')}`);
}

async function hasFocus(control: Locator): Promise<boolean> {
  return (await control.and(focusOf(control.page())).count()) === 1;
}

async function describeFocus(page: Page): Promise<string> {
  const focus = focusOf(page);
  if ((await focus.count()) === 0) return 'nothing';
  const [first = ''] = (await focus.ariaSnapshot()).split('\n');
  return first.replace(/^- /, '').replace(/:$/, '');
}

function focusOf(page: Page): Locator {
  return page.locator(':focus');
}
