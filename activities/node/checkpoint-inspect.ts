import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import { parseGraph } from '#core/graph/parse';
import { CHECKPOINT_FORMAT } from '#engine/formats/checkpoint-file';
import { decodeLayout, type TensorLayout, type TensorPlace } from '#engine/formats/safetensors';
import { compileModel } from '#engine/model/model';
import { startChain, toHex } from '#engine/trainer/commitment';
import { createOptimizer } from '#engine/trainer/optimizer';
import { runStateSchema, type RunState } from '#engine/trainer/state';
import type { RunSpec } from './supervisor.ts';

/** Whole floats, and little of the file in memory at a time. */
const PIECE_BYTES = 1024 * 1024;

/** What every checkpoint of a run has in common. */
export interface RunForm {
  /** c_0 of its commitment chain. */
  readonly runHex: string;
  /** Shapes of weights and optimizer slots by name, as JSON text. */
  readonly shapes: ReadonlyMap<string, string>;
}

export interface InspectedCheckpoint {
  readonly state: RunState;
  /** `hashTensors` over its values, computed here, as hexadecimal digits. */
  readonly stateHash: string;
}

export async function formOfRun({ graphJson, hyperParameters, datasetCid, checkpointEverySteps }: RunSpec): Promise<RunForm> {
  const graph = parseGraph(graphJson);
  const values = parseInput(hyperParametersSchema, hyperParameters, 'TRAINING_FAILED');
  const { trainable, frozen } = compileModel(graph);
  // Which slots there are does not depend on the schedule, and so not on the number of steps.
  const { slots } = createOptimizer(values, 1);
  const shapes = new Map([...trainable, ...frozen].map(({ fullName, shape }) => [fullName, JSON.stringify(shape)]));
  for (const { fullName, shape } of trainable) for (const slot of slots) shapes.set(`${slot}:${fullName}`, JSON.stringify(shape));
  return { runHex: toHex(await startChain({ graph, datasetCid, hyperParameters: values, checkpointEverySteps })), shapes };
}

/**
 * Reads a checkpoint through without holding it: it is one of this run, has all that the run needs and nothing else,
 * and every value is a number. A file that came from a stranger is looked at here before the trainer gets it.
 *
 * @throws CyxError TRAINING_FAILED for any other file.
 */
export async function inspectCheckpoint(path: string, form: RunForm): Promise<InspectedCheckpoint> {
  const layout = readLayout(path);
  const state = stateOf(layout.metadata, form);
  checkShapes(layout.places, form);
  const file = await open(path, 'r');
  try {
    const names = [...layout.places.keys()].sort();
    const whole = createHash('sha256');
    for (const name of names) {
      const place = layout.places.get(name) as TensorPlace;
      whole.update(`${JSON.stringify([name, place.shape])}\n`);
      whole.update(await hashValues(file, name, place));
    }
    return { state, stateHash: whole.digest('hex') };
  } finally {
    await file.close();
  }
}

function refuse(reason: string, cause?: unknown): CyxError {
  return new CyxError('TRAINING_FAILED', `The checkpoint is of no use: ${reason}`, cause === undefined ? {} : { cause });
}

function readLayout(path: string): TensorLayout {
  const file = openSync(path, 'r');
  try {
    const readHead = (sizeBytes: number): Uint8Array => {
      const head = Buffer.alloc(sizeBytes);
      return head.subarray(0, readSync(file, head, 0, sizeBytes, 0));
    };
    return decodeLayout(readHead, fstatSync(file).size, 'checkpoint', 'TRAINING_FAILED');
  } finally {
    closeSync(file);
  }
}

function stateOf(metadata: TensorLayout['metadata'], { runHex }: RunForm): RunState {
  if (metadata['format'] !== CHECKPOINT_FORMAT) throw refuse(`its format is "${metadata['format'] ?? ''}"`);
  if (metadata['run'] !== runHex) throw refuse('it belongs to another run');
  try {
    return runStateSchema.parse(JSON.parse(metadata['state'] ?? ''));
  } catch (cause) {
    throw refuse('it does not say where its run stood', cause);
  }
}

function checkShapes(places: TensorLayout['places'], { shapes }: RunForm): void {
  for (const [name, place] of places) {
    if (place.Type !== Float32Array || shapes.get(name) !== JSON.stringify(place.shape)) throw refuse(`its tensor "${name}" is none of this model`);
  }
  for (const name of shapes.keys()) if (!places.has(name)) throw refuse(`it has no tensor "${name}"`);
}

async function hashValues(file: FileHandle, name: string, { start, end }: TensorPlace): Promise<Uint8Array> {
  const hash = createHash('sha256');
  const piece = new Uint8Array(PIECE_BYTES);
  for (let at = start; at < end; ) {
    const wanted = Math.min(piece.length, end - at);
    for (let filled = 0; filled < wanted; ) {
      const { bytesRead } = await file.read(piece, filled, wanted - filled, at + filled);
      if (bytesRead === 0) throw refuse('it ends too early');
      filled += bytesRead;
    }
    hash.update(piece.subarray(0, wanted));
    if (!new Float32Array(piece.buffer, 0, wanted / Float32Array.BYTES_PER_ELEMENT).every(Number.isFinite)) throw refuse(`"${name}" has a value that is no number`);
    at += wanted;
  }
  return hash.digest();
}
