import type { HyperParameters } from '#core/graph/hyper-parameters';
import type { Scalar, Tensor, Tensor1D, Tf } from '../backend.ts';
import type { Batch } from '../data/batches.ts';
import type { NamedTensor } from '../formats/safetensors.ts';
import { countCorrect, meanCrossEntropy } from '../model/cross-entropy.ts';
import { forward, joinWeights, sliceWeights, type CompiledModel } from '../model/model.ts';
import { weightValues, type ModelWeight, type WeightMap } from '../model/weights.ts';
import { createOptimizer, type Optimizer } from './optimizer.ts';

/** What one step gives, still on the device: reading it may make the device wait. */
export interface StepResult {
  readonly samples: number;
  readonly loss: Scalar;
  readonly correct: Scalar;
}

/** `<slot>:<weight>`: layer ids have no colon, so a slot never takes a weight's name. */
const slotPrefix = (slot: string): string => `${slot}:`;

function floats(tensor: Tensor | undefined): Float32Array {
  const values = tensor?.dataSync();
  if (!(values instanceof Float32Array)) throw new TypeError('expected a float tensor');
  return values;
}

function zeroLike(weights: readonly ModelWeight[]): Float32Array {
  return new Float32Array(weights.reduce((sum, weight) => sum + weight.size, 0));
}

/** Owns a model's weights and optimizer slots on the device and moves them one step at a time. */
export class Stepper {
  readonly #tf: Tf;
  readonly #model: CompiledModel;
  readonly #seed: number;
  readonly #optimizer: Optimizer;
  #vector: Tensor1D;
  #slots: readonly Tensor1D[];
  #frozen: Map<string, Tensor>;

  /** `tensors` holds all weights, and all slots or none (a fresh start). */
  constructor(tf: Tf, model: CompiledModel, hyperParameters: HyperParameters, tensors: WeightMap) {
    this.#tf = tf;
    this.#model = model;
    this.#seed = hyperParameters.seed;
    this.#optimizer = createOptimizer(tf, hyperParameters.optimizer, hyperParameters.learningRate);
    const { trainable, frozen } = model;
    const isFresh = ![...tensors.keys()].some((name) => name.includes(':'));
    this.#vector = tf.tensor1d(joinWeights(trainable, tensors));
    this.#slots = this.#optimizer.slots.map((slot) =>
      tf.tensor1d(isFresh ? zeroLike(trainable) : joinWeights(trainable, tensors, slotPrefix(slot))),
    );
    this.#frozen = new Map(frozen.map(({ fullName, shape }) => [fullName, tf.tensor(weightValues(tensors, fullName, shape), [...shape])]));
  }

  /** Runs step number `step` (from 1). The caller disposes of the result. */
  run(batch: Batch, sampleShape: readonly number[], step: number): StepResult {
    const tf = this.#tf;
    const updates = new Map<string, Tensor>();
    const [loss, correct, vector, ...slots] = tf.tidy(() => {
      const x = tf.tensor(batch.x, [batch.samples, ...sampleShape]);
      const y = tf.tensor1d(batch.y, 'int32');
      const counted: Scalar[] = [];
      const lossOf = (weights: Tensor1D): Scalar => {
        const scores = forward(tf, this.#model, weights, this.#frozen, x, {
          training: true,
          seed: this.#seed,
          step,
          update: (name, value) => updates.set(name, tf.keep(value)),
        });
        // Kept by hand: the gradient scope would free it, since it is not what is differentiated.
        counted.push(tf.keep(countCorrect(tf, scores, y)));
        return meanCrossEntropy(tf, scores, y);
      };
      const { value, grad } = tf.valueAndGrad(lossOf as (x: Tensor) => Tensor)(this.#vector);
      return [value, counted[0], ...this.#optimizer.update(this.#vector, grad as Tensor1D, this.#slots, step)] as Tensor[];
    });
    tf.dispose([this.#vector, ...this.#slots]);
    this.#vector = vector as Tensor1D;
    this.#slots = slots as Tensor1D[];
    for (const [name, value] of updates) {
      this.#frozen.get(name)?.dispose();
      this.#frozen.set(name, value);
    }
    return { samples: batch.samples, loss: loss as Scalar, correct: correct as Scalar };
  }

  /** All weights, on the host. */
  weights(): Map<string, NamedTensor> {
    const { trainable, frozen } = this.#model;
    const kept = frozen.map(({ fullName, shape }): [string, NamedTensor] => [fullName, { shape, data: floats(this.#frozen.get(fullName)) }]);
    return new Map([...sliceWeights(trainable, floats(this.#vector)), ...kept]);
  }

  /** All weights and slots, on the host. */
  tensors(): Map<string, NamedTensor> {
    const slots = this.#optimizer.slots.flatMap((slot, index) =>
      sliceWeights(this.#model.trainable, floats(this.#slots[index]), slotPrefix(slot)),
    );
    return new Map([...this.weights(), ...slots]);
  }

  dispose(): void {
    this.#tf.dispose([this.#vector, ...this.#slots, ...this.#frozen.values()]);
  }
}
