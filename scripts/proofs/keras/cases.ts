import { LOSS_TABLE, type LossName } from '#core/graph/layers/losses';
import { parseGraph } from '#core/graph/parse';
import type { LayerType, ModelGraph } from '#core/graph/schema';

type Row = readonly [type: LayerType, params?: Record<string, unknown>];

export const ALL_LOSSES = Object.keys(LOSS_TABLE) as LossName[];
const SCORES = 4;

/** Layers in a row between DataInput and the scores' Linear; the merging layers are wired by hand below. */
const ROWS: { readonly [Name in string]: { readonly shape: readonly number[]; readonly dtype?: 'int32'; readonly row: readonly Row[] } } = {
  Conv1D: { shape: [9, 3], row: [['Conv1D', { filters: 4, strides: 2, padding: 'same' }], ['Flatten']] },
  'Conv2D valid': { shape: [6, 7, 2], row: [['Conv2D', { filters: 4 }], ['Flatten']] },
  'Conv2D same, strides': { shape: [6, 7, 2], row: [['Conv2D', { filters: 4, kernelSize: [2, 3], strides: [2, 1], padding: 'same' }], ['Flatten']] },
  DepthwiseConv2D: { shape: [6, 7, 2], row: [['Conv2D', { filters: 3 }], ['DepthwiseConv2D', { depthMultiplier: 2, padding: 'same' }], ['Flatten']] },
  'Linear on rows': { shape: [7], row: [['Linear', { units: 6 }]] },
  'Linear on sequences': { shape: [5, 3], row: [['Linear', { units: 4 }], ['Flatten']] },
  Embedding: { shape: [6], dtype: 'int32', row: [['Embedding', { vocabulary: 9, units: 3 }], ['Flatten']] },
  'BatchNorm on images': { shape: [5, 5, 2], row: [['Conv2D', { filters: 3 }], ['BatchNorm'], ['Flatten']] },
  'BatchNorm on rows': { shape: [7], row: [['Linear', { units: 6 }], ['BatchNorm']] },
  LayerNorm: { shape: [5, 4], row: [['Linear', { units: 6 }], ['LayerNorm'], ['Flatten']] },
  ReLU: { shape: [7], row: [['Linear', { units: 6 }], ['ReLU']] },
  'GELU exact': { shape: [7], row: [['Linear', { units: 6 }], ['GELU']] },
  'GELU approximate': { shape: [7], row: [['Linear', { units: 6 }], ['GELU', { approximate: true }]] },
  Sigmoid: { shape: [7], row: [['Linear', { units: 6 }], ['Sigmoid']] },
  Tanh: { shape: [7], row: [['Linear', { units: 6 }], ['Tanh']] },
  Softmax: { shape: [7], row: [['Linear', { units: 6 }], ['Softmax']] },
  MaxPool: { shape: [7, 6, 2], row: [['Conv2D', { filters: 3 }], ['MaxPool', { poolSize: 3, strides: 2, padding: 'same' }], ['Flatten']] },
  AvgPool: { shape: [7, 6, 2], row: [['Conv2D', { filters: 3 }], ['AvgPool', { poolSize: 3, strides: 2, padding: 'same' }], ['Flatten']] },
  'GlobalAvgPool on images': { shape: [6, 6, 2], row: [['Conv2D', { filters: 5 }], ['GlobalAvgPool']] },
  'GlobalAvgPool on sequences': { shape: [6, 3], row: [['Linear', { units: 5 }], ['GlobalAvgPool']] },
  Reshape: { shape: [12], row: [['Linear', { units: 12 }], ['Reshape', { shape: [4, 3] }], ['Conv1D', { filters: 4 }], ['Flatten']] },
  Dropout: { shape: [7], row: [['Linear', { units: 12 }], ['Dropout', { rate: 0.3 }]] },
  LSTM: { shape: [6, 3], row: [['LSTM', { units: 4 }]] },
  'LSTM sequences': { shape: [6, 3], row: [['LSTM', { units: 4, returnSequences: true }], ['Flatten']] },
  GRU: { shape: [6, 3], row: [['GRU', { units: 4 }]] },
  'GRU sequences': { shape: [6, 3], row: [['GRU', { units: 4, returnSequences: true }], ['Flatten']] },
  MultiHeadAttention: { shape: [5, 6], row: [['MultiHeadAttention', { heads: 2, keyDim: 3 }], ['Flatten']] },
  'MultiHeadAttention causal': { shape: [5, 6], row: [['MultiHeadAttention', { heads: 2, keyDim: 3, causal: true }], ['Flatten']] },
};

const MERGES = ['Add', 'Concat'] as const;

export const LAYER_CASES = [...Object.keys(ROWS), ...MERGES] as readonly string[];

interface Raw {
  readonly nodes: { id: string; type: LayerType; params: Record<string, unknown> }[];
  readonly edges: { from: string; to: string }[];
}

function inARow(rows: readonly Row[]): Raw {
  const nodes = rows.map(([type, params = {}], at) => ({ id: `${type.toLowerCase()}${at}`, type, params }));
  return { nodes, edges: nodes.slice(1).map(({ id }, at) => ({ from: nodes[at]!.id, to: id })) };
}

function merging(type: 'Add' | 'Concat', output: Row): Raw {
  const rows: Row[] = [['DataInput', { shape: [7] }], ['Linear', { units: 5 }], ['Linear', { units: 5 }], [type], ['Linear', { units: SCORES }], output];
  const { nodes } = inARow(rows);
  const wires = [[0, 1], [0, 2], [1, 3], [2, 3], [3, 4], [4, 5]] as const;
  return { nodes, edges: wires.map(([from, to]) => ({ from: nodes[from]!.id, to: nodes[to]!.id })) };
}

/** A small model around one layer, ending in one loss. */
export function layerCase(name: string, loss: LossName, more: Record<string, unknown> = {}): ModelGraph {
  const output: Row = ['Output', { loss, ...more }];
  const found = ROWS[name];
  if (found === undefined) return parseGraph({ version: 1, ...merging(name as 'Add' | 'Concat', output) });
  const { shape, dtype, row } = found;
  const raw = inARow([['DataInput', dtype === undefined ? { shape } : { shape, dtype }], ...row, ['Linear', { units: SCORES }], output]);
  return parseGraph({ version: 1, ...raw });
}
