import { randomBytes, randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAccountDeletionActivities } from '#activities/platform/account-deletion';
import { parseCyxwiz as cyx } from '#core/money/amount';
import { listDatasets, upsertDataset } from '#db/postgres/datasets';
import { applyJobTransition, requireJob } from '#db/postgres/jobs';
import { recordTransfer } from '#db/postgres/ledger';
import { findWallet } from '#db/postgres/wallets';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { keepHistory } from '../testing/histories.ts';
import { answerLostOnce, RUN_TIMEOUT, startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import type { AccountDeletionResult } from './messages.ts';

let platform: TestPlatform;
/** What was done to accounts, in order. */
const done: string[] = [];
/** What somebody does at the very moment their account is closed. */
const whileClosing = new Map<string, () => Promise<unknown>>();

beforeAll(async () => {
  platform = await startTestPlatform(inject('tools').temporalTestServer, ({ postgres: { db } }) => {
    const activities = createAccountDeletionActivities({
      db,
      accounts: {
        close: async (userId) => {
          done.push(`close ${userId}`);
          await whileClosing.get(userId)?.();
        },
        reopen: async (userId) => void done.push(`reopen ${userId}`),
        forget: async (userId) => void done.push(`forget ${userId}`),
      },
    });
    // The steps that destroy lose their first answer once: what they do is done twice then.
    return { ...activities, shredStoredData: answerLostOnce(activities.shredStoredData), forgetPerson: answerLostOnce(activities.forgetPerson) };
  });
});
afterAll(() => platform.close());

const db = () => platform.world.postgres.db;
const stepsOf = (userId: string): string[] => [...new Set(done.filter((line) => line.endsWith(userId)).map((line) => line.split(' ')[0]!))];
const start = (userId: string): Promise<WorkflowHandle> =>
  platform.env.client.workflow.start(WORKFLOW_TYPES.accountDeletion, { workflowId: workflowIds.accountDeletion(userId), taskQueue: PLATFORM_QUEUE, workflowRunTimeout: RUN_TIMEOUT, args: [{ userId }] });
const resultOf = async (handle: WorkflowHandle): Promise<AccountDeletionResult> => (await handle.result()) as AccountDeletionResult;

async function storeDataset(ownerId: string): Promise<void> {
  const keyWrapped = await platform.world.kms.wrap(randomBytes(32), 'dataset-key', 'bafybeitest');
  const facts = { name: 'private', samples: 1, sizeBytes: 1, sampleShape: [1], classes: 2, heldOutCid: 'bafybeitest-h', heldOutSamples: 1 };
  await upsertDataset(db(), { ownerId, cid: 'bafybeitest', keyWrapped, heldOutKeyWrapped: keyWrapped, ...facts });
}
const end = (jobId: string) => applyJobTransition(db(), { jobId, event: 'cancel', transitionKey: 'test:cancel' });

describe('an account', () => {
  it('goes with every key of what was stored, and leaves the books as they are', async () => {
    const user = await platform.world.newUser();
    await storeDataset(user.userId);
    const jobId = await platform.world.newJob(user);
    await end(jobId);
    const handle = await start(user.userId);
    expect(await resultOf(handle)).toEqual({ isDeleted: true, blockers: [] });
    await keepHistory(handle, 'account-deletion/deleted');

    expect(stepsOf(user.userId)).toEqual(['close', 'forget']);
    expect(await listDatasets(db(), user.userId)).toEqual([]);
    expect(await findWallet(db(), user.userId)).toMatchObject({ address: user.address, secretWrapped: null });
    expect(await requireJob(db(), jobId)).toMatchObject({ state: 'CANCELLED', amountBase: cyx('50'), modelKeyWrapped: '' });
  });

  it('with an open job stays as it is, and so with locked or staked tokens', async () => {
    const user = await platform.world.newUser();
    await storeDataset(user.userId);
    const jobId = await platform.world.newJob(user);
    const escrow = randomUUID();
    await db().transaction(async (tx) => {
      await applyJobTransition(tx, { jobId, event: 'submit', transitionKey: 'test:submit', patch: { escrowAddress: escrow } });
      const transfer = { from: `wallet:${user.address}`, to: `escrow:${escrow}`, currency: 'CYXWIZ', amountBase: cyx('50'), purpose: 'escrow-lock', signature: 's' } as const;
      await recordTransfer(tx, { transferKey: `${jobId}/escrow-lock/0`, ...transfer, userId: user.userId });
    });
    await platform.world.newNode(user.userId);
    const handle = await start(user.userId);
    const { isDeleted, blockers } = await resultOf(handle);
    await keepHistory(handle, 'account-deletion/refused');
    expect(isDeleted).toBe(false);
    expect(blockers).toEqual([expect.stringContaining('not ended'), expect.stringContaining('50.000 CYXWIZ are locked'), expect.stringContaining('100.000 CYXWIZ are staked')]);
    expect(stepsOf(user.userId)).toEqual([]);
    expect(await listDatasets(db(), user.userId)).toHaveLength(1);

    // Ended, but its tokens are still in the escrow.
    await end(jobId);
    expect((await resultOf(await start(user.userId))).blockers).toHaveLength(2);
  });

  it('in which a job was submitted at the last moment is opened again', async () => {
    const user = await platform.world.newUser();
    await storeDataset(user.userId);
    whileClosing.set(user.userId, () => platform.world.newJob(user));
    const handle = await start(user.userId);
    expect(await resultOf(handle)).toMatchObject({ isDeleted: false, blockers: [expect.stringContaining('not ended')] });
    await keepHistory(handle, 'account-deletion/refused-late');
    expect(stepsOf(user.userId)).toEqual(['close', 'reopen']);
    expect(await listDatasets(db(), user.userId)).toHaveLength(1);
    expect((await findWallet(db(), user.userId))?.secretWrapped).not.toBeNull();
  });

  it('whose deletion is cancelled in time is opened again', async () => {
    const user = await platform.world.newUser();
    await storeDataset(user.userId);
    whileClosing.set(user.userId, () => platform.env.client.workflow.getHandle(workflowIds.accountDeletion(user.userId)).cancel());
    const handle = await start(user.userId);
    await expect(resultOf(handle)).rejects.toMatchObject({ cause: { message: expect.stringMatching(/cancel/i) } });
    await keepHistory(handle, 'account-deletion/cancelled');
    expect(stepsOf(user.userId)).toEqual(['close', 'reopen']);
    expect(await listDatasets(db(), user.userId)).toHaveLength(1);
  });

  it('that never had a wallet is still being set up', async () => {
    expect((await resultOf(await start(randomUUID()))).blockers).toEqual([expect.stringContaining('set up')]);
  });
});
