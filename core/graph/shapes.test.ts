import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalGraphJson } from './canonical.ts';
import { parseGraph } from './parse.ts';
import { countActivations, countFlops, countParameters, dataNeeds, graphEndpoints, inferShapes } from './shapes.ts';
import { chain, type RawGraph, type RawLayer } from './testing/graphs.ts';

interface Row {
  readonly layer: RawLayer;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly trainable: number;
  readonly frozen?: number;
  readonly flops: number;
}

/** Worked out by hand from the formulas in each layer's documentation. */
const ROWS: readonly Row[] = [
  { layer: ['Conv2D', { filters: 32 }], input: [28, 28, 1], output: [26, 26, 32], trainable: 320, flops: 19 * 26 * 26 * 32 },
  { layer: ['Conv2D', { filters: 8, kernelSize: [3, 5], strides: 2 }], input: [10, 11, 3], output: [4, 4, 8], trainable: 368, flops: 91 * 128 },
  { layer: ['Conv2D', { filters: 4, kernelSize: 5, padding: 'same' }], input: [7, 6, 2], output: [7, 6, 4], trainable: 204, flops: 101 * 168 },
  { layer: ['Conv2D', { filters: 4, strides: [2, 3], padding: 'same' }], input: [7, 7, 1], output: [4, 3, 4], trainable: 40, flops: 19 * 48 },
  { layer: ['MaxPool'], input: [26, 26, 32], output: [13, 13, 32], trainable: 0, flops: 3 * 13 * 13 * 32 },
  { layer: ['MaxPool', { poolSize: 3, strides: 1 }], input: [5, 4, 2], output: [3, 2, 2], trainable: 0, flops: 8 * 12 },
  { layer: ['MaxPool', { poolSize: 2, padding: 'same' }], input: [5, 5, 1], output: [3, 3, 1], trainable: 0, flops: 27 },
  { layer: ['Conv1D', { filters: 4 }], input: [10, 3], output: [8, 4], trainable: 40, flops: 19 * 32 },
  { layer: ['Conv1D', { filters: 4, kernelSize: 4, strides: 3, padding: 'same' }], input: [10, 3], output: [4, 4], trainable: 52, flops: 25 * 16 },
  { layer: ['DepthwiseConv2D', { depthMultiplier: 2, kernelSize: [3, 2], strides: 2 }], input: [7, 6, 3], output: [3, 3, 6], trainable: 42, flops: 13 * 54 },
  { layer: ['AvgPool', { poolSize: 3, strides: 2, padding: 'same' }], input: [5, 4, 2], output: [3, 2, 2], trainable: 0, flops: 9 * 12 },
  { layer: ['GlobalAvgPool'], input: [5, 4, 2], output: [2], trainable: 0, flops: 40 },
  { layer: ['GlobalAvgPool'], input: [5, 4], output: [4], trainable: 0, flops: 20 },
  { layer: ['Linear', { units: 7 }], input: [5, 4], output: [5, 7], trainable: 35, flops: 9 * 35 },
  { layer: ['LSTM', { units: 6 }], input: [5, 4], output: [6], trainable: 24 * 11, flops: 5 * (24 * 21 + 168) },
  { layer: ['LSTM', { units: 6, returnSequences: true }], input: [5, 4], output: [5, 6], trainable: 24 * 11, flops: 5 * (24 * 21 + 168) },
  { layer: ['GRU', { units: 6, returnSequences: true }], input: [5, 4], output: [5, 6], trainable: 18 * 12, flops: 5 * (18 * 22 + 120) },
  { layer: ['MultiHeadAttention', { heads: 2, keyDim: 3 }], input: [5, 4], output: [5, 4], trainable: 4 * 24 + 18 + 4, flops: 5 * (8 * 24 + 18 + 4) + 4 * 25 * 6 + 4 * 25 * 2 },
  { layer: ['LayerNorm'], input: [5, 4], output: [5, 4], trainable: 8, flops: 160 },
  { layer: ['GELU'], input: [5, 4], output: [5, 4], trainable: 0, flops: 100 },
  { layer: ['Sigmoid'], input: [5, 4], output: [5, 4], trainable: 0, flops: 80 },
  { layer: ['Tanh'], input: [5, 4], output: [5, 4], trainable: 0, flops: 120 },
  { layer: ['Reshape', { shape: [2, -1, 3] }], input: [6, 4], output: [2, 4, 3], trainable: 0, flops: 0 },
  { layer: ['BatchNorm'], input: [5, 5, 6], output: [5, 5, 6], trainable: 12, frozen: 12, flops: 300 },
  { layer: ['ReLU'], input: [5, 5, 6], output: [5, 5, 6], trainable: 0, flops: 150 },
  { layer: ['Dropout', { rate: 0.5 }], input: [5, 5, 6], output: [5, 5, 6], trainable: 0, flops: 0 },
  { layer: ['Softmax'], input: [5, 5, 6], output: [5, 5, 6], trainable: 0, flops: 450 },
];

