import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCyxWizClient, type CyxWizClient, type JobUpdate, type Specification } from '#api/client/node';
import { splitPayout } from '#core/money/split';
import { encodeDataset, selectSamples } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';
import { watchMoney, type Balances, type MoneyView } from '../demo/money.ts';
import { waitForNode } from '../demo/platform.ts';
import { digitsJob, signUp } from '../demo/steps.ts';
import { createLaunchedPlatform, type LaunchedPlatform } from './launched-platform.ts';

// One job lives through the death of what it runs on: first of everything at once, its training included, then of the
// process that looks after the platform. Money and job must look as if nothing had happened.

const EPOCHS = 24;
const SAMPLES = 2_000;
/** The node checkpoints every 50 steps, and reports now and then: more than this may not be done twice. */
const MOST_STEPS_REPEATED = 80;

let platform: LaunchedPlatform;
let client: CyxWizClient;
let money: MoneyView;
let before: Balances;
let job: Specification;
let jobId: string;
let followed: Promise<void>;
const updates: JobUpdate[] = [];

beforeAll(async () => {
  platform = await createLaunchedPlatform();
  await platform.start();
  const { publicUrls, storageUrl } = platform.config;
  client = createCyxWizClient({ httpUrl: publicUrls.web, grpcUrl: publicUrls.grpc, storageUrl });
  const node = await waitForNode(publicUrls.web);
  const { address } = await signUp(client);
  money = await watchMoney(platform.config, { user: address, nodeAccount: node.account });
  before = await money.balances();
  const { training, heldOut } = await loadDigits();
  const first = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const dataset = await client.data.put({
    train: encodeDataset(selectSamples(training, first(SAMPLES))),
    heldOut: encodeDataset(selectSamples(heldOut, first(200))),
    meta: { name: 'some digits', samples: SAMPLES, heldOutSamples: 200, sampleShape: training.shape, classes: training.classes },
  });
  job = await digitsJob(dataset.cid);
  jobId = await submit(EPOCHS);
  followed = (async () => {
    for await (const update of client.follow(jobId)) updates.push(update);
  })();
}, 180_000);
afterAll(async () => {
  client.close();
  await platform.remove();
}, 60_000);

async function submit(epochs: number): Promise<string> {
  const specification = { ...job, hyperParameters: { ...job.hyperParameters, epochs } };
  const quote = await client.quote(specification);
  const submitted = await client.submit({ requestId: randomUUID(), quoteId: quote.quoteId, specification, budgetBase: quote.amountBase });
  return submitted.jobId;
}
const steps = (): number[] => updates.flatMap((update) => (update.kind === 'progress' ? [update.progress.step] : []));
const lastStep = (): number => steps().at(-1) ?? 0;
/** Waits until training is past that share of its steps. */
async function untilTrained(share: number): Promise<void> {
  for (;;) {
    const last = updates.findLast((update) => update.kind === 'progress');
    if (last?.kind === 'progress' && last.progress.step >= last.progress.steps * share) return;
    if (updates.some((update) => update.kind === 'state' && ['COMPLETED', 'FAILED'].includes(update.state))) throw new Error('The job ended too early for this proof');
    await sleep(50);
  }
}

describe('kill -9 in the middle of a training', () => {
  it('of every process at once: the next start resumes from the last checkpoint', async () => {
    await untilTrained(0.2);
    const reportsAtKill = steps().length;
    const stepAtKill = lastStep();
    expect(await platform.killEverything()).toBeGreaterThan(8);
    expect(platform.processes()).toEqual([]);
    await platform.start();
    await untilTrained(0.4);
    expect(steps()[reportsAtKill]).toBeGreaterThan(stepAtKill - MOST_STEPS_REPEATED);
  }, 120_000);

  it('of the process that looks after the platform: the next start takes over, and the training just goes on', async () => {
    const reportsAtKill = steps().length;
    const stepAtKill = lastStep();
    await platform.killParent();
    expect(platform.running().length).toBeGreaterThan(5);
    await platform.start();
    await followed;
    expect(steps().length).toBeGreaterThan(reportsAtKill);
    expect(Math.min(...steps().slice(reportsAtKill))).toBeGreaterThanOrEqual(stepAtKill);
  }, 180_000);

  it('and the job completes under the same id, in the first attempt, paid once and to the base unit', async () => {
    const done = await client.status(jobId);
    expect(done).toMatchObject({ state: 'COMPLETED', attempt: 1, endReason: 'COMPLETED' });
    expect(done.states.map(({ state }) => state)).toEqual(['CREATED', 'QUEUED', 'ESCROWED', 'ASSIGNED', 'RUNNING', 'COMPLETED']);
    const { nodeBase, platformBase } = splitPayout(done.amountBase);
    const after = await money.balances();
    expect({ user: after.user - before.user, node: after.node - before.node, platform: after.platform - before.platform }).toEqual({
      user: -done.amountBase,
      node: nodeBase,
      platform: platformBase,
    });
    expect(done.transfers.map(({ purpose, amountBase }) => [purpose, amountBase]).sort()).toEqual([
      ['escrow-lock', done.amountBase],
      ['node-payout', nodeBase],
      ['platform-fee', platformBase],
    ]);
  });

  it('and whoever followed it saw every state once, in order', () => {
    expect(updates.flatMap((update) => (update.kind === 'state' ? [update.state] : []))).toEqual([
      'CREATED', 'QUEUED', 'ESCROWED', 'ASSIGNED', 'RUNNING', 'COMPLETED',
    ]);
    const ids = updates.map(({ eventId }) => eventId);
    expect(ids.every((id, index) => index === 0 || id > ids[index - 1]!)).toBe(true);
  });

  it('and the ledger is what the chain says', async () => {
    const token = readFileSync(join(platform.config.home, 'operator.token'), 'utf8').trim();
    const answer = await fetch(`${platform.config.publicUrls.web}/api/ops/audit`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toMatchObject({ ok: true, problems: [] });
  });
});

describe('Ctrl-C', () => {
  it('ends every process in the middle of a training, and the next start finds everything as it was', async () => {
    const done = await client.status(jobId);
    const open = await submit(150);
    for await (const update of client.follow(open)) if (update.kind === 'progress') break;
    expect(await platform.interrupt()).toBe(0);
    expect(platform.running()).toEqual([]);
    expect(platform.processes()).toEqual([]);

    await platform.start();
    expect(await client.status(jobId)).toEqual(done);
    expect(await client.status(open)).toMatchObject({ state: 'RUNNING', attempt: 1 });
    const atRestart = await money.balances();
    await client.cancel(open);
    for await (const update of client.follow(open)) if (update.kind === 'state' && update.state === 'CANCELLED') break;
    expect((await money.balances()).user - atRestart.user).toBe(done.amountBase);
    expect(await platform.interrupt()).toBe(0);
    expect(platform.processes()).toEqual([]);
  }, 180_000);
});
