import { defineQuery } from '@temporalio/workflow';

/** Input of `onboardingWorkflow`, workflow id `onboarding-<userId>`. */
export interface OnboardingInput {
  readonly userId: string;
}

export type OnboardingStep = 'wallet' | 'welcomeCredit' | 'firstJobOrMachine';

export interface OnboardingStatus {
  readonly done: readonly OnboardingStep[];
  readonly walletAddress: string | null;
}

export const onboardingStatusQuery = defineQuery<OnboardingStatus>('onboardingStatus');
