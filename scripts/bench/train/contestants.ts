import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { canonicalGraphJson } from '#core/graph/canonical';
import type { ModelGraph } from '#core/graph/schema';
import { compileModel } from '#engine/model/model';
import { initialWeights } from '#engine/model/weights';
import { randomStream } from '#engine/data/random';
import { Keras, roundSchema, type ReferenceBatch, type Tensors, type TimedLoop, type TimedRound } from '../../reference/keras.ts';
import { randomIndices, randomValues } from '../../reference/engine.ts';
import { LineClient } from '../../reference/line-client.ts';
import { toWire, toWireAll } from '../../reference/wire.ts';
import { benchSettings } from './models.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** So many different batches go round. */
export const BATCHES = 8;
const CLASSES = 10;

export interface BenchCase {
  readonly graph: ModelGraph;
  readonly batchSize: number;
  readonly weights: Tensors;
  readonly data: ReferenceBatch;
}

/** A model with its start and its data; the same for all contestants. */
export function benchCase(graph: ModelGraph, batchSize: number): BenchCase {
  const { seed } = benchSettings(batchSize);
  const model = compileModel(graph);
  const [input] = model.stages;
  const samples = batchSize * BATCHES;
  const random = randomStream(seed, 'bench/data', batchSize);
  const data = { x: randomValues([samples, ...(input?.facts.output ?? [])], random), y: randomIndices([samples], CLASSES, random) };
  return { graph, batchSize, weights: initialWeights([...model.trainable, ...model.frozen], seed), data };
}

/** One way to train, in a process of its own that lives for the whole bench. */
export interface Contestant {
  prepare(what: BenchCase): Promise<void>;
  round(steps: number): Promise<TimedRound>;
  close(): Promise<void>;
}

interface Settings {
  readonly threads: number;
  readonly env: NodeJS.ProcessEnv;
}

/** What every process is told, whichever language it speaks. */
function tensorflowEnv({ threads, env }: Settings): NodeJS.ProcessEnv {
  return { ...env, TF_NUM_INTRAOP_THREADS: String(threads), TF_NUM_INTEROP_THREADS: '1', TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '2' };
}

export function nodeContestant(which: 'ours' | 'eager', settings: Settings): Contestant {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const args = ['--import', loader, MAIN, 'train-contestant', which, String(settings.threads)];
  const client = new LineClient({ name: `the contestant "${which}"`, command: process.execPath, args, env: tensorflowEnv(settings) });
  return {
    async prepare({ graph, batchSize, weights, data }) {
      const body = { graphJson: canonicalGraphJson(graph), batchSize, weights: toWireAll(weights), x: toWire(data.x), y: toWire(data.y) };
      await client.ask('prepare', z.unknown(), body);
    },
    round: (steps) => client.ask('round', roundSchema, { steps }),
    close: () => client.close(),
  };
}

export function pythonContestant(loop: TimedLoop, python: string, settings: Settings): Contestant {
  const keras = new Keras(python, settings);
  return {
    async prepare({ graph, batchSize, weights, data }) {
      const { optimizer, learningRate } = benchSettings(batchSize);
      await keras.prepare({ graph, weights }, { loop, settings: { optimizer, learningRate }, data, batchSize });
    },
    round: (steps) => keras.round(steps),
    close: () => keras.close(),
  };
}
