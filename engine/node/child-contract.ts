/**
 * The contract between a node's supervisor and its training child: files in one work directory, nothing else.
 *
 * | file | written by | when |
 * | --- | --- | --- |
 * | `spec.json` | supervisor | before the child starts; never changed after |
 * | `child.json` | child | at each start |
 * | `pause` | supervisor | while it is there, the child writes a checkpoint and waits between two steps |
 * | `progress.jsonl` | child | the first step at once, then at most 5 lines a second; `sequence` rises over restarts |
 * | `checkpoint.safetensors` | child (or the supervisor, to resume another node's run) | every `checkpointEverySteps`, before a pause, and on SIGTERM |
 * | `checkpoints/<step>.safetensors` | child; removed by the supervisor once it is stored elsewhere | at every link of the chain, the last step included, and every `checkpointEveryMs` between links |
 * | `checkpoints.jsonl` | child | one line for each of these, after the file itself is there |
 * | `model.safetensors` | child | once, before `result.json` |
 * | `result.json` | child | once, last; a directory that has one is finished |
 *
 * All but the logs and `pause` appear by atomic rename. A full disk costs lines and checkpoints, not the training: those that
 * a disk has room for later come later, and where it never has, there is no file and no line, and the chain goes on. SIGTERM: checkpoint, then exit 0 without a result; it and
 * `pause` are looked at between steps, at least ten times a second. SIGKILL cancels: what stays is the last checkpoint.
 * Past `deadlineAtMs`, or above `memoryMb`, the child writes a failure and ends itself by SIGKILL, also amid a step
 * (`watchdog.ts`). Started again in the same directory, the child resumes; with a `result.json` it exits at once.
 */
import { readFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { parseInput } from '#core/errors/from-zod';
import { ERRORS, type ErrorCode } from '#core/errors/table';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import { evaluationSchema } from '../metrics/evaluation.ts';
import { deviceSpanSchema } from '../trainer/state.ts';

export type { Evaluation } from '../metrics/evaluation.ts';

export const CHILD_FILES = {
  spec: 'spec.json',
  child: 'child.json',
  pause: 'pause',
  progress: 'progress.jsonl',
  checkpoint: 'checkpoint.safetensors',
  checkpoints: 'checkpoints',
  checkpointLog: 'checkpoints.jsonl',
  model: 'model.safetensors',
  result: 'result.json',
} as const;

export const trainingSpecSchema = z.strictObject({
  jobId: z.string().min(1),
  attempt: z.int().min(1),
  /** The graph as JSON text, as it was submitted. */
  graphJson: z.string(),
  hyperParameters: hyperParametersSchema,
  /** Path of the decrypted dataset file (see engine/data/dataset.ts). */
  datasetFile: z.string().min(1),
  /** What the commitment binds the run to. */
  datasetCid: z.string().min(1),
  checkpointEverySteps: z.int().min(1),
  /** Longest time between two checkpoints that can be resumed from; those between links are no part of the chain. */
  checkpointEveryMs: z.int().min(1_000).optional(),
  /** `false`: nobody takes checkpoints away, so only the one to resume from is kept, and `checkpoints.jsonl` stays empty. */
  keepsLinks: z.boolean().optional(),
  /** TensorFlow's intra-op threads: part of the device class, since it decides the last bits. Default: all CPUs. */
  threads: z.int().min(1).max(1024).optional(),
  /** Largest resident size of the child, in MiB. Default: four fifths of what the machine has. */
  memoryMb: z.int().min(64).optional(),
  /** Unix time at which the child ends itself. */
  deadlineAtMs: z.int().min(0).optional(),
});
export type TrainingSpec = z.output<typeof trainingSpecSchema>;
export type TrainingSpecInput = z.input<typeof trainingSpecSchema>;

export const progressLineSchema = z.object({
  /** 1, 2, 3, … without gaps over all restarts in this directory. */
  sequence: z.int().min(1),
  /** ISO 8601, UTC. */
  at: z.string(),
  /** The epoch that runs, from 1. */
  epoch: z.int().min(1),
  epochs: z.int().min(1),
  /** Steps done, from 1; goes back to the last checkpoint after a crash. */
  step: z.int().min(1),
  steps: z.int().min(1),
  /** Mean training loss and accuracy since the previous line. */
  loss: z.number(),
  accuracy: z.number().min(0).max(1),
  /** Samples trained on per second since the previous line. */
  samplesPerSecond: z.number().min(0),
  /** Time to the last step at the speed so far. */
  etaMs: z.number().min(0).optional(),
  /** Share of the time since the previous line in which the device was at work on steps. */
  deviceShare: z.number().min(0).max(1).optional(),
});
export type ProgressLine = z.output<typeof progressLineSchema>;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** One line of `checkpoints.jsonl`. After a crash the same step may come again, with the same hash. */
export const checkpointLineSchema = z.object({
  /** Steps done. */
  step: z.int().min(1),
  /** A link of the commitment chain. */
  isLink: z.boolean(),
  /** `hashTensors` over weights and optimizer slots. */
  stateHash: hash,
  /** Cursor of the data. */
  epoch: z.int().min(0),
  batch: z.int().min(0),
  /** Mean training loss since the previous link. */
  meanLoss: z.number(),
  /** Head of the commitment chain: this link, or the previous one where it is none. */
  chain: hash,
  sizeBytes: z.int().min(1),
});
export type CheckpointLine = z.output<typeof checkpointLineSchema>;

const errorCodeSchema = z.custom<ErrorCode>(
  (value) => typeof value === 'string' && Object.hasOwn(ERRORS, value),
  'must be a code of core/errors/table.ts',
);

export const trainingResultSchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    /** Absolute path of the model file. */
    modelFile: z.string(),
    /** Root of the commitment chain: 32 bytes as 64 hexadecimal digits. */
    commitmentHex: z.string().regex(/^[0-9a-f]{64}$/),
    /** SHA-256 over all weights of the model, for comparing runs. */
    weightsHex: z.string().regex(/^[0-9a-f]{64}$/),
    /** Mean training loss and accuracy over the last epoch. */
    finalLoss: z.number(),
    finalAccuracy: z.number().min(0).max(1),
    /** Time spent in the loop by all starts together, set-up and gaps apart. */
    trainingMs: z.number().min(0),
    /** Steps of the whole run. */
    steps: z.int().min(1),
    /** Samples in the dataset. */
    samples: z.int().min(1),
    /** Where the run was: more than one device means that no single one can be expected to give the same bits. */
    devices: z.array(deviceSpanSchema).optional(),
  }),
  z.object({
    ok: z.literal(false),
    code: errorCodeSchema,
    message: z.string(),
    /** TRAINING_DIVERGED: step, layer. OUT_OF_MEMORY: batchSize, and fittingBatchSize where it is known. */
    facts: z.record(z.string(), z.string()).optional(),
  }),
]);
export type TrainingResult = z.output<typeof trainingResultSchema>;

