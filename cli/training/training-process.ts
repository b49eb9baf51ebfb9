import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import { CHILD_FILES, readTrainingResult, trainingChildCommand, type ProgressLine, type TrainingResult } from '#engine/node/child-contract';
import { isolate, networkWay } from '#engine/node/child-isolation';
import { ProgressTail } from '#engine/node/progress-tail';
import { LOCAL_FILES } from './run-folder.ts';

const LOOK_EVERY_MS = 200;

export interface TrainingProcess {
  /** Asks for a checkpoint and the end of the process. */
  stop(): void;
  /** Ends the process at once; what came after the last checkpoint is lost. */
  kill(): void;
  /** The result of the run, or undefined where it was stopped before its end. */
  readonly ended: Promise<TrainingResult | undefined>;
}

/** What to know before a training starts here; undefined where there is nothing. */
export function trainingWarning(): string | undefined {
  return networkWay() === undefined ? 'This training has the network within reach: neither unshare nor bwrap works here' : undefined;
}

/** Starts (or resumes) the training of a run's folder in a process of its own. */
export function startTraining(folder: string, onProgress: (line: ProgressLine) => void): TrainingProcess {
  const progress = new ProgressTail(join(folder, CHILD_FILES.progress));
  progress.read(); // what an earlier start told is no news
  const log = openSync(join(folder, LOCAL_FILES.log), 'a');
  const { command, args, env } = isolate(trainingChildCommand(resolve(folder)));
  // A group of its own: a Ctrl-C in the terminal must not end it before it has written its checkpoint.
  const child = spawn(command, [...args], { env, detached: true, stdio: ['ignore', 'ignore', log] });
  closeSync(log);
  const exited = new AbortController();
  let isStopping = false;
  const end = (signal: NodeJS.Signals) => (): void => {
    isStopping = true;
    // The whole group: what keeps the training from the network may stand between.
    if (child.pid !== undefined && !exited.signal.aborted) process.kill(-child.pid, signal);
  };
  const over = once(child, 'exit').finally(() => exited.abort());
  const watch = async (): Promise<TrainingResult | undefined> => {
    while (!exited.signal.aborted) {
      await sleep(LOOK_EVERY_MS, undefined, { signal: exited.signal }).catch(() => undefined);
      progress.read().forEach(onProgress);
    }
    await over; // throws where there was no process to start
    const result = readTrainingResult(folder);
    if (result === undefined && !isStopping && child.exitCode !== 0) throw crashed(folder, child);
    return result;
  };
  return { stop: end('SIGTERM'), kill: end('SIGKILL'), ended: watch() };
}

function crashed(folder: string, { exitCode, signalCode }: ChildProcess): CyxError {
  const log = readFileSync(join(folder, LOCAL_FILES.log), 'utf8').trim().slice(-500);
  // Linux ends the process that took the last memory in just this way.
  const why = signalCode === 'SIGKILL' ? 'was killed, perhaps for want of memory: a smaller --batch-size needs less' : `ended with ${signalCode ?? `code ${exitCode}`}`;
  return new CyxError('TRAINING_FAILED', `The training process ${why}. Go on from its last checkpoint with --resume${log === '' ? '' : `\n${log}`}`);
}
