import { CyxError } from '#core/errors/cyx-error';
import type { TrainingData } from '../data/source.ts';
import type { NamedTensor } from '../formats/safetensors.ts';
import type { CompiledModel } from '../model/model.ts';
import type { WeightMap } from '../model/weights.ts';
import { spoiltAt } from './diverged.ts';
import type { Backend, StepperSetup } from './stepper.ts';

/** A state of a run in which every number is finite. */
export interface SoundState {
  /** Steps done. */
  readonly step: number;
  readonly tensors: WeightMap;
}

export function isSound(tensors: ReadonlyMap<string, NamedTensor>): boolean {
  for (const tensor of tensors.values()) if (!isFiniteTensor(tensor)) return false;
  return true;
}

/** A plain loop: at every link it looks at every value, and is ten times as fast as `every` here. */
function isFiniteTensor({ data }: NamedTensor): boolean {
  for (let at = 0; at < data.length; at++) if (!Number.isFinite(data[at])) return false;
  return true;
}

/** The layer of a weight, or of a slot `<slot>:<weight>`; layer ids have neither colon nor dot. */
function layerOf(name: string): string {
  return name.slice(name.indexOf(':') + 1).split('.')[0] as string;
}

/**
 * Which layer's values were the first to go in a step that began with a sound state and ended without. What a layer
 * keeps itself is set on the way forward, so of such layers it is the first; gradients come back from the loss, so else
 * it is the last that has a weight or slot with such a value.
 */
export function spoiltLayer(model: CompiledModel, tensors: ReadonlyMap<string, NamedTensor>): string | undefined {
  const spoilt = new Set([...tensors].filter(([, tensor]) => !isFiniteTensor(tensor)).map(([name]) => name));
  const frozen = model.frozen.find(({ fullName }) => spoilt.has(fullName));
  if (frozen !== undefined) return layerOf(frozen.fullName);
  const layers = new Set([...spoilt].map(layerOf));
  return model.stages.map(({ facts }) => facts.node.id).findLast((id) => layers.has(id));
}

export interface Diagnosis {
  readonly backend: Backend;
  readonly setup: Omit<StepperSetup, 'tensors'>;
  readonly data: TrainingData;
  readonly from: SoundState;
  /** A step by which something was not finite. */
  readonly toStep: number;
}

/**
 * Finds the step and the layer at which a run left the finite numbers: runs it again from its last sound state, which
 * gives the same bits, and looks at everything after each step. Training itself so pays nothing for the answer.
 */
export async function diagnose({ backend, setup, data, from, toStep }: Diagnosis): Promise<CyxError> {
  const { batchSize, seed } = setup.hyperParameters;
  const source = data.open({ batchSize, seed, fromStep: from.step + 1, toStep });
  const stepper = backend.createStepper({ ...setup, tensors: from.tensors, watchesLayers: true });
  try {
    for (let step = from.step + 1; step <= toStep; step++) {
      stepper.run(await source.next(), step);
      stepper.readMetrics();
      const layer = spoiltLayer(setup.model, stepper.state());
      if (layer !== undefined) return spoiltAt({ step, layer });
    }
  } catch (error) {
    if (error instanceof CyxError && error.code === 'TRAINING_DIVERGED') return error;
    throw error;
  } finally {
    stepper.dispose();
    source.close();
  }
  // It happened once and not again: a machine that computes differently from run to run must not be believed.
  return new CyxError('TRAINING_FAILED', `By step ${toStep} a value was not finite, but not when the same steps were run again: this machine does not compute reliably`);
}

