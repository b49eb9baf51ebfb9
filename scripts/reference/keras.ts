import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ModelGraph } from '#core/graph/schema';
import { inferShapes } from '#core/graph/shapes';
import type { NamedTensor } from '#engine/formats/safetensors';
import { LineClient } from './line-client.ts';
import { fromWire, fromWireAll, toWire, toWireAll, wireTensorSchema, wireTensorsSchema } from './wire.ts';

const SCRIPT = fileURLToPath(new URL('./python/reference.py', import.meta.url));

export type Tensors = ReadonlyMap<string, NamedTensor>;

/** One batch: samples and what the loss compares with. */
export interface ReferenceBatch {
  readonly x: NamedTensor;
  readonly y: NamedTensor;
}

export interface ReferenceModel {
  readonly graph: ModelGraph;
  /** By the graph's names; where left out, Keras' own initial weights. */
  readonly weights?: Tensors;
  /** Precision in which Keras computes; answers come as float32. */
  readonly dtype?: 'float32' | 'float64';
  /** Of the run: decides what Dropout layers drop. */
  readonly seed?: number;
}

export interface OptimizerSettings {
  readonly optimizer: string;
  readonly learningRate: number;
  /** Schedules that Keras has too. */
  readonly schedule?: { readonly kind: 'step'; readonly everySteps: number; readonly factor: number } | { readonly kind: 'cosine'; readonly steps: number; readonly finalFactor: number };
  /** Further arguments of Keras' own constructor, by its names. */
  readonly keras?: Readonly<Record<string, number>>;
}

export type TimedLoop = 'function' | 'fit';

export const roundSchema = z.object({ ms: z.number().positive(), loss: z.number() });
export type TimedRound = z.output<typeof roundSchema>;

const versionSchema = z.object({ tensorflow: z.string(), keras: z.string(), python: z.string() });
const gradientsSchema = z.object({ loss: z.number(), gradients: wireTensorsSchema, weights: wireTensorsSchema });
const trainSchema = z.object({ losses: z.array(z.number()), weights: wireTensorsSchema });

/** The layers in running order, with all that Keras needs to build the same model. */
function layersOf(graph: ModelGraph): object[] {
  const facts = inferShapes(graph);
  const outputs = new Map(facts.map(({ node, output }) => [node.id, output]));
  return facts.map(({ node, from }) => ({ id: node.id, type: node.type, params: node.params, from, inputs: from.map((id) => outputs.get(id)) }));
}

function body({ graph, weights, dtype = 'float32', seed = 0 }: ReferenceModel): object {
  return { layers: layersOf(graph), dtype, seed, ...(weights === undefined ? {} : { weights: toWireAll(weights) }) };
}

const batchBody = ({ x, y }: ReferenceBatch): object => ({ x: toWire(x), y: toWire(y) });

/** Keras in a Python process of its own. */
export class Keras {
  readonly #client: LineClient;

  /** `threads` is TensorFlow's intra-op thread count; there is always one inter-op thread. */
  constructor(python: string, options: { readonly threads: number; readonly env: NodeJS.ProcessEnv }) {
    const { threads, env } = options;
    this.#client = new LineClient({
      name: 'the Keras reference',
      command: python,
      args: ['-u', SCRIPT],
      env: { ...env, TF_NUM_INTRAOP_THREADS: String(threads), TF_NUM_INTEROP_THREADS: '1', TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '-1', PYTHONDONTWRITEBYTECODE: '1' },
    });
  }

  version(): Promise<z.output<typeof versionSchema>> {
    return this.#client.ask('version', versionSchema);
  }

  /** Scores before the loss's softmax or sigmoid, in inference mode. */
  async forward(model: ReferenceModel, x: NamedTensor): Promise<NamedTensor> {
    const { scores } = await this.#client.ask('forward', z.object({ scores: wireTensorSchema }), { ...body(model), x: toWire(x) });
    return fromWire(scores);
  }

  /** Of the mean loss in training mode. `weights` are those after the pass: moving statistics have moved. */
  async gradients(model: ReferenceModel, batch: ReferenceBatch): Promise<{ loss: number; gradients: Tensors; weights: Tensors }> {
    const { loss, gradients, weights } = await this.#client.ask('gradients', gradientsSchema, { ...body(model), ...batchBody(batch) });
    return { loss, gradients: fromWireAll(gradients), weights: fromWireAll(weights) };
  }

  /** `steps` updates over the batches, round and round; the loss of each step. */
  async train(model: ReferenceModel, options: { settings: OptimizerSettings; batches: readonly ReferenceBatch[]; steps: number }): Promise<{ losses: number[]; weights: Tensors }> {
    const { settings, batches, steps } = options;
    const answer = await this.#client.ask('train', trainSchema, { ...body(model), settings, steps, batches: batches.map(batchBody) });
    return { losses: answer.losses, weights: fromWireAll(answer.weights) };
  }

  /** Makes a timed loop ready; the next `prepare` replaces it. `data` holds whole batches. */
  async prepare(model: ReferenceModel, options: { loop: TimedLoop; settings: OptimizerSettings; data: ReferenceBatch; batchSize: number }): Promise<void> {
    const { data, ...rest } = options;
    await this.#client.ask('prepare', z.unknown(), { ...body(model), ...rest, ...batchBody(data) });
  }

  /** Time of `steps` steps of the prepared loop, feeding and reading each loss included. */
  round(steps: number): Promise<TimedRound> {
    return this.#client.ask('round', roundSchema, { steps });
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