function only(type: string, layers: ReturnType<typeof inferShapes>): ReturnType<typeof inferShapes>[number] {
  const found = layers.find(({ node }) => node.type === type);
  if (found === undefined) throw new Error(`no ${type}`);
  return found;
}

describe('inferShapes', () => {
  it.each(ROWS)('gives shape, weights and operations of $layer for $input', ({ layer, input, output, trainable, frozen = 0, flops }) => {
    const graph = parseGraph(chain(['DataInput', { shape: input }], layer, ['Flatten'], ['Linear', { units: 2 }], ['Output']));
    const facts = only(layer[0], inferShapes(graph));
    expect(facts.output).toEqual(output);
    expect(facts.weights).toEqual({ trainable, frozen });
    expect(facts.flops).toBe(flops);
  });

  it('flattens, connects fully and ends in classes', () => {
    const graph = parseGraph(chain(['DataInput', { shape: [3, 4, 5] }], ['Flatten'], ['Linear', { units: 7 }], ['Output']));
    const layers = inferShapes(graph);
    expect(layers.map(({ output }) => output)).toEqual([[3, 4, 5], [60], [7], [7]]);
    expect(only('Linear', layers)).toMatchObject({ weights: { trainable: 427 }, flops: 847 });
    expect(only('Output', layers).flops).toBe(21);
    expect(graphEndpoints(graph)).toEqual({ inputShape: [3, 4, 5], classes: 7 });
  });

  it('takes tables as they are', () => {
    const graph = parseGraph(chain(['DataInput', { shape: [4] }], ['BatchNorm'], ['Linear', { units: 3 }], ['Softmax'], ['Output', { classes: 3 }]));
    expect(inferShapes(graph).map(({ output }) => output)).toEqual([[4], [4], [3], [3], [3]]);
  });
});

/** A row of four numbers, halved and doubled, and both merged. */
function forked(type: 'Add' | 'Concat', units: readonly [number, number], edges: RawGraph['edges']): RawGraph {
  return {
    version: 1,
    nodes: [
      { id: 'in', type: 'DataInput', params: { shape: [4] } },
      { id: 'a', type: 'Linear', params: { units: units[0] } },
      { id: 'b', type: 'Linear', params: { units: units[1] } },
      { id: 'merge', type, params: {} },
      { id: 'out', type: 'Output', params: {} },
    ],
    edges: [{ from: 'in', to: 'a' }, { from: 'in', to: 'b' }, ...edges, { from: 'merge', to: 'out' }],
  };
}

