import { describe, expect, it } from 'vitest';
import { CyxError } from '../errors/cyx-error.ts';
import { parseGraph } from './parse.ts';
import { chain, type RawGraph, type RawLayer } from './testing/graphs.ts';

const image: RawLayer = ['DataInput', { shape: [28, 28, 1] }];
const end: readonly RawLayer[] = [['Flatten'], ['Linear', { units: 10 }], ['Output', { classes: 10 }]];

function refusal(input: unknown): CyxError {
  try {
    parseGraph(input);
  } catch (error) {
    if (error instanceof CyxError) return error;
    throw error;
  }
  throw new Error('the graph was accepted');
}

function withEdges(graph: RawGraph, ...edges: RawGraph['edges']): RawGraph {
  return { ...graph, edges: [...graph.edges, ...edges] };
}

const good = chain(image, ['Conv2D', { filters: 4 }], ['ReLU'], ...end);

/** What is wrong, and what the text must say: the layer's id, its type, what it expected and what it got. */
const REFUSED: readonly (readonly [string, unknown, RegExp])[] = [
  ['a flat layer on an image', chain(image, ['Linear', { units: 10 }], ['Output']), /"linear1" \(Linear\): expected a flat input.*Flatten.*got \[28, 28, 1\]/],
  ['a convolution on a row', chain(image, ['Flatten'], ['Conv2D', { filters: 2 }], ['Output']), /"conv2d2" \(Conv2D\): expected an image.*got \[784\]/],
  ['a pool on a row', chain(image, ['Flatten'], ['MaxPool'], ['Output']), /"maxpool2" \(MaxPool\): expected an image/],
  ['a sequence layer on an image', chain(image, ['LSTM', { units: 3 }], ['Linear', { units: 2 }], ['Output']), /"lstm1" \(LSTM\): expected a sequence \[steps, features\], got \[28, 28, 1\]/],
  ['a window longer than its sequence', chain(['DataInput', { shape: [4, 2] }], ['Conv1D', { filters: 1, kernelSize: 5 }], ...end), /"conv1d1".*at least 5 steps.*got 4 steps/],
  ['a recurrent layer over too many steps', chain(['DataInput', { shape: [1025, 1] }], ['GRU', { units: 3 }], ['Linear', { units: 2 }], ['Output']), /"gru1".*at most 1024 steps/],
  ['another number of values', chain(['DataInput', { shape: [12] }], ['Reshape', { shape: [5, 2] }], ...end), /"reshape1".*as many values as \[5, 2\] has, got 12/],
  ['a side that does not come out even', chain(['DataInput', { shape: [12] }], ['Reshape', { shape: [5, -1] }], ...end), /"reshape1".*\[5, -1\]/],
  ['two open sides', chain(['DataInput', { shape: [12] }], ['Reshape', { shape: [-1, -1] }], ...end), /params\.shape: only one side/],
  ['numbers where indices belong', chain(['DataInput', { shape: [5] }], ['Embedding', { vocabulary: 9, units: 2 }], ...end), /"embedding1" \(Embedding\): expected indices/],
  ['indices where numbers belong', chain(['DataInput', { shape: [5], dtype: 'int32' }], ['Linear', { units: 3 }], ['Output']), /"linear1" \(Linear\): expected numbers, got indices/],
  ['a mean of a row', chain(['DataInput', { shape: [5] }], ['GlobalAvgPool'], ...end), /"globalavgpool1"/],
  ['a single input to a sum', chain(image, ['Add'], ...end), /"add1" \(Add\): expected two inputs or more, got 1/],
  ['a smoothed distance', chain(['DataInput', { shape: [5] }], ['Linear', { units: 1 }], ['Output', { loss: 'huber', labelSmoothing: 0.1 }]), /labelSmoothing: the loss huber has no labels/],
  ['a delta for another loss', chain(['DataInput', { shape: [5] }], ['Linear', { units: 1 }], ['Output', { loss: 'meanSquaredError', delta: 2 }]), /delta: only the loss huber/],
  ['a window larger than its image', chain(image, ['Conv2D', { filters: 1, kernelSize: [3, 40] }], ...end), /"conv2d1".*at least 3×40.*got 28×28/],
  ['another number of classes', chain(image, ['Flatten'], ['Linear', { units: 9 }], ['Output', { classes: 10 }]), /"output3" \(Output\): expected one score per class, \[10\], got \[9\]/],
  ['a single class', chain(image, ['Flatten'], ['Linear', { units: 1 }], ['Output']), /"output3".*2 to 1000 classes/],
  ['too many classes', chain(image, ['Flatten'], ['Linear', { units: 1001 }], ['Output']), /"output3".*2 to 1000 classes, got \[1001\]/],
  ['an unknown layer type', chain(image, ['Dense' as 'Linear', { units: 2 }], ...end), /"dense1" \(Dense\): there is no such layer type; choose one of DataInput, Conv1D, Conv2D/],
  ['a missing parameter', chain(image, ['Conv2D'], ...end), /"conv2d1" \(Conv2D\): params\.filters/],
  ['a parameter out of range', chain(image, ['Conv2D', { filters: 0 }], ...end), /params\.filters/],
  ['a fraction where a whole number belongs', chain(image, ['Conv2D', { filters: 1.5 }], ...end), /params\.filters/],
  ['a dropout of everything', chain(image, ['Dropout', { rate: 1 }], ...end), /"dropout1" \(Dropout\): params\.rate/],
  ['a parameter that does not exist', chain(image, ['ReLU', { slope: 1 }], ...end), /"relu1" \(ReLU\): .*slope/],
  ['an inherited name as a type', chain(image, ['constructor' as 'ReLU'], ...end), /no such layer type/],
  ['no input layer', chain(['ReLU'], ['Output']), /no DataInput layer/],
  ['no output layer', chain(image, ['Flatten']), /no Output layer/],
  ['two input layers', { ...good, nodes: [...good.nodes, { id: 'second', type: 'DataInput', params: { shape: [2] } }] }, /"second" \(DataInput\): the graph has a second DataInput/],
  ['an unconnected layer', { ...good, nodes: [...good.nodes, { id: 'alone', type: 'ReLU' }] }, /"alone" \(ReLU\): nothing is connected to its input/],
  ['a dead end', withEdges({ ...good, nodes: [...good.nodes, { id: 'side', type: 'ReLU', params: {} }] }, { from: 'relu2', to: 'side' }), /"side" \(ReLU\): its output does not lead to the Output/],
  ['a second input', withEdges(good, { from: 'datainput0', to: 'relu2' }), /"relu2" \(ReLU\): expected one input, got 2 \(from "conv2d1", "datainput0"\)/],
  ['an edge into DataInput', withEdges(good, { from: 'relu2', to: 'datainput0' }), /"datainput0" \(DataInput\): expected no input, got 1/],
  ['a dangling edge', withEdges(good, { from: 'relu2', to: 'nowhere' }), /"relu2" → "nowhere" names a layer that does not exist: "nowhere"/],
  ['a doubled edge', withEdges(good, { from: 'datainput0', to: 'conv2d1' }), /is there twice/],
  ['one id for two layers', { ...good, nodes: [...good.nodes, { id: 'relu2', type: 'ReLU' }] }, /"relu2" \(ReLU\): its id is taken/],
  ['a layer after Output', withEdges({ ...good, nodes: [...good.nodes, { id: 'after', type: 'ReLU', params: {} }] }, { from: 'output5', to: 'after' }), /"output5" \(Output\): is the end of the graph/],
  ['an id with a dot', { ...good, nodes: [...good.nodes, { id: 'a.b', type: 'ReLU' }] }, /nodes\.6\.id/],
  ['another version', { ...good, version: 2 }, /version/],
  ['an unknown field', { ...good, author: 'me' }, /author/],
  ['text that is no JSON', '{"version": 1', /not valid JSON/],
  ['no object', 7, /Please correct/],
  ['nothing', undefined, /Please correct/],
  ['too many bytes', ' '.repeat(256 * 1024 + 1), /262145 bytes.*at most 262144/],
  ['too many layers', chain(image, ...Array.from({ length: 500 }, (): RawLayer => ['ReLU']), ...end), /nodes/],
  ['too many parameters', chain(['DataInput', { shape: [20_000] }], ['Linear', { units: 10_000 }], ['Linear', { units: 2 }], ['Output']), /"linear1".*200010000 parameters, at most 200000000/],
  ['too much memory for one sample', chain(['DataInput', { shape: [4096, 4096, 1] }], ['Conv2D', { filters: 64 }], ['MaxPool', { poolSize: 1000 }], ...end), /"conv2d1".*too big/],
];

