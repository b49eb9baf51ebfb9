import { randomUUID } from 'node:crypto';
import { Client, WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { parseRunKey } from '#activities/node/run-key';
import { createNodeSlot } from '#activities/node/slot';
import { createNodeFleet } from '#activities/node/workers';
import { nodeQueue } from '#temporal/contract/queues';
import { startBenchChild } from '../child.ts';
import {
  BARE_CAPABILITY_QUEUE,
  BARE_PLATFORM_QUEUE,
  BARE_UPDATE,
  BARE_VERIFIER_QUEUE,
  BARE_WORKFLOW_TYPE,
  type BareInput,
  type BareVerifierActivities,
} from './bare-contract.ts';
import type { CleanUp } from './clean-up.ts';
import { LOG, type Started } from './noop-nodes.ts';
import type { JobParts } from './platform.ts';
import { connectDirectly } from './runtime.ts';
import type { Submission } from './submission.ts';

/** The bare workflow with all its workers, on the platform's own Temporal server. */
export interface Bare {
  readonly started: Started;
  submit(): Promise<Submission>;
}

/** As many nodes as the platform has, with the same slots and workers, but straight on the server. */
export async function startBare({ stack, temporal, direct }: JobParts, nodes: number, cleanUp: CleanUp): Promise<Bare> {
  const started: Started = new Map();
  const worker = await startBenchChild(['bare-worker'], { ...process.env, ...stack.env });
  cleanUp.add(() => worker.stop());
  const verifier = await Worker.create({
    connection: direct,
    taskQueue: BARE_VERIFIER_QUEUE,
    activities: { verifyResult: async () => undefined } satisfies BareVerifierActivities,
  });
  const verifying = verifier.run();
  cleanUp.add(async () => {
    verifier.shutdown();
    await verifying;
  });
  const { address, namespace } = stack.config.temporal;
  await Promise.all(Array.from({ length: nodes }, () => startBareNode({ address, namespace, started }, cleanUp)));
  // Bare is also without encryption: what that costs is the platform's.
  const plain = new Client({ connection: temporal.connection, namespace });
  return { started, submit: () => submitBare(plain) };
}

async function startBareNode({ address, namespace, started }: { address: string; namespace: string; started: Started }, cleanUp: CleanUp): Promise<void> {
  const nodeId = `bare-${randomUUID()}`;
  const slot = createNodeSlot();
  // One connection each: the SDK lets no two workers of one connection poll the same queue.
  const connection = await connectDirectly(address);
  cleanUp.add(() => connection.close());
  const fleet = createNodeFleet({
    connection,
    namespace,
    nodeId,
    slot,
    log: LOG,
    activities: {
      // The bare workflow knows no attempts; the slot wants one.
      claimJob: async ({ jobId }) => {
        if (!slot.claim(parseRunKey({ jobId, attempt: 1 }))) throw new Error('busy');
        return { nodeId };
      },
      startTraining: async ({ jobId }) => {
        started.set(jobId, performance.now());
        slot.start(parseRunKey({ jobId, attempt: 1 }));
        return { resumedFromStep: 0 };
      },
      awaitTraining: async ({ jobId }) => {
        slot.release(parseRunKey({ jobId, attempt: 1 }));
        return { reported: true };
      },
    },
  });
  cleanUp.add(() => fleet.stop());
  await fleet.setQueues([nodeQueue(nodeId), BARE_CAPABILITY_QUEUE]);
}

async function submitBare(temporal: Client): Promise<Submission> {
  const jobId = randomUUID();
  const input: BareInput = { jobId };
  const submittedMs = performance.now();
  const startWorkflowOperation = new WithStartWorkflowOperation(BARE_WORKFLOW_TYPE, {
    workflowId: `bare-${jobId}`,
    taskQueue: BARE_PLATFORM_QUEUE,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  await temporal.workflow.executeUpdateWithStart(BARE_UPDATE, { startWorkflowOperation, args: [input], updateId: jobId });
  const acknowledgedMs = performance.now();
  const handle: WorkflowHandle = temporal.workflow.getHandle(`bare-${jobId}`);
  return { jobId, handle, submittedMs, acknowledgedMs };
}
