import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { PublicKey } from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createOnboardingActivities } from '#activities/platform/onboarding';
import { parseCyxwiz as cyx } from '#core/money/amount';
import { findWallet } from '#db/postgres/wallets';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { keepHistory } from '../testing/histories.ts';
import { answerLostOnce, startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { onboardingStatusQuery, type OnboardingStatus } from './messages.ts';

let platform: TestPlatform;
const withMachine = new Set<string>();
const attached: string[] = [];

beforeAll(async () => {
  platform = await startTestPlatform(inject('tools').temporalTestServer, ({ postgres: { db }, kms, chain }, faucet) => {
    const activities = createOnboardingActivities({
      db,
      kms,
      chain,
      welcome: { faucet, amountBase: cyx('1000') },
      attachWallet: async (userId, address) => void attached.push(`${userId} ${address}`),
      hasMachine: async (userId) => withMachine.has(userId),
    });
    // Both steps that make something lose their first answer once, so the first user's are made under a retry.
    return { ...activities, createWallet: answerLostOnce(activities.createWallet), grantWelcomeCredit: answerLostOnce(activities.grantWelcomeCredit) };
  });
});
afterAll(() => platform.close());

function start(userId: string): Promise<WorkflowHandle> {
  return platform.env.client.workflow.start(WORKFLOW_TYPES.onboarding, {
    workflowId: workflowIds.onboarding(userId),
    taskQueue: PLATFORM_QUEUE,
    workflowRunTimeout: '200 days',
    args: [{ userId }],
  });
}
const statusOf = (handle: WorkflowHandle): Promise<OnboardingStatus> => handle.query(onboardingStatusQuery);
const balance = (address: string): Promise<bigint> => platform.world.chain.balanceBase(new PublicKey(address));
const walletOf = async (userId: string): Promise<string> => (await findWallet(platform.world.postgres.db, userId))!.address;
async function untilCredited(handle: WorkflowHandle): Promise<void> {
  while (!(await statusOf(handle)).done.includes('welcomeCredit')) await new Promise((done) => setTimeout(done, 50));
}

describe('a new user', () => {
  it('gets one wallet and one credit although both answers were lost, and even when it all runs again', async () => {
    const userId = randomUUID();
    withMachine.add(userId);
    const handle = await start(userId);
    const status = (await handle.result()) as OnboardingStatus;
    await keepHistory(handle, 'onboarding/machine-listed');
    expect(status.done).toEqual(['wallet', 'welcomeCredit', 'firstJobOrMachine']);
    expect(status.walletAddress).toBe(await walletOf(userId));
    expect(await balance(status.walletAddress!)).toBe(cyx('1000'));

    expect((await (await start(userId)).result()) as OnboardingStatus).toEqual(status);
    expect(await balance(status.walletAddress!)).toBe(cyx('1000'));
    expect(new Set(attached.filter((line) => line.startsWith(userId)))).toEqual(new Set([`${userId} ${status.walletAddress}`]));
  });

  it('is waited for until the first job exists', async () => {
    const userId = randomUUID();
    const handle = await start(userId);
    await untilCredited(handle);
    await platform.env.sleep('2 days');
    expect((await statusOf(handle)).done).toEqual(['wallet', 'welcomeCredit']);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await platform.world.newJob({ userId, address: await walletOf(userId) });
    expect(((await handle.result()) as OnboardingStatus).done).toContain('firstJobOrMachine');
    await keepHistory(handle, 'onboarding/job-found-later');
  });

  it('who never comes back is waited for about three months, not for ever', async () => {
    const handle = await start(randomUUID());
    expect(((await handle.result()) as OnboardingStatus).done).toEqual(['wallet', 'welcomeCredit']);
    await keepHistory(handle, 'onboarding/never-came-back');
    const { startTime, closeTime } = await handle.describe();
    const days = (closeTime!.getTime() - startTime.getTime()) / 86_400_000;
    expect(days).toBeGreaterThan(80);
    expect(days).toBeLessThan(100);
  });
});
