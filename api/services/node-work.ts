import { z } from 'zod';
import { createThrottle, type Allowance } from '#api/auth/throttle';
import type { NodeIdentity } from '#api/auth/tokens';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { classesAbleToServe } from '#core/hardware/device-class';
import { cidText, idText } from '#core/input/ids';
import { isTerminal, type JobState } from '#core/job/machine';
import { wrapLeaseKey } from '#cyxcloud/client/lease-keys';
import { attemptsOfJob, findAttempt, lockAttempt, markResumed, markStarted, openAttemptsOfNode, recordClaim, recordCompletion } from '#db/postgres/attempts';
import type { CheckpointRow, Database, JobAttemptRow, JobRow, NodeRow } from '#db/postgres/database';
import { latestCheckpoint, recordCheckpoint, type NewCheckpoint } from '#db/postgres/checkpoints';
import { findDataset } from '#db/postgres/datasets';
import { appendJobEvents, type NewJobEvent } from '#db/postgres/events';
import { findJob, requireJob } from '#db/postgres/jobs';
import { followJobsOfNode, lockNode, nodesForJob } from '#db/postgres/nodes';
import { refusalOf } from './claim-rules.ts';
import type { ServiceDeps } from './deps.ts';
import { createObjectDirectory } from './objects.ts';
import { keepAnswer } from './offers.ts';
import type { AttemptRef, ProgressReport, ServerNodeServices } from './node-types.ts';
import { requireDataset } from './specification.ts';

type Deps = Pick<ServiceDeps, 'postgres' | 'kms' | 'storageUrl' | 'tokens'>;
type NodeWork = Pick<ServerNodeServices, 'claim' | 'acquireLease' | 'reportProgress' | 'reportCheckpoint' | 'reportCompletion'>;

/** The trainer writes at most 5 lines a second: twice that, so that what piled up during an outage drains. */
const REPORTS_OF_ATTEMPT: Allowance = { calls: 50, windowMs: 5_000 };
const MAX_LOG_LENGTH = 500;

/** PostgreSQL stores no NUL, and nobody reads a control character: each becomes a space. */
const plainText = (maxLength: number) =>
  z
    .string()
    .max(maxLength, `must have at most ${maxLength} characters`)
    .transform((text) => text.replace(/\p{Cc}/gu, ' '));
const attemptShape = { jobId: idText('a job'), attempt: z.int().min(1).max(1_000) };
const leaseSchema = z.object({ ...attemptShape, publicKey: z.instanceof(Uint8Array), resumeBeforeStep: z.int().min(0).default(0) });
const claimSchema = z.object({ ...attemptShape, accept: z.boolean(), reason: plainText(500) });
const counter = z.int().min(0);
const progressSchema = z.object({
  ...attemptShape,
  sequence: z.bigint().min(0n),
  epoch: counter,
  epochs: counter,
  step: counter,
  steps: counter,
  loss: z.number(),
  accuracy: z.number().min(0).max(1),
  samplesPerSecond: z.number().min(0),
  log: plainText(MAX_LOG_LENGTH),
});
const hash = z.instanceof(Uint8Array).refine((bytes) => bytes.length === 32, 'must have 32 bytes');
const checkpointSchema = z.object({
  ...attemptShape,
  checkpoint: z.object({
    step: z.int().min(1),
    cid: cidText,
    sizeBytes: z.int().min(1),
    isLink: z.boolean(),
    stateHash: hash,
    epoch: counter,
    batch: counter,
    meanLoss: z.number(),
    chain: hash,
  }),
});
const completionSchema = z.object({
  ...attemptShape,
  modelCid: cidText,
  modelSizeBytes: z.int().min(1),
  commitment: z.instanceof(Uint8Array).refine((root) => root.length === 32, 'must have 32 bytes'),
  finalLoss: z.number(),
  finalAccuracy: z.number().min(0).max(1),
  trainingMs: z.int().min(0),
});

