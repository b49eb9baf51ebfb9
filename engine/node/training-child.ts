/**
 * The training child: `node --import tsx engine/node/training-child.ts <workDir>`. It talks to its supervisor in
 * files only (child-contract.ts), needs no network, and may be killed at any moment.
 *
 * Exit 0: there is a result, or a SIGTERM was obeyed. Exit 1: neither; stderr says why.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { parseGraph } from '#core/graph/parse';
import { encodeModel } from '../formats/model-file.ts';
import { train, type TrainingOutcome } from '../trainer/train.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { CHILD_FILES, readTrainingResult, trainingSpecSchema, type ChildInfo, type TrainingResult, type TrainingSpec } from './child-contract.ts';
import { peakResidentBytes } from './device-benchmark/machine.ts';
import { trainingDataOf } from './dataset-file.ts';
import { nameDevice } from './device-class.ts';
import { loadTensorflow } from './load-tensorflow.ts';
import { memoryBound } from './memory-bound.ts';
import { strayFailure } from './out-of-memory.ts';
import { ProgressLog } from './progress-log.ts';
import { graphBackend } from './tensorflow/backend.ts';
import { startWatchdog } from './watchdog.ts';

const LOOK_MS = 50;

async function readSpec(workDir: string): Promise<TrainingSpec> {
  const text = await readFile(join(workDir, CHILD_FILES.spec), 'utf8');
  return parseInput(trainingSpecSchema, JSON.parse(text));
}

/** Kept once nobody wants the run to wait any more. */
async function pauseOver(pauseFile: string, shouldStop: () => boolean): Promise<void> {
  while (existsSync(pauseFile) && !shouldStop()) await sleep(LOOK_MS);
}

async function runTraining(workDir: string, spec: TrainingSpec, shouldStop: () => boolean): Promise<TrainingOutcome & { samples: number }> {
  const memoryBytes = memoryBound(spec.memoryMb);
  const { datasetCid, hyperParameters, checkpointEverySteps, deadlineAtMs } = spec;
  startWatchdog({ resultFile: join(workDir, CHILD_FILES.result), memoryBytes, deadlineAtMs, batchSize: hyperParameters.batchSize });
  const graph = parseGraph(spec.graphJson);
  const dataset = trainingDataOf(spec.datasetFile);
  const { tf, profile } = loadTensorflow({ threads: spec.threads });
  const [checkpointFile, pauseFile] = [join(workDir, CHILD_FILES.checkpoint), join(workDir, CHILD_FILES.pause)];
  const resumeFrom = existsSync(checkpointFile) ? await readFile(checkpointFile) : undefined;
  const log = new ProgressLog(join(workDir, CHILD_FILES.progress));
  const checkpoints = new CheckpointStore(workDir, { keepsLinks: spec.keepsLinks });
  try {
    const outcome = await train(
      graphBackend(tf, { halfPrecision: profile.device === 'cuda' }),
      { graph, dataset, datasetCid, hyperParameters, checkpointEverySteps, device: nameDevice(profile) },
      {
        onProgress: (progress) => log.append(progress),
        onCheckpoint: (bytes, event) => checkpoints.keep(bytes, event),
        checkpointEveryMs: spec.checkpointEveryMs,
        sha256: (bytes) => createHash('sha256').update(bytes).digest(),
        shouldStop,
        pause: () => (existsSync(pauseFile) ? pauseOver(pauseFile, shouldStop) : undefined),
        breathe: () => setImmediate(),
        memoryBytes,
        peakBytes: peakResidentBytes,
      },
      resumeFrom,
    );
    await checkpoints.flush();
    return { ...outcome, samples: dataset.facts.samples };
  } finally {
    await checkpoints.close();
    log.close();
  }
}

async function success(workDir: string, outcome: Extract<TrainingOutcome, { kind: 'finished' }>, samples: number): Promise<TrainingResult> {
  const modelFile = join(workDir, CHILD_FILES.model);
  await writeFileAtomically(modelFile, encodeModel(outcome.model));
  const { commitmentHex, metrics } = outcome.model;
  return {
    ok: true,
    modelFile,
    commitmentHex,
    weightsHex: outcome.weightsHex,
    finalLoss: metrics.loss,
    finalAccuracy: metrics.accuracy,
    trainingMs: Math.round(outcome.trainingMs),
    steps: metrics.steps,
    samples,
    devices: [...outcome.devices],
  };
}

/** What went wrong, for the person whose job it is; the stack goes to stderr. */
function failure(error: unknown): TrainingResult {
  console.error(error);
  if (error instanceof CyxError) return { ok: false, code: error.code, message: error.message, facts: { ...error.facts } };
  return strayFailure(error);
}

async function main(workDir: string): Promise<void> {
  if (readTrainingResult(workDir) !== undefined) return;
  let isStopping = false;
  process.on('SIGTERM', () => {
    isStopping = true;
  });
  const info: ChildInfo = { pid: process.pid, startedAt: new Date().toISOString() };
  await writeFileAtomically(join(workDir, CHILD_FILES.child), JSON.stringify(info));
  let result: TrainingResult;
  try {
    const outcome = await runTraining(workDir, await readSpec(workDir), () => isStopping);
    if (outcome.kind === 'stopped') return;
    result = await success(workDir, outcome, outcome.samples);
  } catch (error) {
    result = failure(error);
  }
  await writeFileAtomically(join(workDir, CHILD_FILES.result), JSON.stringify(result));
}

const workDir = process.argv[2];
if (workDir === undefined) {
  console.error('usage: training-child.ts <workDir>');
  process.exit(2);
}
await main(workDir);
