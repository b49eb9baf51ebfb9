import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { CyxError } from '#core/errors/cyx-error';
import type { DatasetRow, JobRow } from '#db/postgres/database';
import { findDataset } from '#db/postgres/datasets';
import type { Verifier, VerifierDeps } from './deps.ts';

export function modelKeyOf({ kms }: VerifierDeps, job: JobRow): Promise<Uint8Array> {
  return kms.unwrap(job.modelKeyWrapped, 'model-key', job.id);
}

/**
 * An object that a node put, or null where it can not be what the node says that it is: far too large, or not of this key.
 * That the object was there is checked when the node reports it: one that is missing now is the storage's fault.
 */
export async function fetchOfNode({ cloud }: VerifierDeps, { cid, key, largestBytes }: { cid: string; key: Uint8Array; largestBytes: number }): Promise<Uint8Array | null> {
  const { encryptedBytes } = await cloud.head(cid);
  if (encryptedBytes > largestBytes) return null;
  try {
    return await cloud.getBytes(cid, key);
  } catch (error) {
    // The storage checks every shard's hash, so bytes that do not open under the job's key were put so by the node.
    if (error instanceof CyxError && error.code === 'STORAGE_CORRUPT') return null;
    throw error;
  }
}

/** The data that a job was trained on, decrypted, as a file; kept for the next opinion. */
export async function fetchTrainingData(deps: Verifier, job: JobRow): Promise<string> {
  const dataset = await requireDatasetOf(deps, job);
  return deps.datasets.file(job.id, async (path) => {
    await download(deps, { cid: dataset.cid, key: await deps.kms.unwrap(dataset.keyWrapped, 'dataset-key', dataset.cid), path });
  });
}

/** The data that no node has the key of. */
export async function fetchHeldOut(deps: VerifierDeps, job: JobRow, folder: string): Promise<string> {
  const { heldOutCid, heldOutKeyWrapped } = await requireDatasetOf(deps, job);
  const path = join(folder, 'held-out.safetensors');
  await download(deps, { cid: heldOutCid, key: await deps.kms.unwrap(heldOutKeyWrapped, 'dataset-key', heldOutCid), path });
  return path;
}

async function requireDatasetOf({ db }: VerifierDeps, job: JobRow): Promise<DatasetRow> {
  const dataset = await findDataset(db, { ownerId: job.userId, cid: job.datasetCid });
  if (dataset === null) throw new CyxError('NOT_FOUND', `The dataset ${job.datasetCid} is gone`);
  return dataset;
}

/** Under its name only when it is whole. */
async function download({ cloud }: VerifierDeps, { cid, key, path }: { cid: string; key: Uint8Array; path: string }): Promise<void> {
  const partial = `${path}.part`;
  const stream = await cloud.get(cid, key);
  await pipeline(Readable.fromWeb(stream as NodeReadableStream<Uint8Array>), createWriteStream(partial, { mode: 0o600 }));
  await rename(partial, path);
}
