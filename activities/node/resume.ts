import { appendFileSync, copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { CHILD_FILES, checkpointFile, trainingSpecSchema, type CheckpointLine } from '#engine/node/child-contract';
import { formOfRun, inspectCheckpoint, type InspectedCheckpoint, type RunForm } from './checkpoint-inspect.ts';
import { readCheckpointLog } from './checkpoint-log.ts';
import { DiskFullError } from './disk-full.ts';
import { download } from './download.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Lease, NodeActivityDeps, ResumePoint } from './ports.ts';
import { attemptsOf, RUN_FILES } from './run-dir.ts';
import type { RunKey } from './run-key.ts';
import type { RunSpec } from './supervisor.ts';

/** So many checkpoints of the job are tried before it starts from the beginning. */
const MAX_TRIES = 3;

const originSchema = z.object({ step: z.int().min(0), chainHex: z.string() });
/** What the platform has of a run that an attempt goes on with: links up to here are reported. */
type Origin = z.output<typeof originSchema>;

export interface ResumeRequest {
  readonly key: RunKey;
  readonly lease: Lease;
  readonly spec: RunSpec;
  readonly signal: AbortSignal;
}

interface Place {
  readonly deps: NodeActivityDeps;
  readonly key: RunKey;
  readonly dir: string;
  readonly form: RunForm;
  readonly everySteps: number;
  readonly signal: AbortSignal;
}

/**
 * Puts the checkpoint in place that a new process of this attempt goes on from, or none. First its own, then what an
 * earlier attempt left on this node and the platform does not have yet, then what the platform has. A checkpoint that is
 * of no use costs a warning and never the job.
 */
export async function placeCheckpoint(deps: NodeActivityDeps, { key, lease, spec, signal }: ResumeRequest): Promise<void> {
  const dir = deps.supervisor.directory(key);
  const place: Place = { deps, key, dir, form: await formOfRun(spec), everySteps: spec.checkpointEverySteps, signal };
  if (await keepOwn(place)) return;
  // What is half reported belongs to no checkpoint that is left: the run begins anew, and so does its log.
  for (const name of [CHILD_FILES.checkpoints, CHILD_FILES.checkpointLog]) rmSync(join(dir, name), { recursive: true, force: true });
  if (await inherit(place, originOf(lease.resumeFrom, place.form))) return;
  await fetchResumePoint(place, lease);
}

function originOf(point: ResumePoint | undefined, { runHex }: RunForm): Origin {
  return point === undefined ? { step: 0, chainHex: runHex } : { step: point.step, chainHex: point.chain };
}

/**
 * Every link that this attempt has to report is in the log. A full disk costs checkpoints and not the training, so a run
 * may end without; its chain could never be shown to anybody.
 *
 * @throws the error of a full disk where one is missing.
 */
export function requireEveryLink(dir: string, steps: number): void {
  const fromStep = readJson(join(dir, RUN_FILES.origin), originSchema)?.step ?? 0;
  const { checkpointEverySteps } = parseInput(trainingSpecSchema, JSON.parse(readFileSync(join(dir, CHILD_FILES.spec), 'utf8')), 'TRAINING_FAILED');
  const known = new Set(readCheckpointLog(dir).filter(({ isLink }) => isLink).map(({ step }) => step));
  for (let step = fromStep + 1; step <= steps; step += 1) {
    const isLink = step === steps || step % checkpointEverySteps === 0;
    if (isLink && !known.has(step)) throw new DiskFullError(`There was no room for the checkpoint of step ${step}`);
  }
}

async function inspect({ deps, key, form }: Place, path: string): Promise<InspectedCheckpoint | undefined> {
  try {
    return await inspectCheckpoint(path, form);
  } catch (error) {
    if (!(error instanceof CyxError)) throw error;
    deps.log.warn({ ...key, err: error }, 'A checkpoint on this node is of no use and is left aside');
    return undefined;
  }
}

/** A process of this very attempt left it. */
async function keepOwn(place: Place): Promise<boolean> {
  const path = join(place.dir, CHILD_FILES.checkpoint);
  if (!existsSync(path)) return false;
  if ((await inspect(place, path)) !== undefined) return true;
  rmSync(path, { force: true });
  return false;
}

/**
 * Goes on from where an earlier attempt on this node stopped, if that is beyond what the platform has, comes of it, and
 * every link in between is still here to be reported under this attempt.
 */
async function inherit(place: Place, origin: Origin): Promise<boolean> {
  const { deps, key, dir } = place;
  const earlier = attemptsOf(join(dir, '..', '..'), key.jobId).filter(({ attempt }) => attempt < key.attempt).reverse();
  for (const run of earlier) {
    const from = deps.supervisor.directory(run);
    const path = join(from, CHILD_FILES.checkpoint);
    if (!existsSync(path)) continue;
    const checkpoint = await inspect(place, path);
    if (checkpoint === undefined) continue;
    const links = linksToTake(from, checkpoint, origin, place.everySteps);
    if (links === undefined) continue;
    mkdirSync(join(dir, CHILD_FILES.checkpoints), { recursive: true, mode: 0o700 });
    for (const { step } of links) take(checkpointFile(from, step), checkpointFile(dir, step));
    appendFileSync(join(dir, CHILD_FILES.checkpointLog), links.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
    writeJson(join(dir, RUN_FILES.origin), origin);
    take(path, join(dir, CHILD_FILES.checkpoint));
    return true;
  }
  return false;
}

/** The links from the origin to the checkpoint; undefined where it does not come of the origin or one is missing. */
function linksToTake(from: string, { state }: InspectedCheckpoint, origin: Origin, everySteps: number): CheckpointLine[] | undefined {
  if (state.step <= origin.step) return undefined;
  const lines = readCheckpointLog(from);
  const began = readJson(join(from, RUN_FILES.origin), originSchema);
  const comesOfIt =
    origin.step === 0 ||
    (began?.step === origin.step && began.chainHex === origin.chainHex) ||
    lines.some(({ step, chain }) => step === origin.step && chain === origin.chainHex);
  const links = lines.filter(({ isLink, step }) => isLink && step > origin.step && step <= state.step);
  const multiples = Math.floor(state.step / everySteps) - Math.floor(origin.step / everySteps);
  const areAllHere = links.filter(({ step }) => step % everySteps === 0).length === multiples && links.every(({ step }) => existsSync(checkpointFile(from, step)));
  const endsInIt = state.chainHex === (links.at(-1)?.chain ?? origin.chainHex);
  return comesOfIt && areAllHere && endsInIt ? links : undefined;
}

/** Both are on one disk: another name for the same bytes, which nobody changes in place. */
function take(source: string, target: string): void {
  const part = `${target}.part`;
  rmSync(part, { force: true });
  try {
    linkSync(source, part);
  } catch {
    copyFileSync(source, part);
  }
  renameSync(part, target);
}

/** Downloads where the lease says to go on from; what is of no use there is left out, and an earlier one asked for. */
async function fetchResumePoint(place: Place, first: Lease): Promise<void> {
  const { deps, key, dir, signal } = place;
  let lease = first;
  for (let tries = 1; lease.resumeFrom !== undefined; tries += 1) {
    const point = lease.resumeFrom;
    const part = join(dir, `${CHILD_FILES.checkpoint}.part`);
    try {
      await download(deps.storageAt(lease.storageUrl), { cid: point.cid, key: lease.modelKey, file: part, signal });
      checkAgainst(point, await inspectCheckpoint(part, place.form));
      writeJson(join(dir, RUN_FILES.origin), originOf(point, place.form));
      renameSync(part, join(dir, CHILD_FILES.checkpoint));
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!isOfNoUse(error)) throw error;
      deps.log.warn({ ...key, step: point.step, err: error }, 'The checkpoint to go on from is of no use; an earlier one is tried');
    } finally {
      rmSync(part, { force: true });
    }
    // The platform has to know where this attempt really begins, so the beginning is asked for too.
    lease = await deps.platform.acquireLease(key.jobId, key.attempt, tries < MAX_TRIES ? point.step : 1);
  }
  writeJson(join(dir, RUN_FILES.origin), originOf(undefined, place.form));
}

function checkAgainst(point: ResumePoint, { state, stateHash }: InspectedCheckpoint): void {
  if (state.step !== point.step || state.chainHex !== point.chain || stateHash !== point.stateHash) {
    throw new CyxError('TRAINING_FAILED', `The checkpoint of step ${point.step} is not the one that was reported`);
  }
}

/** The object is gone, broken or something else; a storage that does not answer is asked again instead. */
function isOfNoUse(error: unknown): boolean {
  return error instanceof CyxError && ['NOT_FOUND', 'STORAGE_DATA_LOSS', 'STORAGE_CORRUPT', 'TRAINING_FAILED'].includes(error.code);
}
