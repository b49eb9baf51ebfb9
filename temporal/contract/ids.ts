/** Workflow ids: the business id with its kind before it. One helper makes them all. */
export const workflowIds = {
  onboarding: (userId: string): string => `onboarding-${userId}`,
  nodeRegistration: (nodeId: string): string => `node-registration-${nodeId}`,
  node: (nodeId: string): string => `node-${nodeId}`,
  job: (jobId: string): string => `job-${jobId}`,
  verification: (jobId: string, attempt: number): string => `verify-${jobId}-${attempt}`,
  slashing: (nodeId: string, jobId: string): string => `slash-${nodeId}-${jobId}`,
  accountDeletion: (userId: string): string => `delete-${userId}`,
  unstaking: (nodeId: string): string => `unstake-${nodeId}`,
  stakeTopUp: (topUpId: string): string => `topup-${topUpId}`,
} as const;

/** Workflow types as the server knows them. */
export const WORKFLOW_TYPES = {
  onboarding: 'onboardingWorkflow',
  nodeRegistration: 'nodeRegistrationWorkflow',
  job: 'trainingJobWorkflow',
  verification: 'verificationWorkflow',
  slashing: 'slashingWorkflow',
  accountDeletion: 'accountDeletionWorkflow',
  node: 'nodeWorkflow',
  unstaking: 'unstakingWorkflow',
  stakeTopUp: 'stakeTopUpWorkflow',
} as const;
