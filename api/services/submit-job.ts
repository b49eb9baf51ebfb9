import { randomBytes } from 'node:crypto';
import { WithStartWorkflowOperation, WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { totalSteps } from '#core/graph/hyper-parameters';
import { countFlops, countParameters } from '#core/graph/shapes';
import { SUBSCRIPTIONS } from '#core/identity/subscriptions';
import { idText } from '#core/input/ids';
import { requestIdField } from '#core/job/submission-fields';
import { formatCyxwiz } from '#core/money/amount';
import { checkpointEverySteps, stateBytesOf } from '#core/verification/checkpoint-plan';
import { subscriptionOf } from '#db/mongo/users';
import type { Database, JobRow, QuoteRow } from '#db/postgres/database';
import { findDataset } from '#db/postgres/datasets';
import { applyJobTransition, findJob, insertJob } from '#db/postgres/jobs';
import { getQuote } from '#db/postgres/quotes';
import { findWallet } from '#db/postgres/wallets';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { DEVICE_CLASS, JOB_STATE, USER_ID } from '#temporal/contract/search-attributes';
import { submitJobUpdate, type SubmitJobInput, type TrainingJobInput } from '#workflows/training-job/messages';
import type { ServiceDeps } from './deps.ts';
import { requireAffordableNode, requireCapableNodes } from './market.ts';
import { checkDatasetFits, checkSpecification, jobIdFor, requireDataset, type CheckedSpecification } from './specification.ts';
import { fromTemporalError } from './temporal-errors.ts';
import type { Actor, Services } from './types.ts';

type Deps = Pick<ServiceDeps, 'postgres' | 'mongo' | 'chain' | 'kms' | 'temporal'>;
type SubmitInput = Parameters<Services['jobs']['submit']>[1];

const submitSchema = z.object({
  requestId: requestIdField,
  quoteId: idText('a quote'),
  budgetBase: z.bigint().positive('must be above 0'),
});

/** What starting the workflow needs of a job's row. */
type StartableJob = Pick<
  JobRow,
  | 'id'
  | 'userId'
  | 'requestId'
  | 'workflowId'
  | 'state'
  | 'specificationHash'
  | 'quoteId'
  | 'deviceClass'
  | 'amountBase'
  | 'pricePerHourBase'
  | 'requesterAddress'
  | 'deadlineAt'
>;

/** The answer to an accepted submission, the same whenever it is asked for again. */
interface Submitted {
  readonly jobId: string;
  readonly workflowId: string;
  readonly state: 'QUEUED';
}

/** Everything is checked before the row exists; from the row on, the job is carried to an end. */
export async function submitJob(deps: Deps, actor: Actor, input: SubmitInput): Promise<Submitted> {
  const job = await ensureJob(deps, actor, input);
  if (job.state === 'CREATED') await startWorkflow(deps, job);
  return { jobId: job.id, workflowId: job.workflowId, state: 'QUEUED' };
}

/** The same checks and the same row, but the caller starts `trainingJobWorkflow` with their own Temporal client. */
export async function prepareJob(
  deps: Deps,
  actor: Actor,
  input: SubmitInput,
): Promise<{ jobId: string; workflowId: string; taskQueue: string; submission: SubmitJobInput }> {
  const job = await ensureJob(deps, actor, input);
  if (job.state !== 'CREATED') throw new CyxError('STATE_CONFLICT', `The job ${job.id} was submitted already.`, { facts: { jobId: job.id } });
  return { jobId: job.id, workflowId: job.workflowId, taskQueue: PLATFORM_QUEUE, submission: submissionOf(job) };
}

/** The row of this request: a new one once everything was checked, or the one that an earlier call made. */
async function ensureJob(deps: Deps, actor: Actor, input: SubmitInput): Promise<StartableJob> {
  const { requestId, quoteId, budgetBase } = parseInput(submitSchema, input);
  const specification = checkSpecification(input.specification);
  const jobId = jobIdFor(actor.userId, requestId);
  const { db } = deps.postgres;
  // Asked together: the checks are about a hit or a miss on the same few pages, the balance is one call of the chain.
  const reads = Promise.all([
    getQuote(db, quoteId),
    findDataset(db, { ownerId: actor.userId, cid: specification.datasetCid }),
    requesterWallet(deps, actor.userId),
    requireCapableNodes(db, { userId: actor.userId, deviceClass: specification.deviceClass }),
    subscriptionOf(deps.mongo, actor.userId),
  ]);
  reads.catch(() => undefined);
  const known = await findJob(db, jobId);
  if (known !== null) return sameRequest(known, specification, requestId);

  const [foundQuote, foundDataset, wallet, nodes, subscription] = await reads;
  const quote = checkQuote(foundQuote, actor, specification);
  const dataset = requireDataset(foundDataset, specification.datasetCid);
  checkDatasetFits(specification.graph, dataset);
  checkMoney(quote, budgetBase, wallet.balanceBase);
  requireAffordableNode(nodes, quote);
  const row = {
    id: jobId,
    userId: actor.userId,
    requestId,
    workflowId: workflowIds.job(jobId),
    graphJson: specification.graphJson,
    datasetCid: specification.datasetCid,
    hyperParameters: specification.hyperParameters,
    deviceClass: specification.deviceClass,
    deadlineMs: specification.deadlineMs,
    quoteId,
    specificationHash: specification.hash,
    amountBase: quote.amountBase,
    pricePerHourBase: quote.pricePerHourBase,
    estimatedDurationMs: quote.estimatedDurationMs,
    checkpointEverySteps: linkInterval(specification, dataset.samples),
    requesterAddress: wallet.address,
    modelKeyWrapped: await deps.kms.wrap(randomBytes(32), 'model-key', jobId),
    deadlineAt: new Date(Date.now() + specification.deadlineMs),
  };
  const { maxOpenJobs } = SUBSCRIPTIONS[subscription];
  const inserted = await insertJob(db, row, maxOpenJobs);
  if (inserted === 'created') return { ...row, state: 'CREATED' };
  // Where there is no room for one more, the same request may have taken the last of it a moment ago.
  const earlier = await findJob(db, jobId);
  if (earlier === null) throw tooManyOpenJobs(maxOpenJobs);
  return sameRequest(earlier, specification, requestId);
}

function tooManyOpenJobs(maxOpenJobs: number): CyxError {
  return new CyxError('LIMIT_REACHED', `You have ${maxOpenJobs} jobs that have not ended, as many as your subscription allows. Wait until one ends, or cancel one; nothing was locked.`, {
    facts: { maxOpenJobs: String(maxOpenJobs) },
  });
}

/** Set once, since the interval is part of what every attempt at the job commits to. */
function linkInterval({ graph, hyperParameters }: CheckedSpecification, samples: number): number {
  return checkpointEverySteps({
    totalSteps: totalSteps(samples, hyperParameters),
    stateBytes: stateBytesOf(countParameters(graph), hyperParameters.optimizer),
    flopsPerStep: 3 * countFlops(graph) * Math.min(hyperParameters.batchSize, samples),
  });
}

/**
 * A request id belongs to one job for ever: for another training it is refused. A newer quote for the same one changes
 * nothing, since the job keeps the price that it was submitted at: who repeats a request whose answer was lost asks for a
 * quote first, as the first time.
 */
function sameRequest(job: JobRow, specification: CheckedSpecification, requestId: string): JobRow {
  if (job.specificationHash !== specification.hash) {
    throw new CyxError('ALREADY_EXISTS', `The request id "${requestId}" already belongs to another job (${job.id}). Use a new request id for a new job.`, {
      facts: { jobId: job.id },
    });
  }
  return job;
}

function submissionOf(job: StartableJob): SubmitJobInput {
  return {
    userId: job.userId,
    requesterAddress: job.requesterAddress,
    deviceClass: job.deviceClass,
    amountBase: job.amountBase.toString(),
    pricePerHourBase: job.pricePerHourBase.toString(),
    deadlineAtMs: job.deadlineAt.getTime(),
  };
}

async function startWorkflow(deps: Deps, job: StartableJob): Promise<void> {
  try {
    await updateWithStart(deps.temporal, job, submissionOf(job));
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw fromTemporalError(error);
    await refuseUnsubmitted(deps.postgres.db, job.id);
  }
}

function updateWithStart(temporal: Client, job: StartableJob, submission: SubmitJobInput): Promise<unknown> {
  const input: TrainingJobInput = { jobId: job.id };
  const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW_TYPES.job, {
    workflowId: job.workflowId,
    taskQueue: PLATFORM_QUEUE,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    typedSearchAttributes: [
      { key: JOB_STATE, value: 'CREATED' },
      { key: USER_ID, value: job.userId },
      { key: DEVICE_CLASS, value: job.deviceClass },
    ],
    staticSummary: `Training on ${job.deviceClass} for ${formatCyxwiz(job.amountBase)} CYXWIZ`,
  });
  return temporal.workflow.executeUpdateWithStart(submitJobUpdate, { startWorkflowOperation, args: [submission], updateId: job.requestId });
}

