/** Every workflow of the platform: the entry of the bundle. */
export { nodeRegistrationWorkflow } from './node-registration/workflow.ts';
export { onboardingWorkflow } from './onboarding/workflow.ts';
export { trainingJobWorkflow } from './training-job/workflow.ts';
