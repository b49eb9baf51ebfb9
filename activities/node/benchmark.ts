import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CyxError } from '#core/errors/cyx-error';
import { BYTES_TO_UNIT, encodeDataset } from '#engine/data/dataset';
import { CHILD_FILES, readTrainingResult, trainingChildCommand, type TrainingSpecInput } from '#engine/node/child-contract';
import { requireSuccess } from './training.ts';

const SAMPLES = 1024;
const EPOCHS = 3;
const BATCH_SIZE = 64;
const SIDE = 28;
const CLASSES = 10;

/**
 * Samples a second on the reference model (28×28×1 images, ten classes), measured by this machine's own trainer in a
 * process of its own, warm-up included. What it learns from is noise: only the time counts.
 */
export async function measureSamplesPerSecond(workDir: string, referenceGraphJson: string, threads?: number): Promise<number> {
  const dir = join(workDir, `benchmark-${process.pid}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  try {
    const datasetFile = join(dir, 'noise.safetensors');
    writeFileSync(datasetFile, encodeDataset(noise()));
    const spec: TrainingSpecInput = {
      jobId: 'benchmark',
      attempt: 1,
      graphJson: referenceGraphJson,
      hyperParameters: { epochs: EPOCHS, batchSize: BATCH_SIZE, learningRate: 0.001 },
      datasetFile,
      datasetCid: 'benchmark',
      checkpointEverySteps: SAMPLES,
      ...(threads === undefined ? {} : { threads }),
    };
    writeFileSync(join(dir, CHILD_FILES.spec), JSON.stringify(spec));
    const { command, args } = trainingChildCommand(dir);
    await once(spawn(command, [...args], { stdio: 'ignore' }), 'exit');
    const result = readTrainingResult(dir);
    if (result === undefined) throw new CyxError('TRAINING_FAILED', 'The benchmark ended without a result: is native TensorFlow installed?');
    const { samples, trainingMs } = requireSuccess(result);
    return (samples * EPOCHS * 1000) / trainingMs;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function noise(): Parameters<typeof encodeDataset>[0] {
  const size = SAMPLES * SIDE * SIDE;
  // A fixed sequence: the same work on every machine.
  const x = Uint8Array.from({ length: size }, (_, index) => (Math.imul(index + 1, 2_654_435_761) >>> 24) & 0xff);
  const y = Uint8Array.from({ length: SAMPLES }, (_, index) => index % CLASSES);
  return { samples: SAMPLES, shape: [SIDE, SIDE, 1], x, y, classes: CLASSES, normalise: BYTES_TO_UNIT };
}