/**
 * The workflow of this job is over. Either it was carried out meanwhile, or it ended by itself because no submission
 * reached it in time: then the job is over too, and nothing was locked.
 */
async function refuseUnsubmitted(db: Database, jobId: string): Promise<void> {
  const now = await findJob(db, jobId);
  if (now === null || now.state !== 'CREATED') return;
  await applyJobTransition(db, { jobId, event: 'fail', transitionKey: 'notSubmitted', patch: { endReason: 'NOT_SUBMITTED' } });
  throw new CyxError('STATE_CONFLICT', 'This submission was not accepted in time; nothing was locked. Submit the job again with a new request id.');
}

async function requesterWallet(deps: Deps, userId: string): Promise<{ address: string; balanceBase: bigint }> {
  const wallet = await findWallet(deps.postgres.db, userId);
  if (wallet === null) {
    throw new CyxError('INSUFFICIENT_FUNDS', 'You have no wallet yet. It is made within seconds of signing up: try again in a moment.');
  }
  return { address: wallet.address, balanceBase: await deps.chain.balanceBase(wallet.address) };
}

function checkQuote(quote: QuoteRow | null, actor: Actor, specification: CheckedSpecification): QuoteRow {
  if (quote === null || quote.userId !== actor.userId) {
    throw new CyxError('NOT_FOUND', 'You have no such quote. Ask for one first.');
  }
  if (quote.specificationHash !== specification.hash) {
    throw new CyxError('UNPROCESSABLE', 'The quote was made for another job. Ask for a quote for exactly this one.', {
      fields: [{ path: 'quote_id', message: 'is for another specification' }],
    });
  }
  if (quote.expiresAt.getTime() <= Date.now()) {
    throw new CyxError('QUOTE_EXPIRED', 'The quote has expired. Ask for a new one; nothing was locked.');
  }
  return quote;
}

function checkMoney(quote: QuoteRow, budgetBase: bigint, balanceBase: bigint): void {
  if (budgetBase < quote.amountBase) {
    throw new CyxError(
      'BUDGET_BELOW_QUOTE',
      `The job costs ${formatCyxwiz(quote.amountBase)} CYXWIZ, but your budget is ${formatCyxwiz(budgetBase)}. Raise the budget, or shorten the deadline and ask for a new quote.`,
      { facts: { quotedBase: quote.amountBase.toString(), budgetBase: budgetBase.toString() } },
    );
  }
  if (balanceBase < quote.amountBase) {
    throw new CyxError(
      'INSUFFICIENT_FUNDS',
      `The job locks ${formatCyxwiz(quote.amountBase)} CYXWIZ, but your wallet holds ${formatCyxwiz(balanceBase)}. Add CYXWIZ to it first.`,
      { facts: { requiredBase: quote.amountBase.toString(), balanceBase: balanceBase.toString() } },
    );
  }
}
