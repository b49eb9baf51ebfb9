/**
 * What the lying training children share: they speak the child contract to the letter and hash whatever they claim
 * into a chain that fits, so that nothing but the work itself gives them away.
 */
import { mkdirSync, appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { stepsPerEpoch, totalSteps, type HyperParameters } from '#core/graph/hyper-parameters';
import { parseGraph } from '#core/graph/parse';
import type { ModelGraph } from '#core/graph/schema';
import { decodeDataset, type Dataset } from '#engine/data/dataset';
import { encodeCheckpoint, readCheckpoint } from '#engine/formats/checkpoint-file';
import { encodeModel } from '#engine/formats/model-file';
import type { NamedTensor } from '#engine/formats/safetensors';
import { writeFileAtomically } from '#engine/node/atomic-file';
import { CHILD_FILES, trainingSpecSchema, type CheckpointLine, type TrainingResult, type TrainingSpec } from '#engine/node/child-contract';
import { nameDevice } from '#engine/node/device-class';
import { loadTensorflow } from '#engine/node/load-tensorflow';
import { ProgressLog } from '#engine/node/progress-log';
import { graphBackend } from '#engine/node/tensorflow/backend';
import { compileModel } from '#engine/model/model';
import { extendChain, hashTensors, startChain, toHex } from '#engine/trainer/commitment';
import { NO_SUMS } from '#engine/trainer/state';
import { train } from '#engine/trainer/train';

export type Tensors = ReadonlyMap<string, NamedTensor>;

/** The run that the liar is paid for. */
export interface LiarRun {
  readonly workDir: string;
  /** A checkpoint of somebody else's run. */
  readonly stashFile: string;
  readonly spec: TrainingSpec;
  readonly graph: ModelGraph;
  readonly dataset: Dataset;
  readonly steps: number;
  readonly perEpoch: number;
  /** Steps at which a link is due, the last one included. */
  readonly links: readonly number[];
}

/** Reads what the supervisor wrote, as the honest child does. */
export async function openRun(): Promise<LiarRun> {
  const [, , workDir = '', stashFile = ''] = process.argv;
  // As the honest child when it is told to leave; a liar starts anew next time.
  process.on('SIGTERM', () => process.exit(0));
  const spec = trainingSpecSchema.parse(JSON.parse(await readFile(join(workDir, CHILD_FILES.spec), 'utf8')));
  const dataset = decodeDataset(await readFile(spec.datasetFile));
  const { hyperParameters, checkpointEverySteps: every } = spec;
  const steps = totalSteps(dataset.samples, hyperParameters);
  const whole = Array.from({ length: Math.floor(steps / every) }, (_, index) => (index + 1) * every);
  const links = whole.at(-1) === steps ? whole : [...whole, steps];
  const perEpoch = stepsPerEpoch(dataset.samples, hyperParameters.batchSize);
  return { workDir, stashFile, spec, graph: parseGraph(spec.graphJson), dataset, steps, perEpoch, links };
}

/** A state that the liar says it trained to. */
export interface ClaimedState {
  readonly step: number;
  readonly tensors: Tensors;
  readonly loss: number;
}

/** What is trained instead of what was asked for; the same where left out. */
export interface Instead {
  readonly graph?: ModelGraph;
  readonly dataset?: Dataset;
  readonly hyperParameters?: HyperParameters;
  readonly everySteps?: number;
  /** Trains no further than this, a multiple of `everySteps`. */
  readonly toStep?: number;
}

/** Really trains, and hands out the state every so many steps. */
export async function reallyTrain({ spec, graph, dataset }: LiarRun, instead: Instead, onState: (state: ClaimedState) => Promise<void> | void): Promise<void> {
  const { tf, profile } = loadTensorflow({ threads: spec.threads });
  const run = {
    graph: instead.graph ?? graph,
    dataset: instead.dataset ?? dataset,
    datasetCid: spec.datasetCid,
    hyperParameters: instead.hyperParameters ?? spec.hyperParameters,
    checkpointEverySteps: instead.everySteps ?? spec.checkpointEverySteps,
    device: nameDevice(profile),
  };
  await train(graphBackend(tf, { halfPrecision: false }), run, {
    onCheckpoint: (bytes, { step, meanLoss }) => onState({ step, tensors: readCheckpoint(bytes, 'TRAINING_FAILED').tensors, loss: meanLoss }),
    breathe: () => setImmediate(),
    ...(instead.toStep === undefined ? {} : { toStep: instead.toStep }),
  });
}

/** Tells the story of a whole run, state by state. */
export interface Storyteller {
  /** The state at a link, in order. */
  claim(state: ClaimedState): Promise<void>;
  /** The model and the result; `commitmentHex` instead of the chain's root. */
  finish(instead?: { readonly commitmentHex: string }): Promise<void>;
}

export async function tellStory(run: LiarRun): Promise<Storyteller> {
  const { spec, graph, dataset, workDir, steps, perEpoch } = run;
  const { hyperParameters, datasetCid, checkpointEverySteps } = spec;
  const { profile } = loadTensorflow({ threads: spec.threads });
  const start = await startChain({ graph, datasetCid, hyperParameters, checkpointEverySteps });
  const progress = new ProgressLog(join(workDir, CHILD_FILES.progress));
  const devices = [{ fromStep: 1, device: nameDevice(profile) }];
  const startedMs = performance.now();
  mkdirSync(join(workDir, CHILD_FILES.checkpoints), { recursive: true });
  let chain = start;
  let last: ClaimedState = { step: 0, tensors: new Map(), loss: 0 };

  const report = (step: number, loss: number): void => {
    const epoch = Math.max(1, Math.ceil(step / perEpoch));
    progress.append({ epoch, epochs: hyperParameters.epochs, step, steps, loss, accuracy: accuracyFor(loss), samplesPerSecond: 1_000, etaMs: 0, deviceShare: 0.9 });
  };
  return {
    claim: async (state) => {
      const { step, tensors, loss } = state;
      if (last.step === 0) report(1, loss);
      const [epoch, batch, hash] = [Math.floor(step / perEpoch), step % perEpoch, await hashTensors(tensors)];
      chain = await extendChain(chain, { step, stateHash: hash, epoch, batch, meanLoss: loss });
      const inEpochSteps = ((step - 1) % perEpoch) + 1;
      const samples = Math.min(dataset.samples, inEpochSteps * hyperParameters.batchSize);
      const inEpoch = { steps: inEpochSteps, samples, loss: loss * inEpochSteps, correct: Math.round(samples * accuracyFor(loss)) };
      const runState = { step, chainHex: toHex(chain), sinceLink: NO_SUMS, inEpoch, trainingMs: performance.now() - startedMs, devices };
      const bytes = encodeCheckpoint({ runHex: toHex(start), state: runState, tensors });
      await writeFileAtomically(join(workDir, CHILD_FILES.checkpoints, `${step}.safetensors`), bytes);
      const line: CheckpointLine = { step, isLink: true, stateHash: toHex(hash), epoch, batch, meanLoss: loss, chain: toHex(chain), sizeBytes: bytes.length };
      appendFileSync(join(workDir, CHILD_FILES.checkpointLog), `${JSON.stringify(line)}\n`);
      report(step, loss);
      last = state;
    },
    finish: async (instead) => {
      progress.close();
      const commitmentHex = instead?.commitmentHex ?? toHex(chain);
      const weights = onlyWeights(last.tensors);
      const metrics = { loss: last.loss, accuracy: accuracyFor(last.loss), steps };
      const modelFile = join(workDir, CHILD_FILES.model);
      await writeFileAtomically(modelFile, encodeModel({ graph, weights, normalise: dataset.normalise, hyperParameters, datasetCid, metrics, commitmentHex }));
      const result: TrainingResult = {
        ok: true,
        modelFile,
        commitmentHex,
        weightsHex: toHex(await hashTensors(weights)),
        finalLoss: metrics.loss,
        finalAccuracy: metrics.accuracy,
        trainingMs: Math.round(performance.now() - startedMs),
        steps,
        samples: dataset.samples,
        devices,
      };
      await writeFileAtomically(join(workDir, CHILD_FILES.result), JSON.stringify(result));
    },
  };
}

/** What a model with that loss would be expected to reach. */
function accuracyFor(loss: number): number {
  return Math.max(0, Math.min(1, Math.exp(-Math.max(0, loss))));
}

/** A loss that falls as losses do. */
export function plausibleLoss(step: number, steps: number): number {
  return 2.3 * Math.exp((-3 * step) / steps) + 0.05;
}

function onlyWeights(tensors: Tensors): Map<string, NamedTensor> {
  return new Map([...tensors].filter(([name]) => !name.includes(':')));
}

/** Weights and slots of the run's own names and shapes, each filled by `values`. */
export async function tensorsOfRun(run: LiarRun, values: (name: string, shape: readonly number[]) => Float32Array): Promise<Map<string, NamedTensor>> {
  const model = compileModel(run.graph);
  const slots = await slotNames(run);
  const tensors = new Map<string, NamedTensor>();
  for (const { fullName, shape } of [...model.trainable, ...model.frozen]) tensors.set(fullName, { shape, data: values(fullName, shape) });
  for (const { fullName, shape } of model.trainable) {
    for (const slot of slots) tensors.set(`${slot}:${fullName}`, { shape, data: values(`${slot}:${fullName}`, shape) });
  }
  return tensors;
}

/** Names of the optimizer's slots, from the state after one real step. */
async function slotNames(run: LiarRun): Promise<Set<string>> {
  const names = new Set<string>();
  await reallyTrain(run, { everySteps: 1, toStep: 1 }, ({ tensors }) => {
    for (const name of tensors.keys()) if (name.includes(':')) names.add(name.slice(0, name.indexOf(':')));
  });
  return names;
}
