import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

export interface SavedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Has the page decrypt its model, once it offers to, and reads what the browser saved. */
export async function saveModel(page: Page, timeoutMs = 30_000, press = () => page.getByRole('button', { name: 'Download the model' }).click()): Promise<SavedFile> {
  await page.getByRole('button', { name: 'Download the model' }).waitFor({ timeout: timeoutMs });
  const [file] = await Promise.all([page.waitForEvent('download'), press()]);
  return { name: file.suggestedFilename(), bytes: new Uint8Array(await readFile(await file.path())) };
}