describe('parseGraph', () => {
  it.each(REFUSED)('refuses %s', (_what, input, text) => {
    const error = refusal(input);
    expect(error.code).toBe('GRAPH_INVALID');
    expect(error.message).toMatch(text);
  });

  it('names the layer for programs, too', () => {
    expect(refusal(chain(image, ['Linear', { units: 10 }], ['Output'])).facts).toEqual({ layer: 'linear1', type: 'Linear' });
  });

  it('finds a cycle that lies apart from the rest', () => {
    const nodes = [...good.nodes, { id: 'a', type: 'ReLU', params: {} }, { id: 'b', type: 'ReLU', params: {} }];
    const error = refusal({ ...good, nodes, edges: [...good.edges, { from: 'a', to: 'b' }, { from: 'b', to: 'a' }] });
    expect(error.message).toMatch(/Layer "a" \(ReLU\): is part of a cycle/);
  });

  it('fills in what was left out', () => {
    const graph = parseGraph(chain(image, ['Conv2D', { filters: 4 }], ['MaxPool', { poolSize: 3 }], ...end));
    expect(graph.nodes[1]?.params).toEqual({ filters: 4, kernelSize: [3, 3], strides: [1, 1], padding: 'valid' });
    expect(graph.nodes[2]?.params).toEqual({ poolSize: [3, 3], strides: [3, 3], padding: 'valid' });
    expect(graph.nodes.at(-1)?.params).toEqual({ classes: 10, loss: 'crossEntropy' });
  });

  it('takes JSON text and the value alike', () => {
    expect(parseGraph(JSON.stringify(good))).toEqual(parseGraph(good));
  });

  it('is not fooled by a __proto__ key', () => {
    const text = JSON.stringify(good).replace('"params":{}', '"params":{"__proto__":{"polluted":true}}');
    expect(parseGraph(text)).toEqual(parseGraph(good));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