export const childInfoSchema = z.object({ pid: z.int().min(1), startedAt: z.string() });
export type ChildInfo = z.output<typeof childInfoSchema>;

/** What `evaluate-child.ts` prints: one line of JSON on stdout. */
export const evaluationResultSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), evaluation: evaluationSchema }),
  z.object({ ok: z.literal(false), code: errorCodeSchema, message: z.string() }),
]);
export type EvaluationResult = z.output<typeof evaluationResultSchema>;

/** Steps that are run again without a break. */
const reexecutionPartSchema = z.strictObject({
  /** Checkpoint of the run to begin with; left out: the initial state, which follows from the seed. */
  fromCheckpointFile: z.string().min(1).optional(),
  /** The link to end with. */
  toStep: z.int().min(1),
  /** Checkpoint of `toStep` whose values are compared with the ones found. */
  compareWithFile: z.string().min(1).optional(),
  /** What links on the way were claimed to be: the part ends with the first that comes out otherwise. */
  expected: z.array(z.object({ step: z.int().min(1), stateHash: hash, chain: hash })).optional(),
});

/** What `reexecute-child.ts` finds in its work directory as `spec.json`. */
export const reexecutionSpecSchema = z.strictObject({
  /** As the run had them; `checkpointEverySteps` too is part of its identity. */
  graphJson: z.string(),
  hyperParameters: hyperParametersSchema,
  datasetFile: z.string().min(1),
  datasetCid: z.string().min(1),
  checkpointEverySteps: z.int().min(1),
  /** Done in this order, up to the first that does not come out as expected. */
  parts: z.array(reexecutionPartSchema).min(1),
  /** As many as the parts were made with (`threadsOf`), for the same bits. */
  threads: z.int().min(1).max(1024).optional(),
  memoryMb: z.int().min(64).optional(),
});
export type ReexecutionSpec = z.output<typeof reexecutionSpecSchema>;
export type ReexecutionSpecInput = z.input<typeof reexecutionSpecSchema>;

