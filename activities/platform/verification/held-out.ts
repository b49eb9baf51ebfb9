import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CyxError } from '#core/errors/cyx-error';
import { canonicalGraphJson } from '#core/graph/canonical';
import { parseGraph } from '#core/graph/parse';
import { countParameters } from '#core/graph/shapes';
import type { JobRow } from '#db/postgres/database';
import { decodeModel, type TrainedModel } from '#engine/formats/model-file';
import { evaluateInChild } from '#engine/node/evaluate-in-child';
import { isNodesFault, type VerifierDeps } from './deps.ts';
import { fetchHeldOut, fetchOfNode, modelKeyOf } from './fetch.ts';
import { WrongResult } from './wrong-result.ts';

/** Room for graph, names and metrics beside the weights. */
const FILE_EXTRA_BYTES = 4 * 1024 * 1024;

export interface FetchedModel {
  readonly file: string;
  readonly model: TrainedModel;
}

/** The node's model, which must open under the job's key and be of the job's graph. @throws WrongResult */
export async function fetchModel(deps: VerifierDeps, job: JobRow, { attempt, cid, folder }: { attempt: number; cid: string; folder: string }): Promise<FetchedModel> {
  const bytes = await fetchOfNode(deps, { cid, key: await modelKeyOf(deps, job), largestBytes: largestModelBytes(job.graphJson) });
  if (bytes === null) throw new WrongResult(attempt, 'The model can not be decrypted with the job’s key, or is far larger than its graph');
  // The job's own graph is read outside of what the node can be blamed for.
  const agreed = canonicalGraphJson(parseGraph(JSON.parse(job.graphJson)));
  const model = readModel(bytes, attempt);
  if (canonicalGraphJson(model.graph) !== agreed) throw new WrongResult(attempt, 'The model is of another graph than the job’s');
  const file = join(folder, 'model.safetensors');
  await writeFile(file, bytes);
  return { file, model };
}

function readModel(bytes: Uint8Array, attempt: number): TrainedModel {
  try {
    return decodeModel(bytes);
  } catch (error) {
    throw new WrongResult(attempt, `The model file can not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Weights are 4 bytes each; the rest of the file (graph, names, metrics) is small. Nothing larger is read at all. */
function largestModelBytes(graphJson: string): number {
  const { total } = countParameters(parseGraph(JSON.parse(graphJson)));
  return 2 * (total * 4 + graphJson.length) + FILE_EXTRA_BYTES;
}

/** The model's metric on data that no node has the key of; it must be finite. @throws WrongResult */
export async function evaluateHeldOut(deps: VerifierDeps, job: JobRow, subject: { attempt: number; modelFile: string; folder: string; signal: AbortSignal }) {
  const { attempt, modelFile, folder, signal } = subject;
  const datasetFile = await fetchHeldOut(deps, job, folder);
  try {
    const { accuracy, loss } = await evaluateInChild({ modelFile, datasetFile, signal });
    if (!Number.isFinite(loss)) throw new WrongResult(attempt, 'The model gives no finite loss on the held-out data');
    return { testAccuracy: accuracy, testLoss: loss };
  } catch (error) {
    if (error instanceof CyxError && isNodesFault(error)) throw new WrongResult(attempt, error.message);
    throw error;
  }
}
