import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHILD_FILES, trainingChildCommand, type TrainingSpecInput } from '#engine/node/child-contract';
import { encodeDataset, selectSamples } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';

const SAMPLES = 640;

/** Trains a model honestly, once: what a node that copies from another would have got hold of. */
export async function makeStash(): Promise<Uint8Array> {
  const dir = mkdtempSync(join(tmpdir(), 'cyxwiz-stash-'));
  try {
    const { training } = await loadDigits();
    const datasetFile = join(dir, 'dataset.safetensors');
    writeFileSync(datasetFile, encodeDataset(selectSamples(training, Array.from({ length: SAMPLES }, (_, index) => training.samples - 1 - index))));
    const spec: TrainingSpecInput = {
      jobId: 'somebody-elses',
      attempt: 1,
      graphJson: readFileSync(fileURLToPath(new URL('../../../examples/graphs/digits-cnn.json', import.meta.url)), 'utf8'),
      hyperParameters: { epochs: 6, batchSize: 32, learningRate: 0.002, optimizer: 'adam', seed: 20_000_003 },
      datasetFile,
      datasetCid: 'somebody-elses',
      checkpointEverySteps: 20,
      threads: 1,
    };
    writeFileSync(join(dir, CHILD_FILES.spec), JSON.stringify(spec));
    const { command, args } = trainingChildCommand(dir);
    const [code] = (await once(spawn(command, [...args], { stdio: 'ignore' }), 'exit')) as [number | null];
    if (code !== 0) throw new Error(`The training for the stash ended with ${code}`);
    return readFileSync(join(dir, CHILD_FILES.checkpoint));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
