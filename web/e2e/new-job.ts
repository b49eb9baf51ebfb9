import type { Page } from 'playwright-core';

export interface JobWishes {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate?: number;
  readonly optimizer?: string;
  /** The JSON of a graph of one's own, in place of the model that is offered first. */
  readonly graph?: string;
}

/** Fills in the form and asks for the plan. */
export async function describeJob(page: Page, base: string, { epochs, batchSize, learningRate, optimizer, graph }: JobWishes): Promise<void> {
  await page.goto(`${base}/jobs/new`);
  if (graph !== undefined) {
    await page.getByRole('radio', { name: /^Your own graph/ }).check();
    await page.getByLabel('Model graph (JSON)').fill(graph);
  }
  await page.getByLabel('Epochs').fill(String(epochs));
  await page.getByLabel('Batch size').fill(String(batchSize));
  if (learningRate !== undefined) await page.getByLabel('Learning rate').fill(String(learningRate));
  if (optimizer !== undefined) await page.getByLabel('Optimiser').selectOption(optimizer);
  await page.getByRole('button', { name: 'Get the price' }).click();
}

/** Fills in the form, looks at the plan, approves it. Ends on the job's page; returns the job's id. */
export async function submitJob(page: Page, base: string, wishes: JobWishes): Promise<string> {
  await describeJob(page, base, wishes);
  await page.getByRole('button', { name: /^Approve and lock 50\.000 CYXWIZ/ }).click();
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
  return new URL(page.url()).pathname.split('/').pop() ?? '';
}

/** Waits on a job's page until it is in this state. */
export async function waitForState(page: Page, state: string): Promise<void> {
  await page.locator('li[aria-current=step]', { hasText: state }).waitFor({ timeout: 120_000 });
}

/** The JSON of a chain of layers, each under a name of its own. */
export function graphOf(layers: readonly { readonly type: string; readonly params?: object; readonly id?: string }[]): string {
  const nodes = layers.map(({ type, params = {}, id }, at) => ({ id: id ?? `n${at}`, type, params }));
  const edges = nodes.slice(1).map(({ id }, at) => ({ from: nodes[at]?.id, to: id }));
  return JSON.stringify({ version: 1, nodes, edges });
}
