import { CyxError } from '#core/errors/cyx-error';
import { selectSamples, type Dataset } from './dataset.ts';
import { permutation, randomStream } from './random.ts';

/** Without a file of its own, this share of the dataset is held out, chosen by a fixed seed. */
const HELD_OUT_SHARE = 0.2;
const SPLIT_SEED = 1;

/** Sets a fifth aside: the same samples each time, in a terminal, in a browser and at home. */
export function splitDataset(all: Dataset): { readonly training: Dataset; readonly heldOut: Dataset } {
  if (all.samples < 2) {
    throw new CyxError('DATASET_INVALID', 'The dataset has one sample, so none can be set aside to judge the model by; give more samples, or name other data with --held-out');
  }
  const order = permutation(all.samples, randomStream(SPLIT_SEED, 'split'));
  const cut = all.samples - Math.max(1, Math.floor(all.samples * HELD_OUT_SHARE));
  return { training: selectSamples(all, order.subarray(0, cut)), heldOut: selectSamples(all, order.subarray(cut)) };
}
