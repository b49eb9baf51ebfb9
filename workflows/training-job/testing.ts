import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { CancelledFailure, Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { PublicKey } from '@solana/web3.js';
import { Worker } from '@temporalio/worker';
import { eq } from 'drizzle-orm';
import { CLAIM_REFUSED, type NodeActivities } from '#activities/node/contract';
import type { Chain } from '#activities/platform/chain/chain';
import type { Opinion, OpinionRequest, Verdict } from '#activities/platform/contract';
import { createEscrowActivities } from '#activities/platform/escrow/activities';
import { createJobActivities } from '#activities/platform/jobs';
import { managedSigner } from '#activities/platform/chain/managed-signer';
import { sendOnce } from '#activities/platform/chain/send-once';
import { projectNodeAccount } from '#activities/platform/node-projection';
import { createReceiptActivities } from '#activities/platform/receipt';
import type { World } from '#activities/platform/testing/world';
import { createDrawActivities } from '#activities/platform/verification/draw';
import { createOpinionBook } from '#activities/platform/verification/opinions';
import { DRAW_AFTER_SLOTS } from '#core/verification/draw';
import { type AttemptKey, openAttempt, recordClaim, recordCompletion } from '#db/postgres/attempts';
import { recordCheckpoint } from '#db/postgres/checkpoints';
import { jobAttempts } from '#db/postgres/schema';
import { requireNode } from '#db/postgres/nodes';
import { findJob } from '#db/postgres/jobs';
import { MIN_STAKE_BASE } from '#core/money/split';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { topUpStakeInstruction } from '#programs/clients/ts/node-registry';
import { findNodePda } from '#programs/clients/ts/pda';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { capabilityQueue, nodeQueue, PLATFORM_QUEUE, verifierQueue } from '#temporal/contract/queues';
import { keepHistory } from '../testing/histories.ts';
import { RUN_TIMEOUT, startTestPlatform } from '../testing/platform.ts';
import { submitJobUpdate, type SubmitJobInput, type TrainingJobResult } from './messages.ts';

/**
 * A job's world under test: workflow, platform activities, database and chain are the real ones. The provider (a
 * stranger anyway) and the verdict are scripted, since these two are what a test has to steer.
 */
export interface Scenario {
  readonly env: TestWorkflowEnvironment;
  readonly world: World;
  newJob(options?: { deadlineMs?: number; amount?: string }): Promise<{ jobId: string; address: string; submission: SubmitJobInput }>;
  submit(job: { jobId: string; submission: SubmitJobInput }, updateId?: string): Promise<WorkflowHandle>;
  /** Registers a node whose owner is somebody else, and lets it behave as told until the returned call. */
  provider(behaviour: Behaviour): Promise<{ nodeId: string; account: string; ownerAddress: string; leave(): Promise<void> }>;
  /** What the verifiers will say, in this order; `VALID` once there is nothing left. */
  readonly verdicts: (Verdict | 'no verdict')[];
  /** Has it that the first attempt's node was given the job this long (ms) before the deadline. */
  setTimeHad(jobId: string, ms: number): Promise<void>;
  /** The secrets of attempts that are assigned from now on are lost before the draw. */
  loseSecrets(isLost?: boolean): void;
  /** Fills a node's stake up to 100 CYXWIZ again, as its owner can. */
  topUp(nodeId: string): Promise<void>;
  close(): Promise<void>;
}

/** What a provider does with each job it is offered. `hang`: works on until it is cancelled. */
export type Behaviour = 'honest' | 'silent after the claim' | 'hangs in start' | 'hangs in training' | 'ignores the stop' | 'delivers, but never answers' | 'diverges' | 'gives up' | 'gives up after a checkpoint';

const VALID: Verdict = { valid: true, reason: '', blamedAttempt: null, testAccuracy: 0.97, testLoss: 0.1 };

/** Wrong work of this attempt. */
export function wrong(blamedAttempt = 1): Verdict {
  return { valid: false, reason: 'steps 1 to 5 give another state', blamedAttempt, testAccuracy: 0, testLoss: 0 };
}

export async function createScenario(testServer: string): Promise<Scenario> {
  const verdicts: (Verdict | 'no verdict')[] = [];
  let secretsAreLost = false;
  const platform = await startTestPlatform(testServer, ({ postgres: { db }, kms, chain }) => {
    const draws = createDrawActivities({ db, kms, chain });
    return {
      ...createJobActivities({ db, countModel: async () => undefined }),
      ...createEscrowActivities({ db, kms, chain }),
      ...createOpinionBook({ db }),
      ...createReceiptActivities({ db, chain }),
      drawSegments: async (input: AttemptKey) => {
        await skipSlots(chain);
        if (secretsAreLost) await db.update(jobAttempts).set({ drawSecretWrapped: null }).where(eq(jobAttempts.jobId, input.jobId));
        return draws.drawSegments(input);
      },
    };
  });
  const { env, world } = platform;
  const verifierOf = (instructionSet: string) => ({
    giveOpinion: async ({ opinion, notBy }: OpinionRequest): Promise<Opinion> => {
      const verdict = verdicts.shift() ?? VALID;
      if (verdict === 'no verdict') throw ApplicationFailure.nonRetryable('the model can not be opened', 'INTERNAL');
      return { ...verdict, opinion, verifierId: `verifier${instructionSet}-${notBy.length + 1}`, segments: 0, steps: 0, tookMs: 1 };
    },
  });
  await platform.alsoRun(verifierQueue('cpu'), verifierOf(''));
  await platform.alsoRun(verifierQueue('cpu', 'avx512'), verifierOf('-avx512'));
  return {
    env,
    world,
    verdicts,
    loseSecrets: (isLost = true) => {
      secretsAreLost = isLost;
    },
    setTimeHad: async (jobId, ms) => {
      const { deadlineAt } = (await findJob(world.postgres.db, jobId))!;
      await world.postgres.db.update(jobAttempts).set({ assignedAt: new Date(deadlineAt.getTime() - ms) }).where(eq(jobAttempts.jobId, jobId));
    },
    topUp: (nodeId) => topUp(world, nodeId),
    newJob: async ({ deadlineMs = 600_000, amount = '50' } = {}) => {
      const user = await world.newUser();
      // By the test server's clock, which runs ahead of ours once it has skipped.
      const jobId = await world.newJob(user, { amount, deadlineMs, now: await env.currentTimeMs() });
      const row = (await findJob(world.postgres.db, jobId))!;
      const submission = {
        userId: user.userId,
        requesterAddress: user.address,
        deviceClass: 'cpu',
        amountBase: row.amountBase.toString(),
        pricePerHourBase: row.pricePerHourBase.toString(),
        deadlineAtMs: row.deadlineAt.getTime(),
      };
      return { jobId, address: user.address, submission };
    },
    submit: ({ jobId, submission }, updateId = randomUUID()) => submit(env, jobId, submission, updateId),
    provider: (behaviour) => startProvider(env, world, behaviour),
    close: () => platform.close(),
  };
}

/** The localnet's slots follow the wall clock, which the test server does not wait for. */
async function skipSlots({ connection }: Chain): Promise<void> {
  const request = { jsonrpc: '2.0', id: 1, method: 'cyxwizWarpClock', params: [{ seconds: 0, slots: Number(DRAW_AFTER_SLOTS) }] };
  await fetch(connection.rpcEndpoint, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) });
}

