import { z } from 'zod';
import { datasetFields } from '#core/dataset/fields';
import { idText } from '#core/input/ids';
import { JOB_STATES } from '#core/job/machine';
import { requestIdField } from '#core/job/submission-fields';
import { transferJson } from './account.ts';
import { amountBase, instant, keyText, positiveBase } from './common.ts';
import { specificationJson } from './specification.ts';

export const quoteBody = z.object({ specification: specificationJson });
export const quoteJson = z.object({
  quote_id: z.string(),
  amount_base: amountBase,
  node_base: amountBase,
  platform_base: amountBase,
  price_per_hour_base: amountBase,
  estimated_duration_ms: z.number(),
  capable_nodes: z.int(),
  expires_at: instant,
});

/** Without a `request_id`, the `Idempotency-Key` is it. */
export const submitBody = z.object({ request_id: requestIdField.optional(), quote_id: idText('a quote'), specification: specificationJson, budget_base: positiveBase });
export const jobState = z.enum(JOB_STATES);
export const submittedJson = z.object({ job_id: z.string(), workflow_id: z.string(), state: jobState });
/** `submission` is the argument of the workflow's `submitJob` update, as it stands. */
export const preparedJson = z.object({
  job_id: z.string(),
  workflow_id: z.string(),
  task_queue: z.string(),
  submission: z.object({
    userId: z.string(),
    requesterAddress: z.string(),
    deviceClass: z.string(),
    amountBase,
    pricePerHourBase: amountBase,
    deadlineAtMs: z.number(),
  }),
});
export const cancelledJson = z.object({ state: jobState });

export const jobSummaryJson = z.object({
  job_id: z.string(),
  workflow_id: z.string(),
  state: jobState,
  amount_base: amountBase,
  attempt: z.int(),
  node_id: z.string().nullable(),
  end_reason: z.string().nullable(),
  end_message: z.string().nullable(),
  waiting_for: z.string(),
  model_cid: z.string().nullable(),
  test_accuracy: z.number().nullable(),
  created_at: instant,
  deadline_at: instant,
  ended_at: instant.nullable(),
  specification: specificationJson,
});
export const jobsJson = z.object({ jobs: z.array(jobSummaryJson), next_page_token: z.string() });

const attemptJson = z.object({
  attempt: z.int(),
  node_id: z.string().nullable(),
  claimed_at: instant.nullable(),
  assigned_at: instant.nullable(),
  started_at: instant.nullable(),
  completed_at: instant.nullable(),
  training_ms: z.number().nullable(),
  commitment_hex: z.string().nullable(),
  outcome: z.string().nullable(),
  outcome_reason: z.string().nullable(),
});
export const jobJson = jobSummaryJson.extend({
  states: z.array(z.object({ state: jobState, at: instant })),
  attempts: z.array(attemptJson),
  transfers: z.array(transferJson),
  node_account: z.string().nullable(),
  escrow_address: z.string().nullable(),
});

const progressJson = z.object({
  attempt: z.int(),
  epoch: z.int(),
  epochs: z.int(),
  step: z.int(),
  steps: z.int(),
  loss: z.number(),
  accuracy: z.number(),
  samples_per_second: z.number(),
});
/** The `data` of each server-sent event; the event's id is `event_id`, its name is `kind`. */
export const jobUpdateJson = z.discriminatedUnion('kind', [
  z.object({ event_id: z.string(), at: instant, kind: z.literal('state'), state: jobState }),
  z.object({ event_id: z.string(), at: instant, kind: z.literal('progress'), progress: progressJson }),
  z.object({ event_id: z.string(), at: instant, kind: z.literal('log'), line: z.string() }),
  z.object({ event_id: z.string(), at: instant, kind: z.literal('transfer'), transfer: transferJson }),
]);

export const modelKeyJson = z.object({ cid: z.string(), key: keyText });
export const modelJson = z.object({ job_id: z.string(), cid: z.string(), test_accuracy: z.number().nullable(), created_at: instant });
export const modelsJson = z.object({ models: z.array(modelJson), next_page_token: z.string() });

const ABOUT_CLASSES = '0 where the targets are numbers instead of class labels';
export const datasetBody = z.object({
  cid: datasetFields.cid,
  key: keyText,
  name: datasetFields.name,
  samples: datasetFields.samples,
  size_bytes: datasetFields.sizeBytes,
  sample_shape: datasetFields.sampleShape,
  classes: datasetFields.classes.describe(ABOUT_CLASSES),
  input_dtype: datasetFields.inputDtype,
  target_width: datasetFields.targetWidth,
  held_out_cid: datasetFields.heldOutCid,
  held_out_key: keyText,
  held_out_samples: datasetFields.heldOutSamples,
});
export const datasetJson = z.object({
  cid: z.string(),
  name: z.string(),
  samples: z.int(),
  held_out_samples: z.int(),
  size_bytes: z.int(),
  sample_shape: z.array(z.int()),
  classes: z.int().describe(ABOUT_CLASSES),
  /** Null where the dataset was registered before this was asked for. */
  input_dtype: datasetFields.inputDtype.unwrap().nullable(),
  target_width: z.int().nullable(),
  created_at: instant,
});
export const datasetKeyJson = z.object({ cid: z.string(), key: keyText });
export const datasetsJson = z.object({ datasets: z.array(datasetJson), next_page_token: z.string() });