const reexecutedPartSchema = z.object({
  /** The link that was reached: the one asked for, or the first that is not as expected. */
  toStep: z.int().min(1),
  asExpected: z.boolean(),
  /** What it is, as a line of `checkpoints.jsonl` has it. */
  stateHash: hash,
  chain: hash,
  meanLoss: z.number(),
  epoch: z.int().min(0),
  batch: z.int().min(0),
  /** Steps that were run: `toStep - fromStep`. */
  steps: z.int().min(1),
  /** Where the part began, and what its first state hashes to. */
  fromStep: z.int().min(0),
  startStateHash: hash,
  /** Largest |a − b| / max(1, |b|) over all values of weights and slots, b being those of `compareWithFile`. */
  maxDifference: z.number().min(0).optional(),
});
export type ReexecutedPart = z.output<typeof reexecutedPartSchema>;

/** What `reexecute-child.ts` writes as `result.json`. */
export const reexecutionResultSchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    /** As many as were done; the last one is where it came out otherwise, if it did. */
    parts: z.array(reexecutedPartSchema).min(1),
    /** This machine, as `nameDevice` names it. */
    device: z.string(),
    /** Set-up and steps. */
    tookMs: z.number().min(0),
  }),
  z.object({ ok: z.literal(false), code: errorCodeSchema, message: z.string(), facts: z.record(z.string(), z.string()).optional() }),
]);
export type ReexecutionResult = z.output<typeof reexecutionResultSchema>;

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
}

function childCommand(entry: string, args: readonly string[]): ChildCommand {
  // The loader is named by its full address, so the child starts from any working directory.
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = fileURLToPath(new URL(entry, import.meta.url));
  return { command: process.execPath, args: ['--import', loader, script, ...args] };
}

/** How to start the training child for a work directory; spawn it detached with stdio 'ignore' or to a file. */
export function trainingChildCommand(workDir: string): ChildCommand {
  return childCommand('./training-child.ts', [workDir]);
}

/** How to start an evaluation child; `evaluateInChild` does it all. */
export function evaluateChildCommand(modelFile: string, datasetFile: string, threads?: number): ChildCommand {
  return childCommand('./evaluate-child.ts', [modelFile, datasetFile, ...(threads === undefined ? [] : [String(threads)])]);
}

/** How to start a re-execution child in its work directory; `reexecuteInChild` does it all. */
export function reexecuteChildCommand(workDir: string): ChildCommand {
  return childCommand('./reexecute-child.ts', [workDir]);
}

function readJson(workDir: string, name: string): unknown {
  const path = join(workDir, name);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** The result, or undefined while the run is not finished. */
export function readTrainingResult(workDir: string): TrainingResult | undefined {
  const json = readJson(workDir, CHILD_FILES.result);
  return json === undefined ? undefined : parseInput(trainingResultSchema, json, 'TRAINING_FAILED');
}

/** Which process last started in the directory; undefined before the first start. */
export function readChildInfo(workDir: string): ChildInfo | undefined {
  const json = readJson(workDir, CHILD_FILES.child);
  return json === undefined ? undefined : parseInput(childInfoSchema, json, 'TRAINING_FAILED');
}

/** Whole lines of a log; one that is still being written is left out. */
function readLines<T extends z.ZodType>(schema: T, workDir: string, name: string): z.output<T>[] {
  const path = join(workDir, name);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseInput(schema, JSON.parse(line), 'TRAINING_FAILED'));
}

/** Whole lines of `progress.jsonl` with a sequence above `afterSequence`. */
export function readProgress(workDir: string, afterSequence = 0): ProgressLine[] {
  return readLines(progressLineSchema, workDir, CHILD_FILES.progress).filter((line) => line.sequence > afterSequence);
}

/** Whole lines of `checkpoints.jsonl`, in the order in which they were written. */
export function readCheckpointLines(workDir: string): CheckpointLine[] {
  return readLines(checkpointLineSchema, workDir, CHILD_FILES.checkpointLog);
}

/** The file that a line of `checkpoints.jsonl` is about. */
export function checkpointFile(workDir: string, step: number): string {
  return join(workDir, CHILD_FILES.checkpoints, `${step}.safetensors`);
}
