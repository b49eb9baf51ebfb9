import { CyxError } from '#core/errors/cyx-error';
import type { Scalar, Tensor, Tf } from '../../backend.ts';
import type { Batch } from '../../data/batches.ts';
import type { NamedTensor } from '../../formats/safetensors.ts';
import { forward } from '../../model/model.ts';
import { weightValues } from '../../model/weights.ts';
import { divergedAt } from '../../trainer/diverged.ts';
import { clipGradients } from '../../trainer/clip.ts';
import { createOptimizer, type Optimizer } from '../../trainer/optimizer.ts';
import { isFreshStart, slotName, type Stepper, type StepMetrics, type StepperSetup } from '../../trainer/stepper.ts';
import type { Ops } from '../ops.ts';
import { valueAndGradients } from './gradients.ts';
import { inputTensor, loadWeights, readTensor, targetTensor, uniformLike } from './run-model.ts';
import { tfjsOps } from './tfjs-ops.ts';

interface Pending {
  readonly step: number;
  readonly loss: Scalar;
  readonly correct: Scalar;
  /** The first layer whose output was not finite, where that is watched. */
  readonly layer: string | undefined;
}

/** So many results may wait on the device before they are read. */
const MAX_PENDING = 64;

/** Trains on a TensorFlow.js backend, operation by operation. Nothing is read from the device before it is asked for. */
export class TfjsStepper implements Stepper {
  readonly #tf: Tf;
  readonly #ops: Ops<Tensor>;
  readonly #setup: StepperSetup;
  readonly #optimizer: Optimizer;
  /** Weights by full name, slots by `slotName`. */
  readonly #tensors: Map<string, Tensor>;
  #pending: Pending[] = [];
  #firstSpoilt: string | undefined;
  #read: StepMetrics[] = [];

  constructor(tf: Tf, setup: StepperSetup) {
    const { model, hyperParameters, tensors } = setup;
    this.#tf = tf;
    this.#ops = tfjsOps(tf);
    this.#setup = setup;
    this.#optimizer = createOptimizer(hyperParameters, setup.steps);
    this.#tensors = loadWeights(tf, [...model.trainable, ...model.frozen], tensors);
    const isFresh = isFreshStart(tensors);
    for (const { fullName, shape } of model.trainable) {
      for (const slot of this.#optimizer.slots) {
        const name = slotName(slot, fullName);
        this.#tensors.set(name, isFresh ? tf.zeros([...shape]) : tf.tensor(weightValues(tensors, name, shape), [...shape]));
      }
    }
  }

  run(batch: Batch, step: number): void {
    const tf = this.#tf;
    const next = new Map<string, Tensor>();
    const [loss, correct] = tf.tidy((): [Scalar, Scalar] => {
      const result = this.#differentiate(batch, step, next);
      this.#applyGradients(result.gradients, step, next);
      for (const tensor of next.values()) tf.keep(tensor);
      return [result.loss, result.correct];
    });
    for (const [name, tensor] of next) {
      this.#tensors.get(name)?.dispose();
      this.#tensors.set(name, tensor);
    }
    this.#pending.push({ step, loss, correct, layer: this.#firstSpoilt });
    if (this.#pending.length >= MAX_PENDING) this.#collect();
  }

  readMetrics(): StepMetrics[] {
    this.#collect();
    const read = this.#read;
    this.#read = [];
    return read;
  }

  weights(): Map<string, NamedTensor> {
    const { trainable, frozen } = this.#setup.model;
    return new Map([...trainable, ...frozen].map(({ fullName }) => [fullName, readTensor(this.#tensor(fullName))]));
  }

  state(): Map<string, NamedTensor> {
    return new Map([...this.#tensors].map(([name, tensor]) => [name, readTensor(tensor)]));
  }

  dispose(): void {
    this.#tf.dispose([...this.#tensors.values(), ...this.#pending.flatMap(({ loss, correct }) => [loss, correct])]);
    this.#tensors.clear();
    this.#pending = [];
  }

  #tensor(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new CyxError('INTERNAL', `The run has no tensor "${name}"`);
    return tensor;
  }

  #differentiate(batch: Batch, step: number, updates: Map<string, Tensor>): { loss: Scalar; correct: Scalar; gradients: readonly Tensor[] } {
    const tf = this.#tf;
    const { model, input, hyperParameters } = this.#setup;
    const x = inputTensor(tf, batch, input);
    const y = targetTensor(tf, batch, model);
    const counted: Scalar[] = [];
    const lossOf = (...weights: Tensor[]): Scalar => {
      const byName = new Map(model.trainable.map(({ fullName }, index) => [fullName, weights[index] as Tensor]));
      const scores = forward(model, x, {
        ops: this.#ops,
        training: true,
        weight: (name) => byName.get(name) ?? this.#tensor(name),
        // Kept by hand: the gradient scope would free what is not differentiated.
        updateWeight: (name, value) => void updates.set(name, tf.keep(value)),
        uniform: (label, like) => uniformLike(tf, like, { seed: hyperParameters.seed, label, step }),
        ...(this.#setup.watchesLayers === true ? { onOutput: (id, value) => this.#watch(id, value) } : {}),
      });
      counted.push(tf.keep(model.loss.correct<Tensor>(this.#ops, scores, y)) as Scalar);
      return model.loss.mean<Tensor>(this.#ops, scores, y) as Scalar;
    };
    const { value, gradients } = valueAndGradients(tf, lossOf, model.trainable.map(({ fullName }) => this.#tensor(fullName)));
    return { loss: value, correct: counted[0] as Scalar, gradients };
  }

  #watch(layer: string, output: Tensor): void {
    if (this.#firstSpoilt === undefined && !output.dataSync().every(Number.isFinite)) this.#firstSpoilt = layer;
  }

  #applyGradients(gradients: readonly Tensor[], step: number, next: Map<string, Tensor>): void {
    const { slots } = this.#optimizer;
    const clipped = clipGradients(this.#ops, gradients, this.#setup.hyperParameters);
    const controls = this.#optimizer.controls(step).map((value) => this.#tf.scalar(value));
    for (const [index, { fullName }] of this.#setup.model.trainable.entries()) {
      const names = slots.map((slot) => slotName(slot, fullName));
      const change = { weight: this.#tensor(fullName), gradient: clipped[index] as Tensor, slots: names.map((name) => this.#tensor(name)) };
      const moved = this.#optimizer.update(this.#ops, change, controls);
      next.set(fullName, moved.weight);
      for (const [at, name] of names.entries()) next.set(name, moved.slots[at] as Tensor);
    }
  }

  #collect(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    const tf = this.#tf;
    const losses = tf.tidy(() => tf.stack(pending.map(({ loss }) => loss)).dataSync());
    const corrects = tf.tidy(() => tf.stack(pending.map(({ correct }) => correct)).dataSync());
    tf.dispose(pending.flatMap(({ loss, correct }) => [loss, correct]));
    for (const [index, { step, layer }] of pending.entries()) {
      const loss = losses[index] as number;
      if (!Number.isFinite(loss)) throw divergedAt({ step, loss, layer });
      this.#read.push({ loss, correct: corrects[index] as number });
    }
  }
}
