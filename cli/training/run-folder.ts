/**
 * The folder of a run at home: a work directory of the training child (engine/node/child-contract.ts), with the data
 * beside it while it is needed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { ERRORS } from '#core/errors/table';
import { canonicalGraphJson } from '#core/graph/canonical';
import { canonicalHyperParametersJson, type HyperParameters } from '#core/graph/hyper-parameters';
import type { ModelGraph } from '#core/graph/schema';
import { encodeDataset } from '#engine/data/dataset';
import { decodeTensors } from '#engine/formats/safetensors';
import { writeFileAtomically } from '#engine/node/atomic-file';
import { CHILD_FILES, readChildInfo, readTrainingResult, trainingSpecSchema, type TrainingSpec } from '#engine/node/child-contract';
import { runStateSchema } from '#engine/trainer/state';
import type { TrainingData } from './local-data.ts';

export const LOCAL_FILES = { training: 'training.safetensors', heldOut: 'held-out.safetensors', log: 'child.log' } as const;

/** What a person asks for. */
export interface WantedRun {
  readonly graph: ModelGraph;
  readonly data: TrainingData;
  readonly hyperParameters: HyperParameters;
  readonly checkpointEverySteps: number;
  /** Where left out: those of the run that is resumed, else all CPUs. */
  readonly threads: number | undefined;
  readonly folder: string;
  readonly resume: boolean;
}

export interface RunFolder {
  readonly folder: string;
  readonly spec: TrainingSpec;
  /** Undefined where nothing is held out. */
  readonly heldOutFile: string | undefined;
}

function readSpec(folder: string): TrainingSpec | undefined {
  const path = join(folder, CHILD_FILES.spec);
  return existsSync(path) ? parseInput(trainingSpecSchema, JSON.parse(readFileSync(path, 'utf8')), 'TRAINING_FAILED') : undefined;
}

/** Whether a run ended in a way that going on can not mend. */
function failedForGood(folder: string): boolean {
  const result = readTrainingResult(folder);
  return result?.ok === false && !ERRORS[result.code].retryable;
}

/** Leaves nothing of a run that led nowhere. Files that are not a run's are not touched. */
function clear(folder: string): void {
  for (const name of [...Object.values(CHILD_FILES), ...Object.values(LOCAL_FILES)]) rmSync(join(folder, name), { force: true });
}

function checkIsFree(folder: string): void {
  if (failedForGood(folder)) return clear(folder);
  const found = Object.values(CHILD_FILES).find((name) => existsSync(join(folder, name)));
  if (found === undefined) return;
  throw new CyxError('ALREADY_EXISTS', `${folder} already holds a run (${found}). Go on with it by --resume, or choose another folder with --out`);
}

/** The training process that still works in the folder: one that outlived the command that started it. */
function livingChild(folder: string): number | undefined {
  const pid = readChildInfo(folder)?.pid;
  if (pid === undefined) return undefined;
  try {
    process.kill(pid, 0);
  } catch {
    return undefined;
  }
  // The id may have gone to another process since, which Linux can tell.
  const commandFile = `/proc/${pid}/cmdline`;
  return !existsSync('/proc/self/cmdline') || (existsSync(commandFile) && readFileSync(commandFile, 'utf8').includes(resolve(folder))) ? pid : undefined;
}

/** What makes two runs the same run, by names for people. */
function identity(spec: TrainingSpec): Readonly<Record<string, unknown>> {
  const { graphJson: graph, datasetCid: data, checkpointEverySteps, threads, hyperParameters } = spec;
  const values = JSON.parse(canonicalHyperParametersJson(hyperParameters)) as Record<string, unknown>;
  return { graph, data, checkpointEverySteps, threads, ...values };
}

function checkCanGoOn(folder: string, known: TrainingSpec, wanted: TrainingSpec): void {
  const [before, now] = [identity(known), identity(wanted)];
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => !isDeepStrictEqual(before[name], now[name]));
  if (changed.length > 0) {
    throw new CyxError('STATE_CONFLICT', `The run in ${folder} began with something else for: ${changed.join(', ')}. Give what it began with, or start a new run in another folder with --out`);
  }
  const pid = livingChild(folder);
  if (pid !== undefined) throw new CyxError('STATE_CONFLICT', `Process ${pid} is still training in ${folder}. Let it finish, or end it with "kill ${pid}" and try again`);
}

/**
 * Makes the folder of a new run, or finds the one of a run to go on with, which must be the same run to the last value.
 *
 * @throws CyxError ALREADY_EXISTS, NOT_FOUND or STATE_CONFLICT, before anything was changed.
 */
export async function openRunFolder(wanted: WantedRun): Promise<RunFolder> {
  const { folder, data, resume } = wanted;
  const training = encodeDataset(data.training);
  const known = resume ? readSpec(folder) : undefined;
  if (resume && known === undefined) throw new CyxError('NOT_FOUND', `${folder} holds no run to go on with. Leave --resume out to start one, or name its folder with --out`);
  const spec: TrainingSpec = {
    jobId: 'local',
    attempt: 1,
    graphJson: canonicalGraphJson(wanted.graph),
    hyperParameters: wanted.hyperParameters,
    datasetFile: resolve(folder, LOCAL_FILES.training),
    // There is no CID at home; the content itself says which data it was.
    datasetCid: `sha256:${createHash('sha256').update(training).digest('hex')}`,
    checkpointEverySteps: wanted.checkpointEverySteps,
    // Nobody here checks the run, and nobody would take them away.
    keepsLinks: false,
    threads: wanted.threads ?? known?.threads ?? availableParallelism(),
  };
  if (known === undefined) checkIsFree(folder);
  else checkCanGoOn(folder, known, spec);
  mkdirSync(folder, { recursive: true });
  const result = readTrainingResult(folder);
  // A result of a failure that may pass would end the child at once.
  if (result?.ok === false && !failedForGood(folder)) rmSync(join(folder, CHILD_FILES.result));
  await writeFileAtomically(spec.datasetFile, training);
  const heldOutFile = data.heldOut === undefined ? undefined : join(folder, LOCAL_FILES.heldOut);
  if (data.heldOut !== undefined && heldOutFile !== undefined) await writeFileAtomically(heldOutFile, encodeDataset(data.heldOut));
  await writeFileAtomically(join(folder, CHILD_FILES.spec), JSON.stringify(spec));
  return { folder, spec, heldOutFile };
}

/** The step that a run goes on from: that of its checkpoint. */
export function savedStep(folder: string): number {
  const path = join(folder, CHILD_FILES.checkpoint);
  if (!existsSync(path)) return 0;
  const { metadata } = decodeTensors(readFileSync(path), 'checkpoint', 'TRAINING_FAILED');
  return parseInput(runStateSchema, JSON.parse(metadata['state'] ?? 'null'), 'TRAINING_FAILED').step;
}

/** Takes away what only the training itself needed. */
export function tidyRunFolder(folder: string): void {
  const names = [CHILD_FILES.checkpoint, CHILD_FILES.checkpoints, CHILD_FILES.checkpointLog, LOCAL_FILES.training, LOCAL_FILES.heldOut, LOCAL_FILES.log];
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
}
