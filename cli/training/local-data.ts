import { decodeDataset, type Dataset } from '#engine/data/dataset';
import { splitDataset } from '#engine/data/split';
import { loadDigits } from '#engine/node/digits';
import { readInput } from '../context.ts';

export interface TrainingData {
  readonly training: Dataset;
  /** Undefined where the person wants to train on everything. */
  readonly heldOut: Dataset | undefined;
}

export async function readDataset(file: string): Promise<Dataset> {
  return decodeDataset(new Uint8Array(await readInput(file)));
}

/** `data` is a dataset file or the word `digits`; `heldOut` a dataset file or the word `none`. */
export async function loadTrainingData(data: string, heldOut: string | undefined): Promise<TrainingData> {
  if (data === 'digits' && heldOut === undefined) return loadDigits();
  const all = data === 'digits' ? (await loadDigits()).training : await readDataset(data);
  if (heldOut === 'none') return { training: all, heldOut: undefined };
  return heldOut === undefined ? splitDataset(all) : { training: all, heldOut: await readDataset(heldOut) };
}
