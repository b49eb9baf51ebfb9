import { parseGraph } from '#core/graph/parse';
import type { LossName } from '#core/graph/layers/losses';
import type { ModelGraph } from '#core/graph/schema';
import { dataNeeds } from '#core/graph/shapes';
import { chain, type RawGraph, type RawLayer } from '#core/graph/testing/graphs';
import { randomStream } from '../data/random.ts';
import type { NamedTensor } from '../formats/safetensors.ts';
import { compileModel, type CompiledModel } from '../model/model.ts';
import { initialWeights } from '../model/weights.ts';

/** A small model around one layer. What stands before the layer has weights, so that gradients go through it too. */
export interface LayerCase {
  readonly name: string;
  readonly graph: (output: Record<string, unknown>) => ModelGraph;
}

const IMAGE: readonly RawLayer[] = [['DataInput', { shape: [5, 4, 2] }], ['Conv2D', { filters: 3, kernelSize: 2 }]];
const SEQUENCE: readonly RawLayer[] = [['DataInput', { shape: [4, 3] }], ['Linear', { units: 4 }]];
const ROW: readonly RawLayer[] = [['DataInput', { shape: [5] }], ['Linear', { units: 6 }]];

function inChain(name: string, before: readonly RawLayer[], layer: RawLayer): LayerCase {
  const graph = (output: Record<string, unknown>): ModelGraph => parseGraph(chain(...before, layer, ['Flatten'], ['Linear', { units: 3 }], ['Output', output]));
  return { name, graph };
}

function merged(name: string, type: 'Add' | 'Concat', params: Record<string, unknown>): LayerCase {
  const raw = (output: Record<string, unknown>): RawGraph => ({
    version: 1,
    nodes: [
      { id: 'in', type: 'DataInput', params: { shape: [4, 3] } },
      { id: 'left', type: 'Linear', params: { units: 2 } },
      { id: 'right', type: 'Linear', params: { units: 2 } },
      { id: 'skip', type: 'Tanh', params: {} },
      { id: 'merge', type, params },
      { id: 'flat', type: 'Flatten', params: {} },
      { id: 'scores', type: 'Linear', params: { units: 3 } },
      { id: 'out', type: 'Output', params: output },
    ],
    edges: [
      { from: 'in', to: 'left' },
      { from: 'in', to: 'right' },
      { from: 'left', to: 'skip' },
      { from: 'skip', to: 'merge', order: 2 },
      { from: 'right', to: 'merge', order: 1 },
      { from: 'left', to: 'merge', order: 0 },
      { from: 'merge', to: 'flat' },
      { from: 'flat', to: 'scores' },
      { from: 'scores', to: 'out' },
    ],
  });
  return { name, graph: (output) => parseGraph(raw(output)) };
}

const INDICES: readonly RawLayer[] = [['DataInput', { shape: [5], dtype: 'int32' }]];

/** Every layer that computes something, with the options that change how. */
export const LAYER_CASES: readonly LayerCase[] = [
  inChain('Conv1D', SEQUENCE, ['Conv1D', { filters: 3, kernelSize: 2 }]),
  inChain('Conv1D, strided', SEQUENCE, ['Conv1D', { filters: 3, kernelSize: 3, strides: 2, padding: 'same' }]),
  inChain('Conv2D', IMAGE, ['Conv2D', { filters: 2, kernelSize: [2, 3] }]),
  inChain('Conv2D, strided', IMAGE, ['Conv2D', { filters: 2, strides: 2, padding: 'same' }]),
  inChain('DepthwiseConv2D', IMAGE, ['DepthwiseConv2D', { depthMultiplier: 2, kernelSize: 2 }]),
  inChain('DepthwiseConv2D, strided', IMAGE, ['DepthwiseConv2D', { strides: 2, padding: 'same' }]),
  inChain('BatchNorm', IMAGE, ['BatchNorm']),
  inChain('BatchNorm of a row', ROW, ['BatchNorm']),
  inChain('LayerNorm', SEQUENCE, ['LayerNorm']),
  inChain('ReLU', ROW, ['ReLU']),
  inChain('GELU', ROW, ['GELU']),
  inChain('GELU, approximate', ROW, ['GELU', { approximate: true }]),
  inChain('Sigmoid', ROW, ['Sigmoid']),
  inChain('Tanh', ROW, ['Tanh']),
  inChain('Softmax', SEQUENCE, ['Softmax']),
  inChain('MaxPool', IMAGE, ['MaxPool']),
  inChain('MaxPool, overlapping', IMAGE, ['MaxPool', { poolSize: 3, strides: 1, padding: 'same' }]),
  inChain('AvgPool', IMAGE, ['AvgPool']),
  inChain('AvgPool, overlapping', IMAGE, ['AvgPool', { poolSize: 3, strides: 2, padding: 'same' }]),
  inChain('GlobalAvgPool', IMAGE, ['GlobalAvgPool']),
  inChain('Reshape', IMAGE, ['Reshape', { shape: [3, -1, 2] }]),
  inChain('Linear over steps', SEQUENCE, ['Linear', { units: 2 }]),
  inChain('Embedding', INDICES, ['Embedding', { vocabulary: 7, units: 3 }]),
  inChain('Dropout', ROW, ['Dropout', { rate: 0.4 }]),
  inChain('LSTM', SEQUENCE, ['LSTM', { units: 3 }]),
  inChain('LSTM, every step', SEQUENCE, ['LSTM', { units: 2, returnSequences: true }]),
  inChain('LSTM, a single step', [['DataInput', { shape: [1, 3] }], ['Linear', { units: 4 }]], ['LSTM', { units: 2 }]),
  inChain('GRU', SEQUENCE, ['GRU', { units: 3 }]),
  inChain('GRU, every step', SEQUENCE, ['GRU', { units: 2, returnSequences: true }]),
  inChain('GRU, a single step', [['DataInput', { shape: [1, 3] }], ['Linear', { units: 4 }]], ['GRU', { units: 2, returnSequences: true }]),
  inChain('MultiHeadAttention', SEQUENCE, ['MultiHeadAttention', { heads: 2, keyDim: 3 }]),
  inChain('MultiHeadAttention, causal', SEQUENCE, ['MultiHeadAttention', { heads: 2, keyDim: 3, causal: true }]),
  merged('Add', 'Add', {}),
  merged('Concat', 'Concat', {}),
  merged('Concat along the steps', 'Concat', { axis: 0 }),
];

