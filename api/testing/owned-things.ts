import { randomBytes, randomUUID } from 'node:crypto';
import { Keypair } from '@solana/web3.js';
import type { ServiceDeps } from '#api/services/deps';
import { upsertDataset } from '#db/postgres/datasets';
import { applyJobTransition, insertJob } from '#db/postgres/jobs';
import { upsertNode } from '#db/postgres/nodes';
import { receipts } from '#db/postgres/schema';

// What somebody may have, put straight into the databases: for tests of who may see it, and how it is shown.

export const STORED_CID = 'bafybeibyqyrkx66boqbutl5oktknecxgnl43cipcls3knonfmi727rdtnu';

type Deps = Pick<ServiceDeps, 'postgres' | 'kms'>;

export async function newJob({ postgres, kms }: Deps, userId: string): Promise<string> {
  const id = randomUUID();
  await insertJob(postgres.db, {
    ...{ id, userId, requestId: id, workflowId: `job-${id}`, graphJson: '{}', datasetCid: STORED_CID, deviceClass: 'cpu', deadlineMs: 60_000, deadlineAt: new Date() },
    ...{ hyperParameters: { epochs: 1, batchSize: 8, learningRate: 0.1, optimizer: 'sgd', seed: 1 }, specificationHash: 'h', requesterAddress: Keypair.generate().publicKey.toBase58(), quoteId: randomUUID() },
    ...{ amountBase: 1n, pricePerHourBase: 1n, modelKeyWrapped: await kms.wrap(randomBytes(32), 'model-key', id) },
  });
  return id;
}

export async function completedJob(deps: Deps, userId: string): Promise<string> {
  const { db } = deps.postgres;
  const jobId = await newJob(deps, userId);
  for (const event of ['submit', 'lockEscrow', 'assignNode', 'startTraining', 'complete'] as const) {
    await applyJobTransition(db, { jobId, event, transitionKey: event, patch: { modelCid: STORED_CID } });
  }
  await db.insert(receipts).values({ jobId, userId, body: '{}\n' });
  return jobId;
}

export async function storedDataset({ postgres, kms }: Deps, ownerId: string, cid = STORED_CID): Promise<void> {
  const keyWrapped = await kms.wrap(Buffer.alloc(32), 'dataset-key', cid);
  const facts = { name: 'd', samples: 1, sizeBytes: 1, sampleShape: [1], classes: 2, heldOutCid: cid, heldOutSamples: 1 };
  await upsertDataset(postgres.db, { ownerId, cid, keyWrapped, heldOutKeyWrapped: keyWrapped, ...facts });
}

export async function newNode({ postgres }: Deps, ownerId: string, machineId: string): Promise<string> {
  const id = randomUUID();
  // Unheard for long, so that it is no offer to anybody.
  await upsertNode(postgres.db, { id, ownerId, machineId, ownerAddress: 'address', deviceClass: 'cpu', deviceName: id, state: 'INACTIVE', pricePerHourBase: 1n });
  return id;
}
