import { CyxError } from '#core/errors/cyx-error';
import { totalSteps } from '#core/graph/hyper-parameters';
import type { LinkRecord } from '#core/verification/chain-of-links';
import { findAttempt, attemptsOfJob } from '#db/postgres/attempts';
import { checkpointsOfJob } from '#db/postgres/checkpoints';
import type { CheckpointRow, DrawRow, JobAttemptRow, JobRow } from '#db/postgres/database';
import { findDraw } from '#db/postgres/draws';
import { requireJob } from '#db/postgres/jobs';
import { openDatasetFile } from '#engine/node/dataset-file';
import { hashTensors } from '#engine/trainer/commitment';
import { createCheckpointReader, type OpenedCheckpoint } from './checkpoints.ts';
import type { Verifier } from './deps.ts';
import { fetchTrainingData } from './fetch.ts';
import { evaluateHeldOut, fetchModel, type FetchedModel } from './held-out.ts';
import { chainOfResult, hex, identityOf, recordOf } from './result-chain.ts';
import { checkSegments, type RunUnderTest } from './segments.ts';
import { WrongResult } from './wrong-result.ts';

export interface Examination {
  readonly jobId: string;
  readonly attempt: number;
  /** For this examination alone; removed afterwards. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Steps re-executed so far. */
  readonly onProgress: (phase: string, steps: number) => void;
}

export interface Examined {
  readonly testAccuracy: number;
  readonly testLoss: number;
  readonly segments: number;
  readonly steps: number;
}

/**
 * Looks at all that a result claims. Always: the links recompute to the committed root, the last of them is the end of the
 * run, its checkpoint is the state that was committed to, the model has its weights and is the job's graph, and the metric
 * on held-out data is finite. And the drawn segments come out as committed when they are run again.
 *
 * @throws WrongResult for what a node is to blame for; every other error is no verdict and is tried again.
 */
export async function examine(verifier: Verifier, examination: Examination): Promise<Examined> {
  const { jobId, attempt, folder, signal, onProgress } = examination;
  const { job, result, draw } = await subjectOfExamination(verifier, examination);
  onProgress('commitment', 0);
  const chain = await chainOfResult(verifier.db, job, { attempt, root: draw.root });
  if (!chain.ok) throw new WrongResult(chain.attempt, chain.reason);
  const datasetFile = await fetchTrainingData(verifier, job);
  const end = chain.links.at(-1)!;
  requireEnd(job, end, datasetFile);
  onProgress('model', 0);
  const checkpoints = createCheckpointReader(verifier, job, { startHex: chain.startHex, folder });
  const last = await checkpoints.open(end);
  const model = await fetchModel(verifier, job, { attempt, cid: result.modelCid!, folder });
  await requireSameWeights(attempt, model, last);
  // Side by side: most of either is the start of a process. Whichever finds something wrong ends the other.
  const found = new AbortController();
  const together = AbortSignal.any([signal, found.signal]);
  let steps = 0;
  const run: RunUnderTest = {
    ...identityOf(job),
    graphJson: job.graphJson,
    datasetFile,
    deviceClass: job.deviceClass,
    links: chain.links,
    spans: last.facts.devices,
    checkpoints,
    resumePoint: await resumePoints(verifier, jobId),
    signal: together,
    onProgress: (done) => onProgress('segments', (steps += done)),
  };
  const work = [evaluateHeldOut(verifier, job, { attempt, modelFile: model.file, folder, signal: together }), checkSegments(run, draw.segments)] as const;
  try {
    const [metric] = await Promise.all(work);
    return { ...metric, segments: draw.segments.length, steps };
  } finally {
    found.abort();
    await Promise.allSettled(work);
  }
}

async function subjectOfExamination({ db }: Verifier, { jobId, attempt }: Examination): Promise<{ job: JobRow; result: JobAttemptRow; draw: DrawRow }> {
  const [job, result, draw] = await Promise.all([requireJob(db, jobId), findAttempt(db, { jobId, attempt }), findDraw(db, { jobId, attempt })]);
  if (result?.modelCid == null || result.commitment === null) throw new CyxError('STATE_CONFLICT', `Attempt ${attempt} of job ${jobId} has no result`);
  if (draw === null) throw new CyxError('STATE_CONFLICT', `Nothing was drawn for attempt ${attempt} of job ${jobId}`);
  return { job, result, draw };
}

/** By the data itself: how many samples its owner says there are is not the node's to answer for. */
function requireEnd(job: JobRow, end: LinkRecord, datasetFile: string): void {
  const steps = totalSteps(openDatasetFile(datasetFile).facts.samples, identityOf(job).hyperParameters);
  if (end.step !== steps) throw new WrongResult(end.attempt, `The committed run ends at step ${end.step}, but the job has ${steps} steps`);
}

async function requireSameWeights(attempt: number, { model }: FetchedModel, { facts }: OpenedCheckpoint): Promise<void> {
  const [delivered, committed] = await Promise.all([hashTensors(model.weights), hashTensors(facts.weights())]);
  if (hex(delivered) === hex(committed)) return;
  throw new WrongResult(attempt, `The model's weights are ${hex(delivered)}, but the run that was committed to ends with ${hex(committed)}`);
}

/** Where attempts went on from a checkpoint between two links, as the platform told them to. */
async function resumePoints({ db }: Verifier, jobId: string): Promise<RunUnderTest['resumePoint']> {
  const [attempts, rows] = await Promise.all([attemptsOfJob(db, jobId), checkpointsOfJob(db, jobId)]);
  return ({ attempt, fromStep, toStep }) => {
    const step = attempts.find((row) => row.attempt === attempt)?.resumedFromStep ?? 0;
    if (step <= fromStep || step >= toStep) return null;
    const points: CheckpointRow[] = rows.filter((row) => row.step === step && row.attempt < attempt);
    const point = points.sort((a, b) => b.attempt - a.attempt)[0];
    return point === undefined ? null : recordOf(point);
  };
}
