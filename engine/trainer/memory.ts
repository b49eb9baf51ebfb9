import { CyxError } from '#core/errors/cyx-error';
import { sizeOf } from '#core/graph/layers/layer-spec';
import type { CompiledModel } from '../model/model.ts';

const FLOAT_BYTES = 4;
/** Below this share of the memory the estimate alone is trusted: it may be wrong by as much. */
const SAFE_SHARE = 0.25;
/** So much of the memory a trial may be expected to fill: allocators round up, and a checkpoint takes its share. */
const TRIAL_SHARE = 0.9;

/** What one sample of a training step holds: each layer's output, kept for the gradient, and once more on the way back. */
function bytesPerSample(model: Pick<CompiledModel, 'stages'>): number {
  const values = model.stages.reduce((sum, { facts }) => sum + sizeOf(facts.output ?? []), 0);
  return 2 * FLOAT_BYTES * values;
}

export interface MemoryQuestion {
  /** Runs a training step of so many samples. @throws CyxError OUT_OF_MEMORY where the device can not. */
  readonly trial: (samples: number) => void | Promise<void>;
  readonly model: CompiledModel;
  readonly batchSize: number;
  /** What the process may use, and its largest size so far; without them only the device says what does not fit. */
  readonly memoryBytes?: number | undefined;
  readonly peakBytes?: (() => number) | undefined;
}

/** Whether a run is so small beside its memory that nothing needs to be tried. */
export function fitsForSure({ model, batchSize, memoryBytes, peakBytes }: Omit<MemoryQuestion, 'trial'>): boolean {
  if (memoryBytes === undefined || peakBytes === undefined) return true;
  const weights = model.trainable.reduce((sum, { size }) => sum + size, 0);
  // Weights, gradients, up to two slots, and a checkpoint on its way.
  const needed = peakBytes() + 6 * FLOAT_BYTES * weights + batchSize * bytesPerSample(model);
  return needed < SAFE_SHARE * memoryBytes;
}

/**
 * The largest batch, of 1, 2, 4, … and `batchSize`, that a training step was seen to have memory for. Stops before a size
 * that, by the growth of the last one, can not fit, so the trials themselves stay within the memory. 0: not even one.
 */
export async function fittingBatchSize({ trial, model, batchSize, memoryBytes = Infinity, peakBytes = () => 0 }: MemoryQuestion): Promise<number> {
  const usableBytes = TRIAL_SHARE * memoryBytes;
  // The peak so far may hide how much the small sizes took.
  const leastGrowth = usableBytes === Infinity ? 0 : bytesPerSample(model) / 4;
  let fits = 0;
  let growth = leastGrowth;
  while (fits < batchSize) {
    const size = Math.min(batchSize, Math.max(1, fits * 2));
    const before = peakBytes();
    const room = usableBytes - before;
    if (room <= 0 || growth * (size - fits) > room) return fits;
    try {
      await trial(size);
    } catch (error) {
      if (error instanceof CyxError && error.code === 'OUT_OF_MEMORY') return fits;
      throw error;
    }
    const peak = peakBytes();
    if (peak > memoryBytes) return fits;
    // The first step also makes what every step needs, whatever its size.
    if (fits > 0) growth = Math.max(leastGrowth, (peak - before) / (size - fits));
    fits = size;
  }
  return fits;
}

/** The answer to a run that does not fit. */
export function outOfMemory(batchSize: number, fits: number, memoryBytes?: number, cause?: unknown): CyxError {
  const room = memoryBytes === undefined ? 'the device has' : `the ${Math.floor(memoryBytes / 2 ** 20)} MiB that it may use`;
  const advice = fits === 0 ? 'not even a batch of one sample would fit: use a smaller model' : `a batch size of ${fits} would fit`;
  return new CyxError('OUT_OF_MEMORY', `A training step of ${batchSize} samples needs more memory than ${room}; ${advice}`, {
    facts: { batchSize: String(batchSize), fittingBatchSize: String(fits) },
    ...(cause === undefined ? {} : { cause }),
  });
}
