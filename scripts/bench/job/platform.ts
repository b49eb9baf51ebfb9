import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Worker, type NativeConnection } from '@temporalio/worker';
import { createCyxWizClient, type CyxWizClient, type Specification } from '#api/client/node';
import type { Opinion, OpinionRequest, Verdict } from '#activities/platform/contract';
import type { Config } from '#core/config/config';
import { connectPostgres, type Postgres } from '#db/postgres/connect';
import { encodeDataset, firstSamples, type Dataset } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';
import { createTemporalClient } from '#temporal/client/connect';
import { openDataConverter } from '#temporal/codec/data-converter';
import { verifierQueue } from '#temporal/contract/queues';
import type { Stack } from '../../stack/start-stack.ts';
import { NOOP_INSTRUCTION_SET } from './noop-nodes.ts';
import { temporaryStack } from '../../test/temporary-stack.ts';
import type { Say } from '../report.ts';
import { createCleanUp } from './clean-up.ts';
import { connectDirectly } from './runtime.ts';
import type { Submission } from './submission.ts';

/** The platform under measurement, with a user who can pay and a dataset to train on. */
export interface JobParts {
  readonly stack: Stack;
  readonly temporal: Client;
  /** Straight to the server, for workers that are no strangers. */
  readonly direct: NativeConnection;
  readonly postgres: Postgres;
  readonly client: CyxWizClient;
  readonly training: Dataset;
  readonly datasetCid: string;
  readonly graphJson: string;
  close(): Promise<void>;
}

const FUNDED_WITHIN_MS = 60_000;
/** The no-op jobs never look at it, and the measured trainings need no more. */
const HELD_OUT_SAMPLES = 200;

/** A whole platform without a real node and verifier: those are started where a training is measured. */
export async function startPlatform(say: Say): Promise<JobParts> {
  say('starting a platform of its own');
  const temporary = await temporaryStack(['postgres', 'mongo', 'temporal', 'localnet', 'storage', 'api', 'platform']);
  const { stack } = temporary;
  const { config } = stack;
  const cleanUp = createCleanUp();
  cleanUp.add(() => temporary.remove());
  try {
    const temporal = await createTemporalClient(config.temporal);
    cleanUp.add(() => temporal.connection.close());
    const direct = await connectDirectly(config.temporal.address);
    cleanUp.add(() => direct.close());
    const postgres = connectPostgres({ url: config.databaseUrl, maxConnections: 10, onError: () => undefined });
    cleanUp.add(() => postgres.close());
    const { client, training, datasetCid } = await newCustomer(config);
    cleanUp.add(() => client.close());
    const graphJson = await readFile(new URL('../../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8');
    return { stack, temporal, direct, postgres, client, training, datasetCid, graphJson, close: () => cleanUp.run() };
  } catch (error) {
    await cleanUp.run();
    throw error;
  }
}

/** A user of their own, who can pay and has a dataset. */
export async function newCustomer({ publicUrls, storageUrl }: Config): Promise<Pick<JobParts, 'client' | 'training' | 'datasetCid'>> {
  const client = createCyxWizClient({ httpUrl: publicUrls.web, grpcUrl: publicUrls.grpc, storageUrl });
  try {
    await signUp(client);
    return { client, ...(await storeDigits(client)) };
  } catch (error) {
    client.close();
    throw error;
  }
}

async function signUp(client: CyxWizClient): Promise<void> {
  const name = `bench-${randomBytes(4).toString('hex')}`;
  await client.auth.register({ email: `${name}@example.com`, username: name, password: randomBytes(18).toString('base64url') });
  for (const giveUpAtMs = Date.now() + FUNDED_WITHIN_MS; ((await client.wallet())?.balanceBase ?? 0n) === 0n; await delay(100)) {
    if (Date.now() > giveUpAtMs) throw new Error('The requester’s wallet did not get its credit within a minute');
  }
}

async function storeDigits(client: CyxWizClient): Promise<{ training: Dataset; datasetCid: string }> {
  const { training, heldOut } = await loadDigits();
  const { cid } = await client.data.put({
    train: encodeDataset(training),
    heldOut: encodeDataset(firstSamples(heldOut, HELD_OUT_SAMPLES)),
    meta: { name: 'digits', samples: training.samples, heldOutSamples: HELD_OUT_SAMPLES, sampleShape: training.shape, classes: training.classes },
  });
  return { training, datasetCid: cid };
}

/** A job that a no-op node takes: what it asks for is never trained. */
export function noopSpecification({ graphJson, datasetCid }: JobParts): Specification {
  const hyperParameters = { epochs: 1, batchSize: 64, learningRate: 0.002, optimizer: 'adam', seed: 1 } as const;
  return { graphJson, datasetCid, hyperParameters, deviceClass: 'cpu', deadlineMs: 10 * 60_000 };
}

/** Asks for a quote, which is not part of the time, and gives the call that submits by it. */
export async function prepareSubmit({ client, temporal }: JobParts, specification: Specification): Promise<() => Promise<Submission>> {
  const { quoteId, amountBase } = await client.quote(specification);
  return async () => {
    const submittedMs = performance.now();
    const { jobId, workflowId } = await client.submit({ requestId: randomUUID(), quoteId, specification, budgetBase: amountBase });
    const acknowledgedMs = performance.now();
    return { jobId, handle: temporal.workflow.getHandle(workflowId), submittedMs, acknowledgedMs };
  };
}

/** The no-op jobs' verifier: finds every result valid without looking at it. */
export async function startNoopVerifier({ direct, stack }: Pick<JobParts, 'direct' | 'stack'>): Promise<{ stop(): Promise<void> }> {
  const verdict: Verdict = { valid: true, reason: '', blamedAttempt: null, testAccuracy: 1, testLoss: 0 };
  const giveOpinion = async ({ opinion }: OpinionRequest): Promise<Opinion> => ({ ...verdict, opinion, verifierId: 'no-op', segments: 0, steps: 0, tookMs: 0 });
  const worker = await Worker.create({ connection: direct, taskQueue: verifierQueue('cpu', NOOP_INSTRUCTION_SET), dataConverter: openDataConverter(stack.config.temporal.privacy), activities: { giveOpinion } });
  const running = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await running;
    },
  };
}