/** Start and update in two calls: the time-skipping server has no Update-with-Start (the real one is tested with it). */
async function submit(env: TestWorkflowEnvironment, jobId: string, submission: SubmitJobInput, updateId: string): Promise<WorkflowHandle> {
  const handle = await env.client.workflow.start(WORKFLOW_TYPES.job, {
    workflowId: workflowIds.job(jobId),
    taskQueue: PLATFORM_QUEUE,
    args: [{ jobId }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowRunTimeout: RUN_TIMEOUT,
  });
  await handle.executeUpdate(submitJobUpdate, { args: [submission], updateId });
  return handle;
}

async function startProvider(env: TestWorkflowEnvironment, world: World, behaviour: Behaviour) {
  const node = await world.newNode();
  const left = new AbortController();
  const activities = providerActivities(world, node.nodeId, behaviour, left.signal);
  const queues = [
    { taskQueue: capabilityQueue('cpu'), activities: { claimJob: activities.claimJob } },
    ...(behaviour === 'silent after the claim'
      ? []
      : [{ taskQueue: nodeQueue(node.nodeId), activities: { startTraining: activities.startTraining, awaitTraining: activities.awaitTraining } }]),
  ];
  const workers = await Promise.all(queues.map((queue) => Worker.create({ connection: env.nativeConnection, ...queue, shutdownGraceTime: '1 s' })));
  const running = workers.map((worker) => worker.run());
  return {
    ...node,
    leave: async () => {
      left.abort();
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
    },
  };
}

function providerActivities(world: World, nodeId: string, behaviour: Behaviour, left: AbortSignal): NodeActivities {
  const { db } = world.postgres;
  return {
    claimJob: async ({ jobId, attempt }) => {
      // As the platform's ClaimJob would: a slashed node gets nothing.
      if ((await requireNode(db, nodeId)).state === 'SLASHED') throw ApplicationFailure.retryable('slashed', CLAIM_REFUSED);
      await openAttempt(db, { jobId, attempt });
      await recordClaim(db, { jobId, attempt, nodeId });
      return { nodeId };
    },
    startTraining: async () => {
      if (behaviour === 'hangs in start') await hang();
      return { resumedFromStep: 0 };
    },
    awaitTraining: async ({ jobId, attempt }) => {
      if (behaviour === 'hangs in training') await hang();
      if (behaviour === 'ignores the stop') await ignoreEverything(left);
      if (behaviour === 'diverges') throw ApplicationFailure.nonRetryable('the loss became NaN at step 3', 'TRAINING_DIVERGED');
      if (behaviour === 'gives up after a checkpoint') {
        const hash = new Uint8Array(32).fill(attempt);
        await recordCheckpoint(db, { jobId, attempt, step: 5, cid: 'bafybeicheckpoint', sizeBytes: 1, isLink: true, stateHash: hash, epoch: 0, batch: 5, meanLoss: 1, chain: hash });
        throw ApplicationFailure.nonRetryable('the owner drains the node', 'NODE_NOT_ELIGIBLE');
      }
      if (behaviour === 'gives up') throw ApplicationFailure.nonRetryable('the disk is full', 'TRAINING_FAILED');
      await recordCompletion(
        db,
        { jobId, attempt, nodeId },
        { modelCid: `bafybei${jobId}`, modelSizeBytes: 10, commitment: new Uint8Array(32).fill(7), finalLoss: 0.1, finalAccuracy: 0.9, trainingMs: 5 },
      );
      if (behaviour === 'delivers, but never answers') await ignoreEverything(left);
      return { reported: true };
    },
  };
}

/** Goes on whatever it is told, as a hostile node may, until the test ends. */
async function ignoreEverything(left: AbortSignal): Promise<void> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 200);
  context.cancelled.catch(() => undefined);
  await new Promise<void>((done) => left.addEventListener('abort', () => done()));
  clearInterval(beat);
}