/** What a node does with a job. The node is the one of its token; what it sends is only about jobs. */
export function createNodeWork(deps: Deps): NodeWork {
  const { db } = deps.postgres;
  const objects = createObjectDirectory(deps);
  const reports = createThrottle();
  return {
    claim: async (node, input) => {
      const claim = parseInput(claimSchema, input);
      const job = await requireJob(db, claim.jobId);
      const refusal = claim.accept ? await tryClaim(db, node, claim, job) : claim.reason || 'the node refused';
      await keepAnswer(db, { ...ref(claim), nodeId: node.nodeId, accepted: refusal === null, reason: refusal ?? '' });
      return { granted: refusal === null, reason: refusal ?? '' };
    },

    acquireLease: async (node, input) => {
      const { resumeBeforeStep, publicKey, ...request } = parseInput(leaseSchema, input);
      const { job, attempt } = await requireLease(db, node, request);
      const dataset = requireDataset(await findDataset(db, { ownerId: job.userId, cid: job.datasetCid }), job.datasetCid);
      const lease = { jobId: job.id, attempt: attempt.attempt, leaseEndsAtMs: job.deadlineAt.getTime() };
      const [key, modelKey] = await Promise.all([
        deps.kms.unwrap(dataset.keyWrapped, 'dataset-key', dataset.cid).then((raw) => wrapLeaseKey(raw, publicKey, { ...lease, purpose: 'dataset' })),
        deps.kms.unwrap(job.modelKeyWrapped, 'model-key', job.id).then((raw) => wrapLeaseKey(raw, publicKey, { ...lease, purpose: 'model' })),
      ]);
      return {
        graphJson: job.graphJson,
        hyperParametersJson: JSON.stringify(job.hyperParameters),
        dataset: { cid: dataset.cid, key },
        modelKey,
        deadlineAt: job.deadlineAt,
        storageUrl: deps.storageUrl,
        checkpointEverySteps: job.checkpointEverySteps,
        resumeFrom: await whereToGoOn(db, attempt, resumeBeforeStep),
      };
    },

    reportProgress: async (node, input) => {
      const report = parseInput(progressSchema, input);
      reports.take([[`${node.nodeId} ${report.jobId} ${report.attempt}`, REPORTS_OF_ATTEMPT]]);
      const { attempt } = await requireLease(db, node, report);
      if (attempt.startedAt === null) await markStarted(db, ref(report));
      await appendJobEvents(db, eventsOf(report));
    },

    reportCheckpoint: async (node, input) => {
      const { checkpoint, ...report } = parseInput(checkpointSchema, input);
      await requireLease(db, node, report);
      // As with the model: an object that is missing later is the storage's fault and not the node's.
      if ((await objects.encryptedBytes(checkpoint.cid)) === null) {
        throw new CyxError('NOT_FOUND', `CyxCloud has no object ${checkpoint.cid}. Upload the checkpoint first, then report it.`);
      }
      await keepCheckpoint(db, node, { ...ref(report), ...checkpoint });
    },

    reportCompletion: async (node, input) => {
      const { jobId, attempt, ...completion } = parseInput(completionSchema, input);
      // Asked now, so that an object which is missing later is the storage's fault and not the node's.
      if ((await objects.encryptedBytes(completion.modelCid)) === null) {
        throw new CyxError('NOT_FOUND', `CyxCloud has no object ${completion.modelCid}. Upload the model first, then report it.`);
      }
      await recordCompletion(db, { jobId, attempt, nodeId: node.nodeId }, completion);
      // Its part is done: while the result is looked at it may take the next job.
      await followJobsOfNode(db, node.nodeId);
    },
  };
}

