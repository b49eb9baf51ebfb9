import type { Page } from 'playwright-core';

export interface JobWishes {
  readonly epochs: number;
  readonly batchSize: number;
}

/** Fills in the form, looks at the plan, approves it. Ends on the job's page; returns the job's id. */
export async function submitJob(page: Page, base: string, { epochs, batchSize }: JobWishes): Promise<string> {
  await page.goto(`${base}/jobs/new`);
  await page.getByLabel('Epochs').fill(String(epochs));
  await page.getByLabel('Batch size').fill(String(batchSize));
  await page.getByRole('button', { name: 'Get the price' }).click();
  await page.getByRole('button', { name: /^Approve and lock 50\.000 CYXWIZ/ }).click();
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
  return new URL(page.url()).pathname.split('/').pop() ?? '';
}
