import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { CyxError } from '#core/errors/cyx-error';
import type { TrainingResult } from '#engine/node/child-contract';
import { claimJob } from './claim.ts';
import type { NodeActivities, TrainingInput } from './contract.ts';
import { isFenced, isFinal, toFailure, wasCancelledByRequest } from './failure.ts';
import type { NodeActivityDeps } from './ports.ts';
import { ProgressReporter } from './progress-reporter.ts';
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
    const failure = toFailure(error);
    if (isFenced(error)) await deps.supervisor.suspend(key);
    // A process that still lives keeps the slot: this machine does one thing at a time.
    if (isFinal(failure) && deps.supervisor.find(key)?.alive() !== true) deps.slot.release(key);
    throw failure;
  } finally {
    clearInterval(beat);
    leave();
  }
}

async function startTraining(deps: NodeActivityDeps, key: RunKey, deadlineAtMs: number, signal: AbortSignal): Promise<{ resumedFromStep: number }> {
  for (;;) {
    const run = await ensureRun(deps, key, deadlineAtMs, signal);
    const tail = run.tail(0);
    for (;;) {
      const first = tail.read()[0];
      if (first !== undefined) return { resumedFromStep: first.step - 1 };
      const result = run.result();
      if (result !== undefined) return { resumedFromStep: requireSuccess(result).steps };
      if (!run.alive()) break;
      await sleep(LOOK_MS, undefined, { signal });
    }
  }
}

async function awaitTraining(deps: NodeActivityDeps, key: RunKey, deadlineAtMs: number, signal: AbortSignal): Promise<{ reported: true }> {
  const run = await ensureRun(deps, key, deadlineAtMs, signal);
  const reporter = new ProgressReporter(run, deps.platform, deps.log);
  signal.addEventListener('abort', () => void reporter.close(), { once: true });
  try {
    const result = await untilResult(deps, key, deadlineAtMs, reporter, signal);
    await reporter.drain();
    signal.throwIfAborted();
    await deliver(deps, run, requireSuccess(result), signal);
    return { reported: true };
  } finally {
    await reporter.close();
  }
}

async function untilResult(deps: NodeActivityDeps, key: RunKey, deadlineAtMs: number, reporter: ProgressReporter, signal: AbortSignal): Promise<TrainingResult> {
  for (;;) {
    const run = await ensureRun(deps, key, deadlineAtMs, signal);
    for (;;) {
      // Alive is asked first: a process may write its result and end between the two questions.
      const wasAlive = run.alive();
      const result = run.result();
      if (result !== undefined) return result;
      if (reporter.failure !== undefined) throw reporter.failure;
      if (!wasAlive) break;
      await sleep(LOOK_MS, undefined, { signal });
    }
  }
}
