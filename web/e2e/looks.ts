import type { Page } from 'playwright-core';
import { axe } from './axe.ts';
import { DESKTOP, PHONE, screenshot } from './browser.ts';

export interface LooksOptions {
  /** What has to be done again before each look, where a page changes by itself. */
  readonly before?: () => Promise<void>;
}

/**
 * What is wrong with the page as it stands, in both themes and sizes: what axe finds, and what does not fit the width.
 * Leaves a picture of each for people, `name-width-theme.png`. The page is on a desktop in the light theme afterwards.
 */
export async function faultsOf(page: Page, name: string, { before }: LooksOptions = {}): Promise<string[]> {
  const faults: string[] = [];
  for (const colorScheme of ['dark', 'light'] as const) {
    for (const viewport of [PHONE, DESKTOP]) {
      // Without motion: a colour on its way to another one has a contrast that nobody chose.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      await before?.();
      await page.evaluate(drawn);
      const where = `${name} ${viewport.width} ${colorScheme}`;
      faults.push(...(await axe(page)).map((fault) => `${where}: ${fault}`));
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (overflow > 0) faults.push(`${where}: ${overflow} px too wide`);
      await screenshot(page, `${name}-${viewport.width}-${colorScheme}`);
    }
  }
  return faults;
}

/** Runs in the page: charts notice a new size or theme, and draw themselves in the frame after. */
async function drawn(): Promise<void> {
  for (let frame = 0; frame < 3; frame += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
}
