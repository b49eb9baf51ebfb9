import { proxyActivities, setCurrentDetails, setHandler, sleep } from '@temporalio/workflow';
import type { OnboardingActivities } from '#activities/platform/contract';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { CHAIN } from '#temporal/contract/retry';
import { type OnboardingInput, type OnboardingStatus, onboardingStatusQuery, type OnboardingStep } from './messages.ts';

const activities = proxyActivities<OnboardingActivities>({ ...CHAIN, taskQueue: PLATFORM_QUEUE });

/** The first-run checklist is looked at ever more rarely, and given up after about three months. */
const FIRST_LOOK_MS = 15_000;
const LONGEST_LOOK_MS = 24 * 3_600_000;
const LAST_LOOK_AFTER = 100;

/** Wallet → welcome credit → the user's first job or machine. */
export async function onboardingWorkflow({ userId }: OnboardingInput): Promise<OnboardingStatus> {
  const done: OnboardingStep[] = [];
  let walletAddress: string | null = null;
  const status = (): OnboardingStatus => ({ done: [...done], walletAddress });
  setHandler(onboardingStatusQuery, status);
  const finish = (step: OnboardingStep): void => {
    done.push(step);
    setCurrentDetails(`done: ${done.join(', ')}`);
  };

  walletAddress = (await activities.createWallet({ userId })).address;
  finish('wallet');
  await activities.grantWelcomeCredit({ userId });
  finish('welcomeCredit');
  for (let look = 0, waitMs = FIRST_LOOK_MS; look < LAST_LOOK_AFTER; look++) {
    if (await activities.hasFirstJobOrMachine({ userId })) {
      finish('firstJobOrMachine');
      break;
    }
    await sleep(waitMs);
    waitMs = Math.min(waitMs * 2, LONGEST_LOOK_MS);
  }
  return status();
}
