/** Runs of the whole trainer in processes of their own: what is repeated, interrupted, and watched for its memory. */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { HyperParameters } from '#core/graph/hyper-parameters';
import { parseGraph } from '#core/graph/parse';
import { randomStream } from '#engine/data/random';
import { firstSamples } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';
import { compileModel } from '#engine/model/model';
import { initialWeights } from '#engine/model/weights';
import { train, type TrainingRun } from '#engine/trainer/train';
import { engineBatch, randomIndices, randomValues } from '../../reference/engine.ts';
import { LineClient } from '../../reference/line-client.ts';
import { serveLines } from '../../reference/line-server.ts';
import { nodeSide } from '../../reference/node-side.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const SAMPLES = 1_000;

/** Dropout, batch norm and Adam: all that has a state or draws numbers. The last batch of an epoch is a small one. */
const GRAPH = parseGraph({
  version: 1,
  nodes: [
    { id: 'input', type: 'DataInput', params: { shape: [28, 28, 1] } },
    { id: 'conv', type: 'Conv2D', params: { filters: 8, strides: 2 } },
    { id: 'norm', type: 'BatchNorm' },
    { id: 'relu', type: 'ReLU' },
    { id: 'pool', type: 'MaxPool' },
    { id: 'flat', type: 'Flatten' },
    { id: 'drop', type: 'Dropout', params: { rate: 0.2 } },
    { id: 'scores', type: 'Linear', params: { units: 10 } },
    { id: 'output', type: 'Output' },
  ],
  edges: ['input', 'conv', 'norm', 'relu', 'pool', 'flat', 'drop', 'scores', 'output'].flatMap((to, at, ids) => (at === 0 ? [] : [{ from: ids[at - 1]!, to }])),
});

const HYPER_PARAMETERS: HyperParameters = { epochs: 5, batchSize: 48, learningRate: 0.002, optimizer: 'adam', seed: 7 };
export const RUN_STEPS = Math.ceil(SAMPLES / HYPER_PARAMETERS.batchSize) * HYPER_PARAMETERS.epochs;

const runRequestSchema = z.object({
  threads: z.int().min(1),
  /** Stops after this step with a checkpoint. */
  stopAfter: z.int().min(1).optional(),
  /** Goes on from this checkpoint, in base64. */
  checkpoint: z.string().optional(),
});
type RunRequest = z.output<typeof runRequestSchema>;

export const runAnswerSchema = z.object({
  /** Of the finished run. */
  hash: z.string().optional(),
  commitment: z.string().optional(),
  checkpoint: z.string().optional(),
});
export type RunAnswer = z.output<typeof runAnswerSchema>;

async function runTraining({ threads, stopAfter, checkpoint }: RunRequest): Promise<RunAnswer> {
  const { training } = await loadDigits();
  const dataset = firstSamples(training, SAMPLES);
  const run: TrainingRun = { graph: GRAPH, dataset, datasetCid: 'bafy-proof', hyperParameters: HYPER_PARAMETERS, checkpointEverySteps: 1_000 };
  const resumeFrom = checkpoint === undefined ? undefined : Uint8Array.from(Buffer.from(checkpoint, 'base64'));
  let saved: string | undefined;
  // Asked once before each step: the first answer is about the step after none.
  let asked = 0;
  const outcome = await train(
    nodeSide(threads).backend,
    run,
    {
      shouldStop: () => asked++ === stopAfter,
      onCheckpoint: (bytes) => void (saved = Buffer.from(bytes).toString('base64')),
    },
    resumeFrom,
  );
  if (outcome.kind === 'stopped') return { checkpoint: saved };
  return { hash: outcome.weightsHex, commitment: outcome.model.commitmentHex };
}

const soakRequestSchema = z.object({ threads: z.int().min(1), steps: z.int().min(1), samplesOf: z.int().min(1) });

export const soakAnswerSchema = z.object({
  /** Resident memory after each part, bytes. */
  residentBytes: z.array(z.number()),
  /** Tensors that TensorFlow.js knows of, after each part. */
  tensors: z.array(z.number()),
});
export type SoakAnswer = z.output<typeof soakAnswerSchema>;

/** `steps` steps, looking at the memory every `samplesOf` of them. */
function soak({ threads, steps, samplesOf }: z.output<typeof soakRequestSchema>): SoakAnswer {
  const side = nodeSide(threads);
  const model = compileModel(GRAPH);
  const samples = 16;
  const random = randomStream(1, 'soak');
  const batch = engineBatch({ x: randomValues([samples, 28, 28, 1], random), y: randomIndices([samples], 10, random) });
  const input = { shape: [28, 28, 1], dtype: 'float32', normalise: { scale: 1, offset: 0 } } as const;
  const tensors = initialWeights([...model.trainable, ...model.frozen], 1);
  const stepper = side.backend.createStepper({ model, input, hyperParameters: { ...HYPER_PARAMETERS, batchSize: samples }, steps, tensors });
  const answer: SoakAnswer = { residentBytes: [], tensors: [] };
  for (let step = 1; step <= steps; step++) {
    stepper.run(batch, step);
    if (step % 50 === 0) stepper.readMetrics();
    if (step % samplesOf !== 0) continue;
    globalThis.gc?.();
    answer.residentBytes.push(process.memoryUsage.rss());
    answer.tensors.push(side.countTensors());
  }
  stepper.dispose();
  return answer;
}

/** The child's side. */
export async function serveRuns(): Promise<void> {
  await serveLines({
    run: (request) => runTraining(runRequestSchema.parse(request)),
    soak: (request) => soak(soakRequestSchema.parse(request)),
  });
}

/** A fresh process; it takes one request. */
export async function inFreshProcess<T>(op: 'run' | 'soak', body: object, schema: z.ZodType<T>, env: NodeJS.ProcessEnv): Promise<T> {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const client = new LineClient({ name: `the process of "${op}"`, command: process.execPath, args: ['--expose-gc', '--import', loader, MAIN, 'runs'], env });
  try {
    return await client.ask(op, schema, body);
  } finally {
    await client.close();
  }
}
