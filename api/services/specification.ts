import { createHash } from 'node:crypto';
import { v5 as uuidV5 } from 'uuid';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { canonicalGraphJson } from '#core/graph/canonical';
import { canonicalHyperParametersJson, hyperParametersSchema } from '#core/graph/hyper-parameters';
import { parseGraph } from '#core/graph/parse';
import type { ModelGraph } from '#core/graph/schema';
import { dataNeeds } from '#core/graph/shapes';
import { deviceClassSchema } from '#core/hardware/device-class';
import { cidText } from '#core/input/ids';
import { deadlineField } from '#core/job/submission-fields';
import type { DatasetRow } from '#db/postgres/database';
import type { JobSpecification } from './types.ts';

const specificationSchema = z.object({
  graphJson: z.string(),
  datasetCid: cidText,
  hyperParameters: hyperParametersSchema,
  deviceClass: deviceClassSchema,
  deadlineMs: deadlineField,
});

export interface CheckedSpecification extends JobSpecification {
  readonly graph: ModelGraph;
  /** SHA-256 hex over the canonical form: equal for equal jobs, however they were written. */
  readonly hash: string;
}

/** Checks everything about a job that needs no I/O. Throws INVALID_INPUT or GRAPH_INVALID. */
export function checkSpecification(input: JobSpecification): CheckedSpecification {
  const parsed = parseInput(specificationSchema, input);
  const graph = parseGraph(parsed.graphJson);
  const graphJson = canonicalGraphJson(graph);
  const canonical = [graphJson, parsed.datasetCid, canonicalHyperParametersJson(parsed.hyperParameters), parsed.deviceClass, parsed.deadlineMs];
  const hash = createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
  return { ...parsed, graphJson, graph, hash };
}

type DatasetFacts = Pick<DatasetRow, 'name' | 'sampleShape' | 'classes'> & Partial<Pick<DatasetRow, 'inputDtype' | 'targetWidth'>>;

/**
 * The dataset must have the shape and the kind of targets that the model was made for: what can be told without its
 * data, by the rules that the node applies to the data itself. Throws DATASET_INVALID.
 */
export function checkDatasetFits(graph: ModelGraph, dataset: DatasetFacts): void {
  const { inputShape, inputDtype, targets, labels, scores, loss } = dataNeeds(graph);
  const shape = (sides: readonly number[]): string => `[${sides.join(', ')}]`;
  if (shape(inputShape) !== shape(dataset.sampleShape)) {
    throw new CyxError(
      'DATASET_INVALID',
      `The model takes samples of shape ${shape(inputShape)}, but those of "${dataset.name}" are ${shape(dataset.sampleShape)}. Change the DataInput layer or choose another dataset.`,
    );
  }
  const { inputDtype: given = null, targetWidth: width = null } = dataset;
  if (given !== null && (given === 'int32') !== (inputDtype === 'int32')) {
    const [takes, has] = inputDtype === 'int32' ? ['indices (int32), for its Embedding', 'numbers'] : ['numbers', 'indices (int32), which only an Embedding can read'];
    throw new CyxError('DATASET_INVALID', `The model takes ${takes}, but the samples of "${dataset.name}" are ${has}. Change the DataInput layer or choose another dataset.`);
  }
  const isOfNumbers = dataset.classes === 0;
  if (isOfNumbers !== (targets === 'values')) {
    const [wanted, held] = isOfNumbers ? ['class labels', 'numbers'] : ['numbers', 'class labels'];
    throw new CyxError('DATASET_INVALID', `The model's loss ${loss} compares with ${wanted}, but "${dataset.name}" has ${held}. Change the loss of Output or choose another dataset.`);
  }
  if (targets === 'values' && width !== null && width !== scores) {
    throw new CyxError('DATASET_INVALID', `The model predicts ${scores} number${scores === 1 ? '' : 's'} a sample, but "${dataset.name}" has ${width}. Change the layer before Output or choose another dataset.`);
  }
  if (labels !== undefined && dataset.classes > labels) {
    throw new CyxError(
      'DATASET_INVALID',
      `The model tells ${labels} classes apart, but "${dataset.name}" has ${dataset.classes}. Change the layer before Output or choose another dataset.`,
    );
  }
}

export function requireDataset(dataset: DatasetRow | null, cid: string): DatasetRow {
  if (dataset === null) {
    throw new CyxError('NOT_FOUND', `You have no dataset with the CID ${cid}. Upload it first, or check the CID.`);
  }
  return dataset;
}

/** Any UUID would do; it may never change, for it decides every job's id. */
const JOB_NAMESPACE = '6f0cb2c6-3c0a-4f2e-9d4b-6a8f6f3a8c11';

/** One request id of one user is one job, for ever. */
export function jobIdFor(userId: string, requestId: string): string {
  return uuidV5(JSON.stringify([userId, requestId]), JOB_NAMESPACE);
}

/** One request about one node is one top-up of its stake, for ever. */
export function topUpIdFor(nodeId: string, requestId: string): string {
  return uuidV5(JSON.stringify(['top-up', nodeId, requestId]), JOB_NAMESPACE);
}