describe('layers with several inputs', () => {
  const merged = (raw: RawGraph): ReturnType<typeof inferShapes>[number] => only(raw.nodes[3]?.type ?? '', inferShapes(parseGraph(raw)));
  const toMerge = (first?: number, second?: number): RawGraph['edges'] => [
    { from: 'a', to: 'merge', ...(first === undefined ? {} : { order: first }) },
    { from: 'b', to: 'merge', ...(second === undefined ? {} : { order: second }) },
  ];

  it('add and concatenate, by the ids of their inputs or the order that edges say', () => {
    expect(merged(forked('Add', [3, 3], toMerge()))).toMatchObject({ output: [3], flops: 3, from: ['a', 'b'] });
    expect(merged(forked('Concat', [2, 5], toMerge().reverse()))).toMatchObject({ output: [7], from: ['a', 'b'], inputs: [[2], [5]] });
    expect(merged(forked('Concat', [2, 5], toMerge(7, 3)))).toMatchObject({ output: [7], from: ['b', 'a'], inputs: [[5], [2]] });
  });

  it('have one text for one order', () => {
    const text = (edges: RawGraph['edges']): string => canonicalGraphJson(parseGraph(forked('Concat', [2, 5], edges)));
    expect(text(toMerge(1, 2))).toBe(text(toMerge()));
    expect(text(toMerge(7, 3))).toBe(text(toMerge(1, 0).reverse()));
    expect(text(toMerge(7, 3))).not.toBe(text(toMerge()));
    expect(text(toMerge())).not.toContain('order');
  });

  it('refuse shapes that do not go together', () => {
    expect(() => parseGraph(forked('Add', [2, 5], toMerge()))).toThrow(/"merge" \(Add\): expected inputs of one shape, got \[2\] and \[5\]/);
    const raw = forked('Concat', [2, 5], toMerge());
    expect(() => parseGraph({ ...raw, nodes: raw.nodes.map((node) => (node.id === 'merge' ? { ...node, params: { axis: 1 } } : node)) })).toThrow(/inputs that have a side 1/);
  });
});

describe('dataNeeds', () => {
  const needs = (outputs: number, loss?: string): unknown => dataNeeds(parseGraph(chain(['DataInput', { shape: [4] }], ['Linear', { units: outputs }], ['Output', loss === undefined ? {} : { loss }])));

  it('asks for labels or numbers as the loss does', () => {
    expect(needs(3)).toEqual({ inputShape: [4], inputDtype: 'float32', vocabulary: undefined, targets: 'label', scores: 3, labels: 3, loss: 'crossEntropy' });
    expect(needs(1, 'labelSigmoidCrossEntropy')).toMatchObject({ targets: 'label', scores: 1, labels: 2 });
    expect(needs(1, 'meanSquaredError')).toMatchObject({ targets: 'values', scores: 1, labels: undefined });
  });

  it('asks for indices where an Embedding takes them', () => {
    const graph = parseGraph(chain(['DataInput', { shape: [6], dtype: 'int32' }], ['Embedding', { vocabulary: 50, units: 3 }], ['LSTM', { units: 2 }], ['Output']));
    expect(dataNeeds(graph)).toMatchObject({ inputShape: [6], inputDtype: 'int32', vocabulary: 50 });
  });
});

describe('the digits example', () => {
  const graph = parseGraph(readFileSync('examples/graphs/digits-cnn.json', 'utf8'));

  it('counts as the layers add up', () => {
    const conv1 = 9 * 16 + 16;
    const conv2 = 9 * 16 * 32 + 32;
    const hidden = 800 * 64 + 64;
    const scores = 64 * 10 + 10;
    expect(countParameters(graph)).toEqual({ trainable: conv1 + conv2 + hidden + scores, frozen: 0, total: conv1 + conv2 + hidden + scores });
    const convolutions = 19 * 26 * 26 * 16 + 289 * 11 * 11 * 32;
    const pools = 3 * 13 * 13 * 16 + 3 * 5 * 5 * 32;
    const relus = 26 * 26 * 16 + 11 * 11 * 32 + 64;
    const dense = 1601 * 64 + 129 * 10;
    expect(countFlops(graph)).toBe(convolutions + pools + relus + dense + 30);
    expect(countActivations(graph)).toBe(784 + 2 * 10_816 + 2_704 + 2 * 3_872 + 800 + 800 + 64 + 64 + 10 + 10);
  });
});
