import { firstSteps } from '#db/postgres/onboarding';
import type { OnboardingStep } from '#workflows/onboarding/messages';
import type { ServiceDeps } from './deps.ts';
import type { Actor } from './types.ts';

export interface OnboardingServices {
  /**
   * The steps of `onboardingWorkflow`, in its order. Read from what its activities read and write: the workflow itself
   * looks ever more rarely, and can not be asked while Temporal is down.
   */
  steps(actor: Actor): Promise<readonly { readonly step: OnboardingStep; readonly done: boolean }[]>;
}

export function createOnboarding({ postgres, mongo, site }: Pick<ServiceDeps, 'postgres' | 'mongo' | 'site'>): OnboardingServices {
  return {
    steps: async ({ userId }) => {
      const [done, machine] = await Promise.all([firstSteps(postgres.db, userId), mongo.machines.findOne({ ownerId: userId })]);
      return [
        { step: 'wallet', done: done.hasWallet },
        ...(site.givesWelcomeCredit ? [{ step: 'welcomeCredit' as const, done: done.hasWelcomeCredit }] : []),
        { step: 'firstJobOrMachine', done: done.hasJobOrNode || machine !== null },
      ];
    },
  };
}
