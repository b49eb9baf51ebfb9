/**
 * The training child: `node --import tsx engine/node/training-child.ts <workDir>`. It talks to its supervisor in
 * files only (child-contract.ts), needs no network, and may be killed at any moment.
 *
 * Exit 0: there is a result, or a SIGTERM was obeyed. Exit 1: neither; stderr says why.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { parseGraph } from '#core/graph/parse';
import { decodeDataset } from '../data/dataset.ts';
import { encodeModel } from '../formats/model-file.ts';
import { train, type TrainingOutcome } from '../trainer/train.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { CHILD_FILES, readTrainingResult, trainingSpecSchema, type ChildInfo, type TrainingResult, type TrainingSpec } from './child-contract.ts';
import { loadTensorflow } from './load-tensorflow.ts';
import { graphBackend } from './tensorflow/backend.ts';
import { ProgressLog } from './progress-log.ts';

async function readSpec(workDir: string): Promise<TrainingSpec> {
  const text = await readFile(join(workDir, CHILD_FILES.spec), 'utf8');
  return parseInput(trainingSpecSchema, JSON.parse(text));
}

async function runTraining(workDir: string, spec: TrainingSpec, shouldStop: () => boolean): Promise<TrainingOutcome & { samples: number }> {
  const graph = parseGraph(spec.graphJson);
  const dataset = decodeDataset(await readFile(spec.datasetFile));
  const { tf } = loadTensorflow({ threads: spec.threads });
  const checkpointFile = join(workDir, CHILD_FILES.checkpoint);
  const resumeFrom = existsSync(checkpointFile) ? await readFile(checkpointFile) : undefined;
  const log = new ProgressLog(join(workDir, CHILD_FILES.progress));
  try {
    const { datasetCid, hyperParameters, checkpointEverySteps } = spec;
    const outcome = await train(
      graphBackend(tf),
      { graph, dataset, datasetCid, hyperParameters, checkpointEverySteps },
      {
        onProgress: (progress) => log.append(progress),
        onCheckpoint: (bytes) => writeFileAtomically(checkpointFile, bytes),
        shouldStop,
        breathe: () => setImmediate(),
      },
      resumeFrom,
    );
    return { ...outcome, samples: dataset.samples };
  } finally {
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
  };
}

/** What went wrong, for the person whose job it is; the stack goes to stderr. */
function failure(error: unknown): TrainingResult {
  console.error(error);
  if (error instanceof CyxError) return { ok: false, code: error.code, message: error.message };
  return { ok: false, code: 'TRAINING_FAILED', message: error instanceof Error ? error.message : String(error) };
}

async function main(workDir: string): Promise<void> {
  if (readTrainingResult(workDir) !== undefined) return;
  const info: ChildInfo = { pid: process.pid, startedAt: new Date().toISOString() };
  await writeFileAtomically(join(workDir, CHILD_FILES.child), JSON.stringify(info));
  let isStopping = false;
  process.on('SIGTERM', () => {
    isStopping = true;
  });
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
