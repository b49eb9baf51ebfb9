import type { OnboardingStep } from '#workflows/onboarding/messages';
import type { ChecklistItem } from './checklist.tsx';

/** The steps of a new account in words, with the way to the next one. */
export function firstSteps(steps: readonly { readonly step: OnboardingStep; readonly done: boolean }[], hasData: boolean): ChecklistItem[] {
  const words: Readonly<Record<OnboardingStep, Omit<ChecklistItem, 'done'>>> = {
    wallet: { title: 'Get a wallet', about: 'It is made for you; it takes a few seconds.', to: '/wallet', action: 'Open the wallet' },
    welcomeCredit: { title: 'Receive your welcome credit', about: 'Test tokens to train with. They come seconds after the wallet.', to: '/wallet', action: 'Open the wallet' },
    firstJobOrMachine: {
      title: 'Train a first model, or list a first machine',
      about: hasData
        ? 'See the price and the plan before anything is locked. Or list a computer of yours and earn 90 % of every job that it does.'
        : 'A model needs data: store a dataset, encrypted on your machine first. Or list a computer of yours and earn 90 % of every job that it does.',
      ...(hasData ? { to: '/jobs/new', action: 'New job' } : { to: '/data', action: 'Store data' }),
      other: { to: '/machines', action: 'List a machine' },
    },
  };
  return steps.map(({ step, done }) => ({ ...words[step], done }));
}
