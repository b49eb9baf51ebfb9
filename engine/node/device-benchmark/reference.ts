import { parseGraph } from '#core/graph/parse';
import { dataNeeds } from '#core/graph/shapes';
import { sizeOf } from '#core/graph/layers/layer-spec';
import type { ModelGraph } from '#core/graph/schema';
import type { Batch } from '../../data/batches.ts';

const LAYERS = [
  ['DataInput', { shape: [28, 28, 1] }],
  ['Conv2D', { filters: 16, kernelSize: 3 }],
  ['ReLU', {}],
  ['MaxPool', { poolSize: 2 }],
  ['Conv2D', { filters: 32, kernelSize: 3 }],
  ['ReLU', {}],
  ['MaxPool', { poolSize: 2 }],
  ['Flatten', {}],
  ['Linear', { units: 64 }],
  ['ReLU', {}],
  ['Linear', { units: 10 }],
  ['Output', { classes: 10 }],
] as const;

/** The CNN that machines are compared by: the layers of examples/graphs/digits-cnn.json, which quotes count in too. */
export function referenceCnn(): ModelGraph {
  const nodes = LAYERS.map(([type, params], at) => ({ id: `layer${at}`, type, params }));
  const edges = nodes.slice(1).map(({ id }, at) => ({ from: `layer${at}`, to: id }));
  return parseGraph({ version: 1, nodes, edges });
}

/** A fixed sequence of bytes: the same work on every machine. */
function noise(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Math.imul(index + 1, 2_654_435_761) >>> 24);
}

/** Samples of noise under labels in turn: what is learnt from them is nothing, only the time counts. */
export function noiseBatch(graph: ModelGraph, samples: number): Batch {
  const { inputShape, labels = 2 } = dataNeeds(graph);
  return { samples, x: noise(samples * sizeOf(inputShape)), y: Int32Array.from({ length: samples }, (_, index) => index % labels) };
}
