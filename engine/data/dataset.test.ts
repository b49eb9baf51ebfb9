import { describe, expect, it } from 'vitest';
import { CyxError } from '#core/errors/cyx-error';
import { parseGraph } from '#core/graph/parse';
import { chain } from '#core/graph/testing/graphs';
import { encodeTensors, type TensorData } from '../formats/safetensors.ts';
import { tinyPictures } from '../testing/tiny.ts';
import { BatchReader, epochOrder } from './batches.ts';
import { checkDatasetFits, decodeDataset, encodeDataset, selectSamples, type Dataset } from './dataset.ts';

interface Parts {
  x?: [number[], TensorData];
  y?: [number[], TensorData];
  metadata?: Record<string, string>;
}

/** Four samples of 2×2 grey pixels in three classes, with the changed parts in place. */
function file({ x = [[4, 2, 2, 1], new Uint8Array(16)], y = [[4], new Uint8Array(4)], metadata = { classes: '3' } }: Parts = {}): Uint8Array {
  const tensors = new Map([['x', { shape: x[0], data: x[1] }], ['y', { shape: y[0], data: y[1] }]] as const);
  return encodeTensors({ tensors, metadata });
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof CyxError && error.code === 'DATASET_INVALID') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('decodeDataset', () => {
  it('reads back what encodeDataset wrote', () => {
    const dataset = tinyPictures(9);
    expect(decodeDataset(encodeDataset(dataset))).toEqual(dataset);
  });

  it('scales bytes to [0, 1] and leaves floats alone where the file does not say', () => {
    expect(decodeDataset(file()).normalise).toEqual({ scale: 1 / 255, offset: 0 });
    expect(decodeDataset(file({ x: [[4, 2], new Float32Array(8)] })).normalise).toEqual({ scale: 1, offset: 0 });
  });

  it.each<[string, Parts, RegExp]>([
    ['an index below zero', { x: [[4, 1], Int32Array.from([0, 3, -2, 0])] }, /index 2 in "x" is -2; indices count from 0/],
    ['fractions as labels', { y: [[4], new Float32Array(4)] }, /"y" must be uint8 or int32 class indices where it says "classes"/],
    ['numbers for some samples only', { y: [[2, 2], new Float32Array(4)], metadata: {} }, /"y" has shape \[2, 2\]; expected numbers for each of the 4/],
    ['no numbers for a sample', { y: [[4, 0], new Float32Array(0)], metadata: {} }, /"y" has shape \[4, 0\]/],
    ['a number that is none', { y: [[4], Float32Array.from([0, NaN, 0, 0])], metadata: {} }, /value 1 in "y" is NaN/],
    ['fewer labels than samples', { y: [[3], new Uint8Array(3)] }, /"y" has shape \[3\]; expected one label for each of the 4/],
    ['one-hot labels', { y: [[4, 3], new Uint8Array(12)] }, /"y" has shape \[4, 3\]/],
    ['no samples', { x: [[0, 2], new Uint8Array(0)], y: [[0], new Uint8Array(0)] }, /at least one sample/],
    ['samples without a shape', { x: [[4], new Uint8Array(4)] }, /expected \[samples, …\]/],
    ['a label too high', { y: [[4], Uint8Array.from([0, 1, 3, 2])] }, /label 2 is 3; labels must be 0 to 2/],
    ['a label below zero', { y: [[4], Int32Array.from([0, -1, 0, 0])] }, /label 1 is -1/],
    ['a value that is not a number', { x: [[4, 1], Float32Array.from([0, 1, NaN, 0])] }, /value 2 in "x" is NaN/],
    ['an infinite value', { x: [[4, 1], Float32Array.from([0, -Infinity, 0, 0])] }, /value 1 in "x" is -Infinity/],
    ['no number of classes', { metadata: {} }, /"classes" must be a whole number/],
    ['half a class', { metadata: { classes: '2.5' } }, /"classes"/],
    ['a broken normalisation', { metadata: { classes: '3', normalise: '{"scale":"1"}' } }, /"normalise" must be JSON/],
  ])('refuses %s', (_what, parts, text) => {
    expect(refusal(() => decodeDataset(file(parts)))).toMatch(text);
  });

  it('refuses a file without labels', () => {
    const bytes = encodeTensors({ tensors: new Map([['x', { shape: [1, 1], data: new Uint8Array(1) }]]), metadata: {} });
    expect(refusal(() => decodeDataset(bytes))).toMatch(/no tensor "y"/);
  });
});

/** Two numbers a sample to predict from three words out of nine. */
const sentences: Dataset = {
  samples: 3,
  shape: [3],
  x: Int32Array.from([0, 8, 3, 1, 1, 2, 7, 0, 5]),
  y: Float32Array.from([0.5, -1, 2, 0, 1, 3]),
  classes: 0,
  normalise: { scale: 1, offset: 0 },
};

