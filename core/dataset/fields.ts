import { z } from 'zod';
import { cidText } from '../input/ids.ts';
import { nameText } from '../input/text.ts';

/** Nodes and verifiers fetch a part as a whole, so its size is bounded. */
export const MAX_PART_BYTES = 2 * 1024 ** 3;

const sampleCount = z.int().min(1).max(2_000_000_000);

/** What is said about a dataset where it is registered; its keys travel differently at each edge. */
export const datasetFields = {
  cid: cidText,
  name: nameText(100),
  samples: sampleCount,
  sizeBytes: z.int().min(1).max(MAX_PART_BYTES, 'must be at most 2147483648 (2 GiB)'),
  /** Sides of one sample, without the batch. */
  sampleShape: z.array(z.int().min(1).max(2_000_000_000)).min(1).max(4),
  /** 0 where the targets are numbers. */
  classes: z.int().min(0).max(100_000),
  inputDtype: z.enum(['uint8', 'float32', 'int32']).optional(),
  /** Numbers to predict for one sample. */
  targetWidth: z.int().min(1).max(100_000).optional(),
  heldOutCid: cidText,
  heldOutSamples: sampleCount,
};
