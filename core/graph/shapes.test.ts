import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseGraph } from './parse.ts';
import { countActivations, countFlops, countParameters, graphEndpoints, inferShapes } from './shapes.ts';
import { chain, type RawLayer } from './testing/graphs.ts';

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