/** The checkpoint that an attempt is told to go on from; which it was is kept, since the work up to it is another's. */
async function whereToGoOn(db: Database, attempt: JobAttemptRow, resumeBeforeStep: number): Promise<CheckpointRow | null> {
  const replaces = resumeBeforeStep > 0;
  const checkpoint = await latestCheckpoint(db, ref(attempt), replaces ? resumeBeforeStep : undefined);
  if (replaces || attempt.resumedFromStep === null) await markResumed(db, { ...ref(attempt), step: checkpoint?.step ?? 0, replaces });
  return checkpoint;
}

async function keepCheckpoint(db: Database, node: NodeIdentity, checkpoint: NewCheckpoint): Promise<void> {
  await db.transaction(async (tx) => {
    // Asked again under the lock: an attempt that ended meanwhile leaves no checkpoint behind.
    await lockAttempt(tx, checkpoint);
    await requireLease(tx, node, checkpoint);
    await recordCheckpoint(tx, checkpoint);
  });
}

/** Null where the attempt is this node's now, else why not. The node's row is locked, so it can not claim two at once. */
async function tryClaim(db: Database, identity: NodeIdentity, claim: AttemptRef, job: JobRow): Promise<string | null> {
  return db.transaction(async (tx) => {
    const node = await lockNode(tx, identity.nodeId);
    const attempt = await findAttempt(tx, ref(claim));
    const others = (await openAttemptsOfNode(tx, node.id)).filter((row) => row.jobId !== claim.jobId || row.attempt !== claim.attempt);
    const smallerIsFree = node.deviceClass !== job.deviceClass && (await isSmallerFree(tx, node, job));
    const refusal = refusalOf({ node, job, attempt, claimed: claim.attempt, others, smallerIsFree, othersFirst: await othersFirst(tx, node, job) });
    if (refusal !== null) return refusal;
    return (await recordClaim(tx, { ...ref(claim), nodeId: node.id })) ? null : 'another node was faster';
  });
}

/** The node had the job before, and somebody else could have it. */
async function othersFirst(db: Database, node: NodeRow, job: JobRow): Promise<boolean> {
  const hadIt = (await attemptsOfJob(db, job.id)).some(({ nodeId, closedAt }) => nodeId === node.id && closedAt !== null);
  return hadIt && (await nodesForJob(db, job)).some(({ id }) => id !== node.id);
}

/** A free node that could have the job and is of a smaller class than this one. */
async function isSmallerFree(db: Database, node: NodeRow, job: JobRow): Promise<boolean> {
  const suitable = classesAbleToServe(job.deviceClass);
  const smaller = suitable.slice(0, suitable.indexOf(node.deviceClass));
  return (await nodesForJob(db, job)).some(({ state, deviceClass }) => state === 'ACTIVE' && smaller.includes(deviceClass));
}

/** The lease holds while the attempt is assigned to this node, open, and the job's current one. */
async function requireLease(db: Database, node: NodeIdentity, input: AttemptRef): Promise<{ job: JobRow; attempt: JobAttemptRow }> {
  const [job, attempt] = await Promise.all([findJob(db, input.jobId), findAttempt(db, ref(input))]);
  const isOpen = attempt !== null && attempt.nodeId === node.nodeId && attempt.assignedAt !== null && attempt.closedAt === null;
  if (job === null || !isOpen || job.attempt !== input.attempt || isTerminal(job.state as JobState)) {
    throw new CyxError('FENCED', `Attempt ${input.attempt} of job ${input.jobId} is not open for this node: stop working on it.`);
  }
  return { job, attempt };
}

function eventsOf(report: ProgressReport): NewJobEvent[] {
  const { jobId, sequence, log, ...progress } = report;
  const key = `${progress.attempt}:${sequence}`;
  const events: NewJobEvent[] = [{ jobId, kind: 'progress', payload: progress, dedupeKey: `progress:${key}` }];
  if (log !== '') events.push({ jobId, kind: 'log', payload: { line: log }, dedupeKey: `log:${key}` });
  return events;
}

function ref({ jobId, attempt }: AttemptRef): { jobId: string; attempt: number } {
  return { jobId, attempt };
}
