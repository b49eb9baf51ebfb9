import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { CyxError } from '#core/errors/cyx-error';
import type { TrainingResult } from '#engine/node/child-contract';
import { CheckpointUploader } from './checkpoint-uploader.ts';
import { claimJob } from './claim.ts';
import type { NodeActivities, TrainingInput } from './contract.ts';
import { diedOfFullDisk } from './disk-full.ts';
import { isFenced, isFinal, toFailure, wasCancelledByRequest } from './failure.ts';
import { drained, handedBack, keepStoppedState } from './hand-back.ts';
import type { NodeActivityDeps } from './ports.ts';
import { ProgressReporter } from './progress-reporter.ts';
import { requireEveryLink } from './resume.ts';
import { parseRunKey, runName, type RunKey } from './run-key.ts';
import { deliver, ensureRun, requireSuccess } from './training.ts';

const HEARTBEAT_MS = 2_000;
const LOOK_MS = 100;

/** The activities of a Server Node. Whatever they do, the training process itself belongs to the supervisor. */
export function createNodeActivities(deps: NodeActivityDeps): NodeActivities {
  return {
    claimJob: (input) => claimJob(deps, input).catch((error: unknown) => Promise.reject(toFailure(error))),
    startTraining: (input) => attended(deps, input, (key, signal) => startTraining(deps, key, input.deadlineAtMs, signal)),
    awaitTraining: async (input) => {
      const done = await attended(deps, input, (key, signal) => awaitTraining(deps, key, input.deadlineAtMs, signal));
      deps.slot.release(parseRunKey(input));
      return done;
    },
  };
}

/** What both training activities share: the slot, the heartbeats, and what each kind of ending means for the process. */
async function attended<T>(deps: NodeActivityDeps, input: TrainingInput, work: (key: RunKey, signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const key = parseRunKey(input);
  // What is trained already needs no slot any more: its delivery goes on beside the next job.
  const isTrained = deps.supervisor.find(key)?.result() !== undefined;
  if (!isTrained && !deps.slot.start(key)) throw toFailure(new CyxError('NODE_NOT_ELIGIBLE', 'This node has taken another job in the meantime'));
  const leave = deps.slot.attend(key);
  const beat = setInterval(() => context.heartbeat({ run: runName(key) }), HEARTBEAT_MS);
  context.heartbeat({ run: runName(key) });
  try {
    return await Promise.race([work(key, context.cancellationSignal), context.cancelled]);
  } catch (error) {
    if (wasCancelledByRequest(context)) {
      await deps.supervisor.stop(key);
      deps.slot.release(key);
      return await context.cancelled;
    }
    const failure = toFailure(await orHandBack(deps, key, error));
    if (isFenced(error)) await deps.supervisor.suspend(key);
    // A process that still lives keeps the slot: this machine does one thing at a time.
    if (isFinal(failure) && deps.supervisor.find(key)?.alive() !== true) deps.slot.release(key);
    throw failure;
  } finally {
    clearInterval(beat);
    leave();
  }
}

/** A disk that is full says nothing about the job: all that it holds of the run is removed, and another node goes on. */
async function orHandBack(deps: NodeActivityDeps, key: RunKey, error: unknown): Promise<unknown> {
  if (!diedOfFullDisk(error, deps.settings.workDir)) return error;
  deps.log.warn({ ...key, err: error }, 'The disk is full: the job is handed back');
  await deps.supervisor.stop(key);
  return handedBack('This node ran out of disk space; the job goes on elsewhere from its last checkpoint', error);
}

async function startTraining(deps: NodeActivityDeps, key: RunKey, deadlineAtMs: number, signal: AbortSignal): Promise<{ resumedFromStep: number }> {
  for (;;) {
    if (mustEnd(deps, key)) throw drained();
    const run = await ensureRun(deps, key, deadlineAtMs, signal);
    const tail = run.tail(0);
    for (;;) {
      const first = tail.read()[0];
      if (first !== undefined) return { resumedFromStep: first.step - 1 };
      const result = run.result();
      if (result !== undefined) return { resumedFromStep: requireSuccess(result).steps };
      if (mustEnd(deps, key)) await deps.supervisor.suspend(key);
      if (!run.alive()) break;
      await sleep(LOOK_MS, undefined, { signal });
    }
  }
}

/** The node drains, and what it would do for this run is not done yet. */
function mustEnd({ slot, supervisor }: NodeActivityDeps, key: RunKey): boolean {
  return slot.draining() && supervisor.find(key)?.result() === undefined;
}

async function awaitTraining(deps: NodeActivityDeps, key: RunKey, deadlineAtMs: number, signal: AbortSignal): Promise<{ reported: true }> {
  if (mustEnd(deps, key) && deps.supervisor.find(key) === undefined) throw drained();
  const run = await ensureRun(deps, key, deadlineAtMs, signal);
  const reporter = new ProgressReporter(run, deps.platform, deps.log);
  const uploader = new CheckpointUploader(run, deps);
  const close = (): Promise<unknown> => Promise.all([reporter.close(), uploader.close()]);
  signal.addEventListener('abort', () => void close(), { once: true });
  try {
    const result = await untilResult(deps, { key, deadlineAtMs, signal, failure: () => reporter.failure ?? uploader.failure });
    if (result === undefined) await keepStoppedState(run);
    await reporter.drain();
    // Whoever failed has nothing to complete, so its links are of no use to anybody.
    const success = result === undefined ? undefined : requireSuccess(result);
    if (success !== undefined) requireEveryLink(run.dir, success.steps);
    await uploader.drain();
    signal.throwIfAborted();
    if (success === undefined) throw drained();
    await deliver(deps, run, success, signal);
    return { reported: true };
  } finally {
    await close();
  }
}

interface Watch {
  readonly key: RunKey;
  readonly deadlineAtMs: number;
  readonly signal: AbortSignal;
  /** Why the attempt can not go on. */
  readonly failure: () => Error | undefined;
}

/** The result, however often the process has to be started for it; undefined once a node that drains has stopped it. */
async function untilResult(deps: NodeActivityDeps, { key, deadlineAtMs, signal, failure }: Watch): Promise<TrainingResult | undefined> {
  for (;;) {
    if (mustEnd(deps, key)) {
      await deps.supervisor.suspend(key);
      return deps.supervisor.find(key)?.result();
    }
    const run = await ensureRun(deps, key, deadlineAtMs, signal);
    while (!mustEnd(deps, key)) {
      // Alive is asked first: a process may write its result and end between the two questions.
      const wasAlive = run.alive();
      const result = run.result();
      if (result !== undefined) return result;
      const reason = failure();
      if (reason !== undefined) throw reason;
      if (!wasAlive) break;
      await sleep(LOOK_MS, undefined, { signal });
    }
  }
}
