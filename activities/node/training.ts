import { createReadStream, existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import type { TrainingResult } from '#engine/node/child-contract';
import { download } from './download.ts';
import type { Lease, NodeActivityDeps, NodeSettings } from './ports.ts';
import { updateJournal } from './progress-reporter.ts';
import { CHECKPOINT_EVERY_MS } from './node-config.ts';
import { placeCheckpoint } from './resume.ts';
import { readJournal, RUN_FILES } from './run-dir.ts';
import type { RunKey } from './run-key.ts';
import type { Run, RunSpec } from './supervisor.ts';

/** The run of an attempt, started if it does not live: fetches what it needs under a fresh lease. */
export async function ensureRun(deps: NodeActivityDeps, key: RunKey, deadlineAtMs: number, signal: AbortSignal): Promise<Run> {
  // A cancelled activity must not start what its cancellation has just ended.
  signal.throwIfAborted();
  return deps.supervisor.start(key, deadlineAtMs, async () => {
    const lease = await deps.platform.acquireLease(key.jobId, key.attempt);
    signal.throwIfAborted();
    const datasetFile = join(deps.supervisor.directory(key), RUN_FILES.dataset);
    const { datasetCid: cid, datasetKey } = lease;
    if (!existsSync(datasetFile)) await download(deps.storageAt(lease.storageUrl), { cid, key: datasetKey, file: datasetFile, signal });
    const spec = specOf(lease, datasetFile, deps.settings);
    await placeCheckpoint(deps, { key, lease, spec, signal });
    return spec;
  });
}

function specOf(lease: Lease, datasetFile: string, { threads, memoryLimitMb: memoryMb, checkpointEveryMs = CHECKPOINT_EVERY_MS }: NodeSettings): RunSpec {
  const hyperParameters = parseInput(hyperParametersSchema, JSON.parse(lease.hyperParametersJson), 'TRAINING_FAILED');
  const { graphJson, datasetCid, checkpointEverySteps } = lease;
  const bounds = { ...(threads === undefined ? {} : { threads }), ...(memoryMb === undefined ? {} : { memoryMb }) };
  return { graphJson, hyperParameters, datasetFile, datasetCid, checkpointEverySteps, checkpointEveryMs, ...bounds };
}

type Success = Extract<TrainingResult, { ok: true }>;

/** The model of a finished run, or the error that it ended with. */
export function requireSuccess(result: TrainingResult): Success {
  if (result.ok) return result;
  throw new CyxError(result.code, result.message, { facts: result.facts ?? {} });
}

/** Uploads and reports once: a retry finds in the journal what is done already. */
export async function deliver(deps: NodeActivityDeps, run: Run, result: Success, signal: AbortSignal): Promise<void> {
  // Nothing trains on it any more; on a full disk it makes room for the rest.
  rmSync(join(run.dir, RUN_FILES.dataset), { force: true });
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
}

async function upload(deps: NodeActivityDeps, run: Run, { modelFile }: Success, signal: AbortSignal): Promise<{ cid: string; sizeBytes: number }> {
  const lease = await deps.platform.acquireLease(run.key.jobId, run.key.attempt);
  const body = Readable.toWeb(createReadStream(modelFile)) as ReadableStream<Uint8Array>;
  const { cid } = await deps.storageAt(lease.storageUrl).put(body, { key: lease.modelKey, signal });
  const model = { cid, sizeBytes: statSync(modelFile).size };
  updateJournal(run.dir, { model });
  return model;
}
