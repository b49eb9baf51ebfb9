/** Why a job ended, for people and programs: exactly one for each ended job. */
export const JOB_END_REASONS = {
  COMPLETED: 'The model was trained, verified and paid for.',
  CANCELLED_BY_USER: 'You cancelled the job. The whole escrow went back to you.',
  CANCELLED_BY_OPERATOR: 'An operator cancelled the job. The whole escrow went back to you.',
  NOT_SUBMITTED: 'The job was created but never submitted. Nothing was locked.',
  NOT_AUTHORISED: 'The submission was not what the platform had agreed to. Nothing was locked.',
  ESCROW_NOT_FUNDED: 'The tokens could not be locked. Nothing was taken.',
  NO_NODE_IN_TIME: 'No node took the job before its deadline. The whole escrow went back to you.',
  ATTEMPTS_EXHAUSTED: 'Every attempt failed. The whole escrow went back to you.',
  DEADLINE_PASSED: 'The deadline passed before the job was done. The whole escrow went back to you.',
  TRAINING_DIVERGED: 'The loss became NaN or infinite: the model or its settings need a change. The whole escrow went back to you.',
  ESCROW_SETTLED_ELSEWHERE: 'The escrow was already settled on chain, so the job ended with it.',
  INTERNAL_ERROR: 'Something broke on our side. The whole escrow went back to you.',
} as const;
export type JobEndReason = keyof typeof JOB_END_REASONS;

/** SPEC flow 7: up to 4 attempts a job. */
export const MAX_ATTEMPTS = 4;
