import { totalmem } from 'node:os';

const MIB = 1024 * 1024;
/** Below this TensorFlow itself does not load. */
export const MIN_TRAINING_MEMORY_MB = 512;
/** Of the machine's memory, where no bound is given: the rest is for the system and the node itself. */
const DEFAULT_SHARE = 0.8;

/** What a child may use, in bytes. */
export function memoryBound(memoryMb: number | undefined): number {
  if (memoryMb !== undefined) return memoryMb * MIB;
  // 0 or beyond all memory: nothing constrains the process.
  const constrained = process.constrainedMemory();
  return DEFAULT_SHARE * Math.min(totalmem(), constrained > 0 ? constrained : Infinity);
}
