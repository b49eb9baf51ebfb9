import { appendFileSync, existsSync, linkSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CyxError } from '#core/errors/cyx-error';
import { CHILD_FILES, checkpointFile, trainingSpecSchema, type CheckpointLine } from '#engine/node/child-contract';
import { meanLoss } from '#engine/trainer/state';
import { formOfRun, inspectCheckpoint } from './checkpoint-inspect.ts';
import { readCheckpointLog } from './checkpoint-log.ts';
import { readJson } from './json-file.ts';
import type { Run } from './supervisor.ts';

/** Nobody is to blame, and the job goes on elsewhere: the workflow gives an attempt that ends so back unjudged. */
export function handedBack(reason: string, cause?: unknown): CyxError {
  return new CyxError('HANDED_BACK', reason, cause === undefined ? {} : { cause });
}

/** Why a node that drains does not go on. */
export function drained(): CyxError {
  return handedBack('The owner of this node has it end its work; the job goes on elsewhere from its last checkpoint');
}

/**
 * Puts the checkpoint of a process that has left among those to be stored, as one that is no link, so that another node
 * repeats no step. A run that has none, or none that is newer than those, stays as it is.
 */
export async function keepStoppedState({ dir, tail }: Run): Promise<void> {
  const path = join(dir, CHILD_FILES.checkpoint);
  const spec = readJson(join(dir, CHILD_FILES.spec), trainingSpecSchema);
  const progress = tail(0).read().at(-1);
  if (spec === undefined || progress === undefined || !existsSync(path)) return;
  const { state, stateHash } = await inspectCheckpoint(path, await formOfRun(spec));
  if (state.step === 0 || state.step <= (readCheckpointLog(dir).at(-1)?.step ?? 0)) return;
  const stepsPerEpoch = progress.steps / progress.epochs;
  const line: CheckpointLine = {
    step: state.step,
    isLink: false,
    stateHash,
    epoch: Math.floor(state.step / stepsPerEpoch),
    batch: state.step % stepsPerEpoch,
    meanLoss: meanLoss(state.sinceLink),
    chain: state.chainHex,
    sizeBytes: statSync(path).size,
  };
  const target = checkpointFile(dir, state.step);
  mkdirSync(join(dir, CHILD_FILES.checkpoints), { recursive: true, mode: 0o700 });
  rmSync(target, { force: true });
  linkSync(path, target);
  appendFileSync(join(dir, CHILD_FILES.checkpointLog), `${JSON.stringify(line)}\n`, { mode: 0o600 });
}
