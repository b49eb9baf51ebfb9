import { CyxError } from '#core/errors/cyx-error';
import { sizeOf } from '#core/graph/layers/layer-spec';
import type { ModelGraph } from '#core/graph/schema';
import { inferShapes, type LayerFacts } from '#core/graph/shapes';
import type { Tensor, Tensor1D, Tensor2D, Tf } from '../backend.ts';
import { randomStream } from '../data/random.ts';
import type { NamedTensor } from '../formats/safetensors.ts';
import { runtimeLayer } from './layers.ts';
import type { RuntimeLayer } from './layer-runtime.ts';
import { weightValues, type ModelWeight, type WeightMap } from './weights.ts';

interface Stage {
  readonly facts: LayerFacts;
  readonly layer: RuntimeLayer;
}

/** A graph made ready to run; it owns no memory of the backend. */
export interface CompiledModel {
  readonly graph: ModelGraph;
  readonly stages: readonly Stage[];
  /** In running order; the optimizer sees their values as one long vector in this order. */
  readonly trainable: readonly ModelWeight[];
  readonly frozen: readonly ModelWeight[];
}

export function compileModel(graph: ModelGraph): CompiledModel {
  const facts = inferShapes(graph);
  const stages = facts.map((fact) => {
    const followers = facts.filter(({ from }) => from.includes(fact.node.id)).map(({ node }) => node.type);
    return { facts: fact, layer: runtimeLayer(fact, followers) };
  });
  const weights = stages.flatMap(({ facts: { node }, layer }) =>
    layer.weights.map((weight) => ({ ...weight, fullName: `${node.id}.${weight.name}`, size: sizeOf(weight.shape) })),
  );
  return {
    graph,
    stages,
    trainable: weights.filter((weight) => weight.trainable),
    frozen: weights.filter((weight) => !weight.trainable),
  };
}

/** Values of one vector cut into the weights that lie in it, without copying. */
export function sliceWeights(weights: readonly ModelWeight[], vector: Float32Array, prefix = ''): [string, NamedTensor][] {
  let offset = 0;
  return weights.map((weight) => {
    const data = vector.subarray(offset, offset + weight.size);
    offset += weight.size;
    return [`${prefix}${weight.fullName}`, { shape: weight.shape, data }];
  });
}

/** The opposite of `sliceWeights`. */
export function joinWeights(weights: readonly ModelWeight[], source: WeightMap, prefix = ''): Float32Array {
  const vector = new Float32Array(weights.reduce((sum, weight) => sum + weight.size, 0));
  let offset = 0;
  for (const weight of weights) {
    vector.set(weightValues(source, `${prefix}${weight.fullName}`, weight.shape), offset);
    offset += weight.size;
  }
  return vector;
}

export interface ForwardOptions {
  readonly training: boolean;
  /** Names the random numbers of this pass; needed where `training`. */
  readonly seed: number;
  readonly step: number;
  /** Takes the new values of weights that layers keep themselves. */
  readonly update: (fullName: string, value: Tensor) => void;
}

export const INFERENCE: ForwardOptions = { training: false, seed: 0, step: 0, update: () => {} };

function fillUniform(tf: Tf, shape: readonly number[], seed: number, label: string, step: number): Tensor {
  const random = randomStream(seed, label, step);
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = random.nextUniform();
  return tf.tensor(values, [...shape]);
}

/** Cuts the trainable vector into the tensors that layers use; gradients flow back through the cut. */
function splitVector(tf: Tf, weights: readonly ModelWeight[], vector: Tensor1D): Map<string, Tensor> {
  if (weights.length === 0) return new Map();
  const parts = tf.split(vector, weights.map((weight) => weight.size));
  return new Map(weights.map((weight, index) => [weight.fullName, tf.reshape(parts[index] as Tensor1D, [...weight.shape])]));
}

/** Runs a batch `x` ([samples, …]) through the model to the scores before softmax, [samples, classes]. */
export function forward(
  tf: Tf,
  model: CompiledModel,
  vector: Tensor1D,
  frozen: ReadonlyMap<string, Tensor>,
  x: Tensor,
  options: ForwardOptions,
): Tensor2D {
  const weights = splitVector(tf, model.trainable, vector);
  const outputs = new Map<string, Tensor>();
  let last = x;
  for (const { facts, layer } of model.stages) {
    const { id } = facts.node;
    last = layer.apply({
      tf,
      x: outputs.get(facts.from[0] ?? '') ?? x,
      training: options.training,
      weight: (name) => found(weights.get(`${id}.${name}`) ?? frozen.get(`${id}.${name}`), `${id}.${name}`),
      updateWeight: (name, value) => options.update(`${id}.${name}`, value),
      uniform: (shape) => fillUniform(tf, shape, options.seed, `dropout/${id}`, options.step),
    });
    outputs.set(id, last);
  }
  return last as Tensor2D;
}

function found(tensor: Tensor | undefined, name: string): Tensor {
  if (tensor === undefined) throw new CyxError('INTERNAL', `The model has no weight "${name}"`);
  return tensor;
}
