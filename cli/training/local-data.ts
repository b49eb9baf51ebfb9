import { CyxError } from '#core/errors/cyx-error';
import { decodeDataset, selectSamples, type Dataset } from '#engine/data/dataset';
import { permutation, randomStream } from '#engine/data/random';
import { loadDigits } from '#engine/node/digits';
import { readInput } from '../context.ts';

/** Without a file of its own, this share of the dataset is held out, chosen by a fixed seed. */
const HELD_OUT_SHARE = 0.2;
const SPLIT_SEED = 1;

export interface TrainingData {
  readonly training: Dataset;
  /** Undefined where the person wants to train on everything. */
  readonly heldOut: Dataset | undefined;
}

export async function readDataset(file: string): Promise<Dataset> {
  return decodeDataset(new Uint8Array(await readInput(file)));
}

/** Sets a fifth aside. The same samples each time, for jobs (`cyxwiz data put`) and at home. */
export function splitDataset(all: Dataset): { readonly training: Dataset; readonly heldOut: Dataset } {
  if (all.samples < 2) throw new CyxError('DATASET_INVALID', 'The dataset has one sample, so none can be set aside to judge the model by; name other data with --held-out');
  const order = permutation(all.samples, randomStream(SPLIT_SEED, 'split'));
  const cut = all.samples - Math.max(1, Math.floor(all.samples * HELD_OUT_SHARE));
  return { training: selectSamples(all, order.subarray(0, cut)), heldOut: selectSamples(all, order.subarray(cut)) };
}

/** `data` is a dataset file or the word `digits`; `heldOut` a dataset file or the word `none`. */
export async function loadTrainingData(data: string, heldOut: string | undefined): Promise<TrainingData> {
  if (data === 'digits' && heldOut === undefined) return loadDigits();
  const all = data === 'digits' ? (await loadDigits()).training : await readDataset(data);
  if (heldOut === 'none') return { training: all, heldOut: undefined };
  return heldOut === undefined ? splitDataset(all) : { training: all, heldOut: await readDataset(heldOut) };
}
