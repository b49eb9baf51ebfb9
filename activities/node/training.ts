import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import type { TrainingResult } from '#engine/node/child-contract';
import type { Lease, NodeActivityDeps, StoragePort } from './ports.ts';
import { updateJournal } from './progress-reporter.ts';
import { readJournal, RUN_FILES } from './run-dir.ts';
import type { RunKey } from './run-key.ts';
import type { Run, RunSpec } from './supervisor.ts';

/** A crash costs at most so many steps. */
const CHECKPOINT_EVERY_STEPS = 50;

/** The run of an attempt, started if it does not live: fetches what it needs under a fresh lease. */
export async function ensureRun(deps: NodeActivityDeps, key: RunKey, deadlineAtMs: number, signal: AbortSignal): Promise<Run> {
  // A cancelled activity must not start what its cancellation has just ended.
  signal.throwIfAborted();
  return deps.supervisor.start(key, deadlineAtMs, async () => {
    const lease = await deps.platform.acquireLease(key.jobId, key.attempt);
    signal.throwIfAborted();
    const datasetFile = join(deps.supervisor.directory(key), RUN_FILES.dataset);
    if (!existsSync(datasetFile)) await fetchDataset(deps.storageAt(lease.storageUrl), lease, datasetFile, signal);
    return specOf(lease, datasetFile, deps.settings.threads);
  });
}

function specOf(lease: Lease, datasetFile: string, threads: number | undefined): RunSpec {
  const hyperParameters = parseInput(hyperParametersSchema, JSON.parse(lease.hyperParametersJson), 'TRAINING_FAILED');
  const { graphJson, datasetCid } = lease;
  return { graphJson, hyperParameters, datasetFile, datasetCid, checkpointEverySteps: CHECKPOINT_EVERY_STEPS, ...(threads === undefined ? {} : { threads }) };
}

/** Streams and decrypts; a file under its final name is whole and authenticated. */
async function fetchDataset(storage: StoragePort, { datasetCid, datasetKey }: Lease, file: string, signal: AbortSignal): Promise<void> {
  const partial = `${file}.part`;
  try {
    const stream = await storage.get(datasetCid, datasetKey, { signal });
    await pipeline(Readable.fromWeb(stream as NodeReadableStream<Uint8Array>), createWriteStream(partial, { mode: 0o600 }), { signal });
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
}

type Success = Extract<TrainingResult, { ok: true }>;

/** The model of a finished run, or the error that it ended with. */
export function requireSuccess(result: TrainingResult): Success {
  if (result.ok) return result;
  throw new CyxError(result.code, result.message, { facts: result.facts ?? {} });
}

/** Uploads and reports once: a retry finds in the journal what is done already. */
export async function deliver(deps: NodeActivityDeps, run: Run, result: Success, signal: AbortSignal): Promise<void> {
  if (!readJournal(run.dir).completed) {
    const model = readJournal(run.dir).model ?? (await upload(deps, run, result, signal));
    const { commitmentHex, finalLoss, finalAccuracy, trainingMs } = result;
    await deps.platform.reportCompletion({
      ...run.key,
      modelCid: model.cid,
      modelSizeBytes: model.sizeBytes,
      commitmentHex,
      finalLoss,
      finalAccuracy,
      trainingMs: Math.round(trainingMs),
    });
    updateJournal(run.dir, { completed: true });
  }
  rmSync(join(run.dir, RUN_FILES.dataset), { force: true });
}

async function upload(deps: NodeActivityDeps, run: Run, { modelFile }: Success, signal: AbortSignal): Promise<{ cid: string; sizeBytes: number }> {
  const lease = await deps.platform.acquireLease(run.key.jobId, run.key.attempt);
  const body = Readable.toWeb(createReadStream(modelFile)) as ReadableStream<Uint8Array>;
  const { cid } = await deps.storageAt(lease.storageUrl).put(body, { key: lease.modelKey, signal });
  const model = { cid, sizeBytes: statSync(modelFile).size };
  updateJournal(run.dir, { model });
  return model;
}
