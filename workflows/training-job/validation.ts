import { ApplicationFailure } from '@temporalio/workflow';
import { z } from 'zod';
import { deviceClassSchema } from '#core/hardware/device-class';
import { canTransition } from '#core/job/machine';
import type { SubmitJobInput } from './messages.ts';
import type { JobProcess } from './process.ts';

const amountBase = z.string().regex(/^[1-9]\d{0,19}$/, 'must be a positive amount in base units');

/** A workflow can be started by an integrator's own code, so it checks its input itself. */
const submissionSchema = z.strictObject({
  userId: z.string().min(1).max(100),
  requesterAddress: z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'must be a Solana address'),
  deviceClass: deviceClassSchema,
  amountBase,
  pricePerHourBase: amountBase,
  deadlineAtMs: z.number().int().positive(),
});

function reject(type: string, message: string): never {
  throw ApplicationFailure.create({ type, message, nonRetryable: true });
}

/** Runs before anything is written to history: a refused submission leaves no trace. */
export function validateSubmission(job: JobProcess, submission: SubmitJobInput): void {
  const parsed = submissionSchema.safeParse(submission);
  if (!parsed.success) {
    reject('INVALID_INPUT', parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  }
  if (parsed.data.deadlineAtMs <= Date.now()) reject('DEADLINE_EXCEEDED', 'The deadline has passed already');
  if (job.submission !== undefined) reject('STATE_CONFLICT', 'The job was submitted already');
}

export function validateCancel(job: JobProcess): void {
  if (!canTransition(job.state, 'cancel')) reject('STATE_CONFLICT', `The job is ${job.state} already`);
  if (job.settling) reject('STATE_CONFLICT', 'The result is verified and its payment is on the way, so the job can no longer be cancelled');
}
