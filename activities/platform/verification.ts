import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heartbeat } from '@temporalio/activity';
import { CyxError } from '#core/errors/cyx-error';
import { canonicalGraphJson } from '#core/graph/canonical';
import { countParameters } from '#core/graph/shapes';
import { parseGraph } from '#core/graph/parse';
import type { CyxCloud } from '#cyxcloud/client/types';
import { findAttempt } from '#db/postgres/attempts';
import type { Database, JobRow } from '#db/postgres/database';
import { findDataset } from '#db/postgres/datasets';
import { appendJobEvent } from '#db/postgres/events';
import { patchJob, requireJob } from '#db/postgres/jobs';
import type { Kms } from '#db/secrets/kms';
import { decodeModel } from '#engine/formats/model-file';
import { evaluateInChild } from '#engine/node/evaluate-in-child';
import type { Verdict, VerificationActivities } from './contract.ts';
import { asActivities } from './failure.ts';

export interface VerificationDeps {
  readonly db: Database;
  readonly kms: Kms;
  readonly cloud: CyxCloud;
}

const HEARTBEAT_MS = 5_000;

export function createVerificationActivities(deps: VerificationDeps): VerificationActivities {
  return asActivities<VerificationActivities>({
    verifyResult: async ({ jobId, attempt }) => {
      const beat = setInterval(() => heartbeat(), HEARTBEAT_MS);
      const folder = await mkdtemp(join(tmpdir(), 'cyxwiz-verify-'));
      try {
        const verdict = await verify(deps, { jobId, attempt, folder });
        if (verdict.valid) await patchJob(deps.db, jobId, { testAccuracy: verdict.testAccuracy, testLoss: verdict.testLoss });
        await appendJobEvent(deps.db, { jobId, kind: 'log', payload: { line: describe(verdict) }, dedupeKey: `verdict:${attempt}` });
        return verdict;
      } finally {
        clearInterval(beat);
        await rm(folder, { recursive: true, force: true });
      }
    },
  });
}

function describe(verdict: Verdict): string {
  if (!verdict.valid) return `Verification failed: ${verdict.reason}`;
  return `Verified: accuracy ${(verdict.testAccuracy * 100).toFixed(2)} %, loss ${verdict.testLoss.toFixed(4)} on the held-out data`;
}

interface Subject {
  readonly jobId: string;
  readonly attempt: number;
  readonly folder: string;
}

/**
 * The node's model must open under the job's key, be the job's graph, and give a finite loss on data that no node
 * has the key of. What the node is to blame for is an invalid verdict; everything else throws and is tried again.
 */
async function verify(deps: VerificationDeps, { jobId, attempt, folder }: Subject): Promise<Verdict> {
  const job = await requireJob(deps.db, jobId);
  const result = await findAttempt(deps.db, { jobId, attempt });
  if (result?.modelCid == null) throw new CyxError('STATE_CONFLICT', `Attempt ${attempt} of job ${jobId} has no result`);
  const model = await fetchModel(deps, job, result.modelCid);
  if (model === null) return invalid('The model can not be decrypted with the job’s key, or is far larger than its graph');
  // The job's own graph is read outside of what the node can be blamed for.
  const problem = problemOfModel(model, canonicalGraphJson(parseGraph(JSON.parse(job.graphJson))));
  if (problem !== null) return invalid(problem);
  const modelFile = join(folder, 'model.safetensors');
  await writeFile(modelFile, model);
  const heldOutFile = await fetchHeldOut(deps, job, folder);
  const evaluation = await evaluateInChild({ modelFile, datasetFile: heldOutFile }).catch((error: unknown) => {
    if (error instanceof CyxError && (error.code === 'RESULT_INVALID' || error.code === 'GRAPH_INVALID')) return error.message;
    throw error;
  });
  if (typeof evaluation === 'string') return invalid(evaluation);
  if (!Number.isFinite(evaluation.loss)) return invalid('The model gives no finite loss on the held-out data');
  return { valid: true, reason: '', testAccuracy: evaluation.accuracy, testLoss: evaluation.loss };
}

function invalid(reason: string): Verdict {
  return { valid: false, reason, testAccuracy: 0, testLoss: 0 };
}

async function fetchModel({ kms, cloud }: VerificationDeps, job: JobRow, cid: string): Promise<Uint8Array | null> {
  const key = await kms.unwrap(job.modelKeyWrapped, 'model-key', job.id);
  // That the object was there is checked when the node reports it: one that is missing now is the storage's fault.
  const { encryptedBytes } = await cloud.head(cid);
  if (encryptedBytes > largestModelBytes(job.graphJson)) return null;
  try {
    return await cloud.getBytes(cid, key);
  } catch (error) {
    // The storage checks every shard's hash, so bytes that do not open under the job's key were put so by the node.
    if (error instanceof CyxError && error.code === 'STORAGE_CORRUPT') return null;
    throw error;
  }
}

/** Weights are 4 bytes each; the rest of the file (graph, names, metrics) is small. Nothing larger is read at all. */
function largestModelBytes(graphJson: string): number {
  const { total } = countParameters(parseGraph(JSON.parse(graphJson)));
  return 2 * (total * 4 + graphJson.length) + 4 * 1024 * 1024;
}

function problemOfModel(bytes: Uint8Array, canonicalGraph: string): string | null {
  try {
    const model = decodeModel(bytes);
    return canonicalGraphJson(model.graph) === canonicalGraph ? null : 'The model is of another graph than the job’s';
  } catch (error) {
    return `The model file can not be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function fetchHeldOut({ db, kms, cloud }: VerificationDeps, job: JobRow, folder: string): Promise<string> {
  const dataset = await findDataset(db, { ownerId: job.userId, cid: job.datasetCid });
  if (dataset === null) throw new CyxError('NOT_FOUND', `The dataset ${job.datasetCid} is gone`);
  const key = await kms.unwrap(dataset.heldOutKeyWrapped, 'dataset-key', dataset.heldOutCid);
  const file = join(folder, 'held-out.safetensors');
  await writeFile(file, await cloud.getBytes(dataset.heldOutCid, key));
  return file;
}
