/**
 * A dataset file is a safetensors file with `x`, [samples, …shape of one sample], and `y`, and metadata.
 *
 * `x`: uint8 or float32 values, or int32 indices from 0 (words, categories). `y`: class indices (uint8 or int32,
 * [samples]) with metadata `classes` (a decimal number); or numbers to predict (float32, [samples] or [samples, width])
 * without it. Metadata `normalise` (JSON {scale, offset}): the model sees x·scale + offset; bytes default to x/255, floats to
 * x, and indices are never changed.
 */
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { sizeOf, formatShape } from '#core/graph/layers/layer-spec';
import { dataNeeds, type DataNeeds } from '#core/graph/shapes';
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
  readonly x: Uint8Array | Float32Array | Int32Array;
  /** Class indices below `classes`; or numbers, as many a sample as `y` has for each. */
  readonly y: Uint8Array | Int32Array | Float32Array;
  /** 0 where `y` holds numbers. */
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

/** Values in `y` for one sample. */
export function targetWidth({ y, samples }: Pick<Dataset, 'y' | 'samples'>): number {
  return samples === 0 ? 1 : y.length / samples;
}

/** What the platform is told of a training set, so that a model that can not read it is refused with the quote. */
export function datasetMeta(dataset: Dataset) {
  const { samples, shape, x, classes } = dataset;
  const inputDtype = x instanceof Uint8Array ? 'uint8' : x instanceof Int32Array ? 'int32' : 'float32';
  return { samples, sampleShape: shape, classes, inputDtype, ...(classes === 0 ? { targetWidth: targetWidth(dataset) } : {}) } as const;
}

/** Rows of `width` values, one after the other, in the order of `rows`. */
export function pickRows<Values extends Dataset['x']>(values: Values, rows: ArrayLike<number>, width: number): Values {
  const picked = new (values.constructor as new (length: number) => Values)(rows.length * width);
  for (let row = 0; row < rows.length; row++) {
    const index = rows[row] as number;
    picked.set(values.subarray(index * width, (index + 1) * width), row * width);
  }
  return picked;
}

function parseClasses(text: string | undefined): number {
  const classes = Number(text);
  if (!Number.isInteger(classes) || classes < 2) throw invalid('The dataset\'s metadata "classes" must be a whole number of at least 2');
  return classes;
}

function tensorOf(tensors: ReadonlyMap<string, NamedTensor>, name: string): NamedTensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw invalid(`The dataset has no tensor "${name}"; it needs "x" (samples) and "y" (class indices or numbers)`);
  return tensor;
}

function checkLabels(y: Dataset['y'], classes: number): void {
  const at = y.findIndex((label) => label < 0 || label >= classes);
  if (at >= 0) throw invalid(`The dataset's label ${at} is ${String(y[at])}; labels must be 0 to ${classes - 1}`);
}

function checkValues(name: 'x' | 'y', values: Dataset['x']): void {
  if (values instanceof Uint8Array) return;
  if (values instanceof Int32Array) {
    const at = values.findIndex((value) => value < 0);
    if (at >= 0) throw invalid(`The dataset's index ${at} in "${name}" is ${String(values[at])}; indices count from 0`);
    return;
  }
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw invalid(`The dataset's value ${at} in "${name}" is ${String(values[at])}; every value must be a finite number`);
}

/** Checks the targets; gives the number of classes, 0 for numbers. */
function checkTargets({ shape, data }: NamedTensor, samples: number, classesText: string | undefined): number {
  const isOfNumbers = data instanceof Float32Array && classesText === undefined;
  const fits = isOfNumbers ? shape.length === 1 || shape.length === 2 : shape.length === 1;
  if (!fits || shape[0] !== samples || data.length === 0) {
    const wanted = isOfNumbers ? `numbers for each of the ${samples} samples, [${samples}, width]` : `one label for each of the ${samples} samples, [${samples}]`;
    throw invalid(`The dataset's "y" has shape ${formatShape(shape)}; expected ${wanted}`);
  }
  if (isOfNumbers) {
    checkValues('y', data);
    return 0;
  }
  if (data instanceof Float32Array) throw invalid('The dataset\'s "y" must be uint8 or int32 class indices where it says "classes"');
  const classes = parseClasses(classesText);
  checkLabels(data, classes);
  return classes;
}

