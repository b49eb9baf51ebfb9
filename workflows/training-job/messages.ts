import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { JobEndReason } from '#core/job/end-reason';
import type { JobState } from '#core/job/machine';

/** Input of `trainingJobWorkflow`, workflow id `job-<jobId>`. It is started together with `submitJobUpdate`. */
export interface TrainingJobInput {
  readonly jobId: string;
}

/** What the user approved. The full specification is in the `jobs` row; money is in decimal strings of base units. */
export interface SubmitJobInput {
  readonly userId: string;
  readonly requesterAddress: string;
  readonly deviceClass: string;
  readonly amountBase: string;
  readonly pricePerHourBase: string;
  readonly deadlineAtMs: number;
}

export interface SubmitJobResult {
  readonly state: JobState;
}

export interface CancelJobInput {
  readonly by: 'user' | 'operator';
}

export interface TrainingJobResult {
  readonly jobId: string;
  readonly state: JobState;
  readonly endReason: JobEndReason;
  readonly modelCid: string | null;
  readonly testAccuracy: number | null;
}

export interface TrainingJobStatus {
  readonly state: JobState;
  readonly attempt: number;
  readonly nodeId: string | null;
  readonly waitingFor: string;
}

export const submitJobUpdate = defineUpdate<SubmitJobResult, [SubmitJobInput]>('submitJob');
/** Accepted in every state that is not an end; answers once the cancellation is under way. */
export const cancelJobUpdate = defineUpdate<SubmitJobResult, [CancelJobInput]>('cancelJob');
export const jobStatusQuery = defineQuery<TrainingJobStatus>('jobStatus');
