/**
 * A dataset file is a safetensors file with `x` (uint8 or float32, [samples, …shape of one sample]) and `y`
 * (uint8 or int32, [samples]; class indices), and metadata `classes` (a decimal number) and `normalise` (JSON
 * {scale, offset}: the model sees x·scale + offset; bytes default to x/255, floats to x).
 */
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { sizeOf, formatShape } from '#core/graph/layers/layer-spec';
import { dataNeeds } from '#core/graph/shapes';
import type { ModelGraph, Shape } from '#core/graph/schema';
import { decodeTensors, encodeTensors, type NamedTensor } from '../formats/safetensors.ts';

/** The model sees value·scale + offset. */
export interface Normalise {
  readonly scale: number;
  readonly offset: number;
}

export interface Dataset {
  readonly samples: number;
  /** Of one sample: [height, width, channels] or [features]. */
  readonly shape: Shape;
  /** `samples` rows of as many values as `shape` has. */
  readonly x: Uint8Array | Float32Array;
  /** Class indices below `classes`. */
  readonly y: Uint8Array | Int32Array;
  readonly classes: number;
  readonly normalise: Normalise;
}

export const normaliseSchema = z.strictObject({ scale: z.number(), offset: z.number() });

export const BYTES_TO_UNIT: Normalise = { scale: 1 / 255, offset: 0 };
const AS_IT_IS: Normalise = { scale: 1, offset: 0 };

function invalid(message: string): CyxError {
  return new CyxError('DATASET_INVALID', message);
}

function parseNormalise(text: string | undefined, x: Dataset['x']): Normalise {
  if (text === undefined) return x instanceof Uint8Array ? BYTES_TO_UNIT : AS_IT_IS;
  try {
    return normaliseSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CyxError('DATASET_INVALID', 'The dataset\'s metadata "normalise" must be JSON {"scale": number, "offset": number}', { cause });
  }
}

function parseClasses(text: string | undefined): number {
  const classes = Number(text);
  if (!Number.isInteger(classes) || classes < 2) throw invalid('The dataset\'s metadata "classes" must be a whole number of at least 2');
  return classes;
}

function tensorOf(tensors: ReadonlyMap<string, NamedTensor>, name: string): NamedTensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw invalid(`The dataset has no tensor "${name}"; it needs "x" (samples) and "y" (class indices)`);
  return tensor;
}

function checkLabels(y: Dataset['y'], classes: number): void {
  const at = y.findIndex((label) => label < 0 || label >= classes);
  if (at >= 0) throw invalid(`The dataset's label ${at} is ${String(y[at])}; labels must be 0 to ${classes - 1}`);
}

function checkValues(x: Dataset['x']): void {
  if (x instanceof Uint8Array) return;
  const at = x.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw invalid(`The dataset's value ${at} in "x" is ${String(x[at])}; every value must be a finite number`);
}

/** Reads and checks a dataset file. @throws CyxError DATASET_INVALID with what to mend. */
export function decodeDataset(bytes: Uint8Array): Dataset {
  const { tensors, metadata } = decodeTensors(bytes, 'dataset', 'DATASET_INVALID');
  const { shape: xShape, data: x } = tensorOf(tensors, 'x');
  const { shape: yShape, data: y } = tensorOf(tensors, 'y');
  if (x instanceof Int32Array) throw invalid('The dataset\'s "x" must be uint8 or float32');
  if (y instanceof Float32Array) throw invalid('The dataset\'s "y" must be uint8 or int32 class indices');
  const [samples = 0, ...shape] = xShape;
  if (samples === 0 || sizeOf(shape) === 0 || shape.length === 0) {
    throw invalid(`The dataset's "x" has shape ${formatShape(xShape)}; expected [samples, …] with at least one sample`);
  }
  if (yShape.length !== 1 || yShape[0] !== samples) {
    throw invalid(`The dataset's "y" has shape ${formatShape(yShape)}; expected one label for each of the ${samples} samples, [${samples}]`);
  }
  const classes = parseClasses(metadata['classes']);
  checkLabels(y, classes);
  checkValues(x);
  return { samples, shape, x, y, classes, normalise: parseNormalise(metadata['normalise'], x) };
}

export function encodeDataset(dataset: Dataset): Uint8Array {
  const { samples, shape, x, y, classes, normalise } = dataset;
  return encodeTensors({
    tensors: new Map<string, NamedTensor>([
      ['x', { shape: [samples, ...shape], data: x }],
      ['y', { shape: [samples], data: y }],
    ]),
    metadata: { classes: String(classes), normalise: JSON.stringify(normalise) },
  });
}

/** @throws CyxError DATASET_INVALID where the samples or labels are not what the model takes. */
export function checkDatasetFits(graph: ModelGraph, dataset: Dataset): void {
  const { inputShape, labels: classes = 0, targets, inputDtype, loss } = dataNeeds(graph);
  if (targets === 'values') throw invalid(`The model's loss ${loss} compares with numbers; the dataset has class labels`);
  if (inputDtype === 'int32') throw invalid('The model takes indices (int32); the dataset has numbers');
  if (formatShape(inputShape) !== formatShape(dataset.shape)) {
    throw invalid(`The dataset's samples have shape ${formatShape(dataset.shape)}; the model's DataInput takes ${formatShape(inputShape)}`);
  }
  if (dataset.classes > classes) throw invalid(`The dataset has ${dataset.classes} classes; the model's Output has only ${classes}`);
}

/** The samples that `indices` name, in that order. */
export function selectSamples(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const size = sizeOf(dataset.shape);
  const samples = indices.length;
  const x = dataset.x instanceof Uint8Array ? new Uint8Array(samples * size) : new Float32Array(samples * size);
  const y = dataset.y instanceof Uint8Array ? new Uint8Array(samples) : new Int32Array(samples);
  for (let row = 0; row < samples; row++) {
    const index = indices[row] as number;
    x.set(dataset.x.subarray(index * size, (index + 1) * size), row * size);
    y[row] = dataset.y[index] as number;
  }
  return { ...dataset, samples, x, y };
}