/** Reads and checks a dataset file. @throws CyxError DATASET_INVALID with what to mend. */
export function decodeDataset(bytes: Uint8Array): Dataset {
  const { tensors, metadata } = decodeTensors(bytes, 'dataset', 'DATASET_INVALID');
  const { shape: xShape, data: x } = tensorOf(tensors, 'x');
  const targets = tensorOf(tensors, 'y');
  const [samples = 0, ...shape] = xShape;
  if (samples === 0 || sizeOf(shape) === 0 || shape.length === 0) {
    throw invalid(`The dataset's "x" has shape ${formatShape(xShape)}; expected [samples, …] with at least one sample`);
  }
  const classes = checkTargets(targets, samples, metadata['classes']);
  checkValues('x', x);
  return { samples, shape, x, y: targets.data, classes, normalise: parseNormalise(metadata['normalise'], x) };
}

export function encodeDataset(dataset: Dataset): Uint8Array {
  const { samples, shape, x, y, classes, normalise } = dataset;
  const yShape = y instanceof Float32Array ? [samples, targetWidth(dataset)] : [samples];
  return encodeTensors({
    tensors: new Map<string, NamedTensor>([
      ['x', { shape: [samples, ...shape], data: x }],
      ['y', { shape: yShape, data: y }],
    ]),
    metadata: { ...(classes === 0 ? {} : { classes: String(classes) }), normalise: JSON.stringify(normalise) },
  });
}

function checkTargetsFit({ targets, scores, labels = 0, loss }: DataNeeds, dataset: Dataset): void {
  if (targets === 'label') {
    if (dataset.classes === 0) throw invalid(`The model's loss ${loss} compares with class labels; the dataset has numbers`);
    if (dataset.classes > labels) throw invalid(`The dataset has ${dataset.classes} classes; the model's Output has only ${labels}`);
    return;
  }
  if (dataset.classes > 0) throw invalid(`The model's loss ${loss} compares with numbers; the dataset has class labels`);
  const width = targetWidth(dataset);
  if (width !== scores) throw invalid(`The dataset has ${width} numbers a sample to compare with; the model's Output gives ${scores}`);
}

function checkInputFits({ inputShape, inputDtype, vocabulary }: DataNeeds, { shape, x }: Dataset): void {
  if (formatShape(inputShape) !== formatShape(shape)) {
    throw invalid(`The dataset's samples have shape ${formatShape(shape)}; the model's DataInput takes ${formatShape(inputShape)}`);
  }
  if ((inputDtype === 'int32') !== x instanceof Int32Array) {
    const given = x instanceof Int32Array ? 'indices (int32)' : 'numbers';
    throw invalid(`The model takes ${inputDtype === 'int32' ? 'indices (int32)' : 'numbers'}; the dataset has ${given}`);
  }
  const at = vocabulary === undefined ? -1 : x.findIndex((index) => index >= vocabulary);
  if (at >= 0) throw invalid(`The dataset's index ${at} is ${String(x[at])}; the model's vocabulary ends at ${(vocabulary ?? 0) - 1}`);
}

/** @throws CyxError DATASET_INVALID where the samples or targets are not what the model takes. */
export function checkDatasetFits(graph: ModelGraph, dataset: Dataset): void {
  const needs = dataNeeds(graph);
  checkInputFits(needs, dataset);
  checkTargetsFit(needs, dataset);
}

/** The first `count` samples. */
export function firstSamples(dataset: Dataset, count: number): Dataset {
  return selectSamples(dataset, Array.from({ length: count }, (_, index) => index));
}

/** The samples that `indices` name, in that order. */
export function selectSamples(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const x = pickRows(dataset.x, indices, sizeOf(dataset.shape));
  const y = pickRows(dataset.y, indices, targetWidth(dataset));
  return { ...dataset, samples: indices.length, x, y };
}