/** Every loss, with the options that change its formula. */
export const LOSS_CASES: readonly { readonly loss: LossName; readonly [option: string]: unknown }[] = [
  { loss: 'crossEntropy' },
  { loss: 'crossEntropy', labelSmoothing: 0.1 },
  { loss: 'denseCrossEntropy' },
  { loss: 'denseCrossEntropy', labelSmoothing: 0.2 },
  { loss: 'labelSigmoidCrossEntropy' },
  { loss: 'sigmoidCrossEntropy' },
  { loss: 'sigmoidCrossEntropy', labelSmoothing: 0.1 },
  { loss: 'meanSquaredError' },
  { loss: 'meanAbsoluteError' },
  { loss: 'huber' },
  { loss: 'huber', delta: 0.3 },
];

/** A batch for a model, as plain numbers. */
export interface PlainBatch {
  readonly samples: number;
  readonly x: Float32Array | Int32Array;
  readonly xShape: readonly number[];
  readonly y: Float32Array | Int32Array;
  readonly yShape: readonly number[];
}

export function plainBatch(graph: ModelGraph, samples: number, seed = 1): PlainBatch {
  const { inputShape, vocabulary, targets, scores, labels, loss } = dataNeeds(graph);
  const random = randomStream(seed, 'plain-batch');
  const size = inputShape.reduce((product, side) => product * side, samples);
  const x = vocabulary === undefined ? Float32Array.from({ length: size }, () => 2 * random.nextUniform() - 1) : Int32Array.from({ length: size }, () => random.nextBelow(vocabulary));
  const xShape = [samples, ...inputShape];
  if (targets === 'label') return { samples, x, xShape, y: Int32Array.from({ length: samples }, () => random.nextBelow(labels ?? 1)), yShape: [samples] };
  const y = Float32Array.from({ length: samples * scores }, () => random.nextUniform());
  if (loss === 'denseCrossEntropy') {
    for (let row = 0; row < samples; row++) {
      const values = y.subarray(row * scores, (row + 1) * scores);
      const sum = values.reduce((a, b) => a + b, 0);
      values.forEach((value, at) => (values[at] = value / sum));
    }
  }
  return { samples, x, xShape, y, yShape: [samples, scores] };
}

export interface PlainModel {
  readonly model: CompiledModel;
  readonly weights: ReadonlyMap<string, NamedTensor>;
}

/** A model with weights of which none is zero or one by its start: biases would hide what they do. */
export function plainModel(graph: ModelGraph, seed = 1): PlainModel {
  const model = compileModel(graph);
  const all = [...model.trainable, ...model.frozen];
  const weights = initialWeights(all, seed);
  for (const [name, { data }] of weights) {
    const random = randomStream(seed, `shaken/${name}`);
    data.forEach((value, at) => (data[at] = value + (random.nextUniform() - 0.5) / 5));
  }
  return { model, weights };
}
