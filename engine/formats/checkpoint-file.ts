import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import type { ErrorCode } from '#core/errors/table';
import { runStateSchema, type RunState } from '../trainer/state.ts';
import { decodeTensors, encodeTensors, type NamedTensor } from './safetensors.ts';

/**
 * A checkpoint is a safetensors file, so Python reads it with `safetensors.numpy.load_file`. Tensors, all float32: every
 * weight under `<layer>.<weight>`, in Keras' layout, and every optimizer slot under `<slot>:<layer>.<weight>`. Metadata:
 *
 * - `format`: the name below.
 * - `run`: c_0 of the commitment chain, which binds graph, dataset, hyper-parameters and checkpoint interval.
 * - `state`: `RunState` as JSON. Its `step` is the cursor of everything else: which samples come next follows from (seed,
 *   epoch), dropout's Philox counters from (seed, layer, step), and the learning rate from the step. `devices` names where the run was
 *   from which step on: bits are only equal within one device class, so a run that went on elsewhere shows it.
 */
export const CHECKPOINT_FORMAT = 'cyxwiz-checkpoint/1';

const hexSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** A run frozen between two steps: weights and optimizer slots as tensors, the rest as metadata. */
export interface Checkpoint {
  /** c_0 of the run's commitment chain, as hexadecimal digits. */
  readonly runHex: string;
  readonly state: RunState;
  readonly tensors: ReadonlyMap<string, NamedTensor>;
}

export function encodeCheckpoint({ runHex, state, tensors }: Checkpoint): Uint8Array {
  return encodeTensors({ tensors, metadata: { format: CHECKPOINT_FORMAT, run: runHex, state: JSON.stringify(state) } });
}

/**
 * A checkpoint of whichever run.
 *
 * @throws CyxError with `code` for a file that is no checkpoint.
 */
export function readCheckpoint(bytes: Uint8Array, code: ErrorCode): Checkpoint {
  const { tensors, metadata } = decodeTensors(bytes, 'checkpoint', code);
  if (metadata['format'] !== CHECKPOINT_FORMAT) throw new CyxError(code, `The checkpoint has format "${metadata['format'] ?? ''}"; expected "${CHECKPOINT_FORMAT}"`);
  try {
    return { runHex: hexSchema.parse(metadata['run']), tensors, state: runStateSchema.parse(JSON.parse(metadata['state'] ?? '')) };
  } catch (cause) {
    throw new CyxError(code, 'The checkpoint does not say where its run stood', { cause });
  }
}

/**
 * @param code what a bad file counts as: on a node TRAINING_FAILED, to a verifier of somebody else's file RESULT_INVALID.
 * @throws CyxError with `code` for a file that is no checkpoint, or one of another run.
 */
export function decodeCheckpoint(bytes: Uint8Array, runHex: string, code: ErrorCode = 'TRAINING_FAILED'): Checkpoint {
  const checkpoint = readCheckpoint(bytes, code);
  if (checkpoint.runHex !== runHex) {
    throw new CyxError(code, 'The checkpoint belongs to another run: graph, dataset, hyper-parameters or checkpoint interval differ');
  }
  return checkpoint;
}
