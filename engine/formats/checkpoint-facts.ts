import { hashTensors, toHex } from '../trainer/commitment.ts';
import type { RunState } from '../trainer/state.ts';
import { readCheckpoint } from './checkpoint-file.ts';
import type { NamedTensor } from './safetensors.ts';

/** What a checkpoint says of itself, and what its values hash to. Only `stateHash` was computed here; the rest is claimed. */
export interface CheckpointFacts extends Omit<RunState, 'chainHex'> {
  /** c_0 of the run that it belongs to. */
  readonly runHex: string;
  /** Of weights and optimizer slots, as links of the commitment chain have it. */
  readonly stateHash: string;
  /** Head of the commitment chain: at a link, that link. */
  readonly chain: string;
  /** Where the last of the steps were made; undefined where the run named no device. */
  readonly device: string | undefined;
  /** Weights by name, without optimizer slots. */
  weights(): Map<string, NamedTensor>;
}

/** @throws CyxError RESULT_INVALID for bytes that are no checkpoint. */
export async function checkpointFacts(bytes: Uint8Array): Promise<CheckpointFacts> {
  const { runHex, state, tensors } = readCheckpoint(bytes, 'RESULT_INVALID');
  const { chainHex: chain, ...rest } = state;
  return {
    ...rest,
    runHex,
    chain,
    stateHash: toHex(await hashTensors(tensors)),
    device: state.devices.at(-1)?.device,
    // Layer ids have no colon, slots have one.
    weights: () => new Map([...tensors].filter(([name]) => !name.includes(':'))),
  };
}
