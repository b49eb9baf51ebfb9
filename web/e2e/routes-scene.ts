import type { Browser, Page } from 'playwright-core';
import { connectPostgres } from '#db/postgres/connect';
import { logIn, openPage, signUp, waitForCredit } from './browser.ts';
import { registerMachine } from './machine.ts';
import { graphOf, submitJob, waitForState } from './new-job.ts';
import { clientOf, makeOperator, newPerson, putDigits, stackConfig } from './platform.ts';

/** Who looks at a page; `newcomer` has an account and nothing in it. */
export type Who = 'guest' | 'newcomer' | 'member' | 'operator';

/** Everybody's page, each logged in once, and what the member has. */
export interface RoutesScene {
  readonly pages: Readonly<Record<Who, Page>>;
  /** What any page's own code has thrown so far. */
  problems(): readonly string[];
  readonly completedJob: string;
  readonly failedJob: string;
  readonly cancelledJob: string;
  readonly datasetCid: string;
  readonly transferPath: string;
  /** Of the operator, who has a machine. */
  readonly nodeId: string;
}

/** Layers that only scale, at the highest learning rate: the numbers run out within some steps. */
const DIVERGING = graphOf([
  { type: 'DataInput', params: { shape: [28, 28, 1] } },
  { type: 'Flatten' },
  { type: 'Linear', params: { units: 64 } },
  { type: 'Linear', params: { units: 64 } },
  { type: 'Linear', params: { units: 10 } },
  { type: 'Output' },
]);

export async function setRoutesScene(browser: Browser, base: string): Promise<RoutesScene> {
  const opened = { guest: await openPage(browser), newcomer: await openPage(browser), member: await openPage(browser), operator: await openPage(browser) };
  await signUp(opened.newcomer.page, base, newPerson());
  const operator = newPerson();
  await signUp(opened.operator.page, base, operator);
  await makeOperator(operator);
  await logIn(opened.operator.page, base, operator);

  const { databaseUrl } = stackConfig();
  const postgres = connectPostgres({ url: databaseUrl, onError: () => undefined });
  const { nodeId } = await registerMachine(operator, postgres);
  await postgres.close();

  const { page } = opened.member;
  const member = newPerson();
  await signUp(page, base, member);
  const client = await clientOf(member);
  const { cid } = await putDigits(client, 300);
  await waitForCredit(page, base);
  const failedJob = await submitJob(page, base, { epochs: 50, batchSize: 8, learningRate: 10, optimizer: 'sgd', graph: DIVERGING });
  const completedJob = await submitJob(page, base, { epochs: 2, batchSize: 64 });
  const cancelledJob = await submitJob(page, base, { epochs: 200, batchSize: 8 });
  await client.cancel(cancelledJob);
  client.close();
  await waitForState(page, 'Cancelled');
  await page.goto(`${base}/jobs/${failedJob}`);
  await waitForState(page, 'Failed');
  await page.goto(`${base}/jobs/${completedJob}`);
  await waitForState(page, 'Completed');
  const transfer = page.locator('a[href^="/tx/"]').first();
  await transfer.waitFor({ timeout: 60_000 });
  const transferPath = (await transfer.getAttribute('href')) ?? '';
  const pages = { guest: opened.guest.page, newcomer: opened.newcomer.page, member: page, operator: opened.operator.page };
  return { pages, problems: () => Object.values(opened).flatMap(({ problems }) => problems), completedJob, failedJob, cancelledJob, datasetCid: cid, transferPath, nodeId };
}