/** Works until it is told to stop. */
async function hang(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 200);
  try {
    return await (context.cancelled);
  } catch {
    throw new CancelledFailure('stopped');
  } finally {
    clearInterval(beat);
  }
}

/** The history of a child that has ended, in a run that records. */
export async function keepChild({ env }: Scenario, workflowId: string, path: string): Promise<void> {
  await keepHistory(env.client.workflow.getHandle(workflowId), path);
}

/** What a slashed node's owner does: brings the stake back to 100 CYXWIZ. */
async function topUp({ postgres: { db }, chain, kms }: World, nodeId: string): Promise<void> {
  const node = await requireNode(db, nodeId);
  const account = findNodePda(uuidToBytes(nodeId)).address;
  const missingBase = MIN_STAKE_BASE - (await chain.node(account))!.stakeBase;
  if (missingBase <= 0n) return;
  const owner = new PublicKey(node.ownerAddress);
  const { mint } = await chain.deployment();
  const instruction = topUpStakeInstruction({ owner, node: account, amountBase: missingBase, mint });
  const signers = [await managedSigner({ db, kms }, owner, [instruction])];
  await sendOnce(chain, db, { key: `${nodeId}/top-up/${randomUUID()}`, build: async () => ({ instructions: [instruction], signers }) });
  await projectNodeAccount({ db, chain }, nodeId);
}

/** Waits for the end; the history is kept as `training-job/<path>` in a run that records. */
export async function resultOf(handle: WorkflowHandle, path: string): Promise<TrainingJobResult> {
  const result = (await handle.result()) as TrainingJobResult;
  await keepHistory(handle, `training-job/${path}`);
  return result;
}
