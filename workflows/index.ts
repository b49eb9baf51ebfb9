/** Every workflow of the platform: the entry of the bundle. */
export { accountDeletionWorkflow } from './account-deletion/workflow.ts';
export { nodeRegistrationWorkflow } from './node-registration/workflow.ts';
export { nodeWorkflow } from './node/workflow.ts';
export { onboardingWorkflow } from './onboarding/workflow.ts';
export { slashingWorkflow } from './slashing/workflow.ts';
export { stakeTopUpWorkflow } from './stake-top-up/workflow.ts';
export { trainingJobWorkflow } from './training-job/workflow.ts';
export { unstakingWorkflow } from './unstaking/workflow.ts';
export { verificationWorkflow } from './verification/workflow.ts';