describe('a dataset of indices and numbers', () => {
  it('comes back as it was written', () => {
    expect(decodeDataset(encodeDataset(sentences))).toEqual(sentences);
    expect(decodeDataset(file({ y: [[4], new Float32Array(4)], metadata: {} }))).toMatchObject({ classes: 0, samples: 4 });
  });

  it('gives batches of both', () => {
    const batch = new BatchReader(sentences).read(Uint32Array.from([2, 0, 1]), 0, 2);
    expect(batch).toEqual({ samples: 2, x: Int32Array.from([7, 0, 5, 0, 8, 3]), y: Float32Array.from([1, 3, 0.5, -1]) });
  });

  it('is selected from', () => {
    expect(selectSamples(sentences, [1])).toEqual({ ...sentences, samples: 1, x: Int32Array.from([1, 1, 2]), y: Float32Array.from([2, 0]) });
  });

  it('fits a model of as many words and numbers', () => {
    const model = (vocabulary: number, units: number, loss: string): ReturnType<typeof parseGraph> =>
      parseGraph(chain(['DataInput', { shape: [3], dtype: 'int32' }], ['Embedding', { vocabulary, units: 2 }], ['Flatten'], ['Linear', { units }], ['Output', { loss }]));
    const verdict = (vocabulary: number, units: number, loss = 'huber'): string => refusal(() => checkDatasetFits(model(vocabulary, units, loss), sentences));
    expect(verdict(9, 2)).toBe('accepted');
    expect(verdict(8, 2)).toMatch(/index 1 is 8; the model's vocabulary ends at 7/);
    expect(verdict(9, 3)).toMatch(/2 numbers a sample .* gives 3/);
    expect(verdict(9, 2, 'crossEntropy')).toMatch(/compares with class labels; the dataset has numbers/);
  });
});

describe('checkDatasetFits', () => {
  const graph = parseGraph(chain(['DataInput', { shape: [6, 6, 1] }], ['Flatten'], ['Linear', { units: 3 }], ['Output']));

  it('names both shapes', () => {
    expect(refusal(() => checkDatasetFits(graph, tinyPictures(3, 7)))).toMatch(/have shape \[7, 7, 1\]; the model's DataInput takes \[6, 6, 1\]/);
  });

  it('wants numbers or indices as the model takes them, and targets as its loss does', () => {
    const other = (input: object, loss: string): ReturnType<typeof parseGraph> => parseGraph(chain(['DataInput', { shape: [36], ...input }], ...('dtype' in input ? [['Embedding', { vocabulary: 4, units: 1 }] as const, ['Flatten'] as const] : []), ['Linear', { units: 3 }], ['Output', { loss }]));
    const flat = { ...tinyPictures(3), shape: [36] };
    expect(refusal(() => checkDatasetFits(other({}, 'huber'), flat))).toMatch(/huber compares with numbers; the dataset has class labels/);
    expect(refusal(() => checkDatasetFits(other({ dtype: 'int32' }, 'crossEntropy'), flat))).toMatch(/takes indices \(int32\); the dataset has numbers/);
  });

  it('wants an output for every class', () => {
    expect(refusal(() => checkDatasetFits(graph, { ...tinyPictures(3), classes: 4 }))).toMatch(/4 classes; the model's Output has only 3/);
    expect(refusal(() => checkDatasetFits(graph, tinyPictures(3)))).toBe('accepted');
  });
});

describe('BatchReader', () => {
  it('gives the samples of the order as they are, and a smaller last batch', () => {
    const dataset = { ...tinyPictures(7), normalise: { scale: 2, offset: -1 } };
    const reader = new BatchReader(dataset);
    const order = Uint32Array.from([6, 2, 4, 0, 1, 3, 5]);
    const batch = reader.read(order, 5, 10);
    expect(batch.samples).toBe(2);
    expect([...batch.y]).toEqual([dataset.y[3], dataset.y[5]]);
    expect([...batch.x.subarray(36)]).toEqual([...dataset.x.subarray(180, 216)]);
  });

  it('shuffles each epoch and seed in its own way, the same each time', () => {
    const orders = [epochOrder(50, 1, 0), epochOrder(50, 1, 1), epochOrder(50, 2, 0)].map((order) => order.join());
    expect(new Set(orders).size).toBe(3);
    expect(epochOrder(50, 1, 1).join()).toBe(orders[1]);
  });
});

describe('selectSamples', () => {
  it('keeps each sample with its label', () => {
    const dataset = tinyPictures(5);
    const two = selectSamples(dataset, [4, 1]);
    expect(two.samples).toBe(2);
    expect([...two.y]).toEqual([dataset.y[4], dataset.y[1]]);
    expect(two.x.subarray(0, 36)).toEqual(dataset.x.subarray(144, 180));
  });
});
