import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CyxError } from '#core/errors/cyx-error';
import type { Tf } from '../../backend.ts';
import type { Sides } from '../../ops/ops.ts';
import { saysOutOfMemory } from '../out-of-memory.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { SAVED_MODEL_TAG, TF_DTYPES, writeSavedModel } from './saved-model.ts';

/** What of TensorFlow.js's native binding is used here; tensors are known by number. */
interface Binding {
  createTensor(shape: readonly number[], dtype: number, values: Float32Array | Int32Array | Uint8Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputs: readonly number[], inputNames: string, outputNames: string): { readonly id: number }[];
  getNumOfTensors(): number;
}

export interface Feed {
  /** Of the placeholder. */
  readonly name: string;
  readonly sides: Sides;
  /** The bytes are read in place, so they must not change before the run is over. */
  readonly values: Float32Array | Int32Array | Uint8Array;
}

function dtypeOf(values: Feed['values']): number {
  if (values instanceof Float32Array) return TF_DTYPES.float32;
  return values instanceof Int32Array ? TF_DTYPES.int32 : TF_DTYPES.uint8;
}

function bindingOf(tf: Tf): Binding {
  return (tf.findBackend('tensorflow') as unknown as { readonly binding: Binding }).binding;
}

/** TensorFlow's RESOURCE_EXHAUSTED, which reaches JavaScript as its text alone; the others are CUDA's own. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && saysOutOfMemory(error.message);
}

/** Native tensors that are alive in this process. */
export function countNativeTensors(tf: Tf): number {
  return bindingOf(tf).getNumOfTensors();
}

/** One graph loaded into TensorFlow, with the variables' values. A run ends before its call returns. */
export class GraphSession {
  readonly #binding: Binding;
  readonly #id: number;

  constructor(tf: Tf, builder: GraphBuilder) {
    this.#binding = bindingOf(tf);
    const folder = mkdtempSync(join(tmpdir(), 'cyxwiz-graph-'));
    try {
      writeSavedModel(folder, builder.nodes);
      this.#id = this.#binding.loadSavedModel(folder, SAVED_MODEL_TAG);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /**
   * Runs what the outputs need, and gives their values.
   *
   * @throws CyxError OUT_OF_MEMORY, or an Error of TensorFlow's; the session can go on.
   */
  run(feeds: readonly Feed[], outputs: readonly string[]): (Float32Array | Int32Array | Uint8Array)[] {
    const ids = feeds.map(({ sides, values }) => this.#binding.createTensor(sides, dtypeOf(values), values));
    try {
      const names = feeds.map(({ name }) => `${name}:0`).join();
      const results = this.#binding.runSavedModel(this.#id, ids, names, outputs.map((name) => `${name}:0`).join());
      return results.map(({ id }) => {
        const values = this.#binding.tensorDataSync(id);
        this.#binding.deleteTensor(id);
        return values;
      });
    } catch (error) {
      throw isOutOfMemory(error) ? new CyxError('OUT_OF_MEMORY', 'The device has not enough memory for this step', { cause: error }) : error;
    } finally {
      for (const id of ids) this.#binding.deleteTensor(id);
    }
  }

  dispose(): void {
    this.#binding.deleteSavedModel(this.#id);
  }
}
