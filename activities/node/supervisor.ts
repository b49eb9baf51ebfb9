import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import {
  CHILD_FILES,
  readTrainingResult,
  trainingChildCommand,
  trainingSpecSchema,
  type ChildCommand,
  type TrainingResult,
  type TrainingSpecInput,
} from '#engine/node/child-contract';
import { isolate } from '#engine/node/child-isolation';
import { memoryBound } from '#engine/node/memory-bound';
import { saysOutOfMemory } from '#engine/node/out-of-memory';
import { nextToStore, readCheckpointLog } from './checkpoint-log.ts';
import { isDiskFull } from './disk-full.ts';
import { hasGpuTrainer } from './hardware.ts';
import { readJson, writeJson } from './json-file.ts';
import { ProgressTail } from '#engine/node/progress-tail';
import { processMark } from '#engine/node/process-mark';
import { allRuns, endSchema, hasSpec, makeRunDirectory, planSchema, processSchema, readJournal, RUN_FILES, runDirectory, type ProcessEnd, type ProcessRecord } from './run-dir.ts';
import { runName, type RunKey } from './run-key.ts';

/** So many starts in a row that get no further are a fault of the job or the machine, not bad luck. */
const MAX_FRUITLESS_STARTS = 3;
/** A process that outlived its job's deadline by this has nobody who waits for it. */
const OVERDUE_AFTER_MS = 10 * 60_000;
/** Results stay readable this long after the deadline. */
const KEEP_AFTER_DEADLINE_MS = 24 * 3_600_000;
const SUSPEND_GRACE_MS = 5_000;
const POLL_MS = 20;
const LAST_WORDS_CHARACTERS = 4_000;

/** One attempt's training on this node's disk, whether its process lives or not. */
export interface Run {
  readonly key: RunKey;
  readonly dir: string;
  /** The process lives. */
  alive(): boolean;
  result(): TrainingResult | undefined;
  /** A reader of its progress, behind a sequence number. */
  tail(afterSequence: number): ProgressTail;
}

/** The child's specification without what the key says already. */
export type RunSpec = Omit<TrainingSpecInput, 'jobId' | 'attempt'>;

/**
 * Owns the training processes of this node. They are detached: they outlive a crash of the worker, and the next
 * supervisor finds them again by their files. Nothing but `stop` and `suspend` ends one before its job's deadline.
 */
export interface Supervisor {
  /** The directory of an attempt; made if need be. */
  directory(key: RunKey): string;
  find(key: RunKey): Run | undefined;
  /**
   * The run as it is, if its process lives or it is finished; else a process started in its directory. `prepare` is
   * called only when one must start: it puts the dataset where its specification says, and the checkpoint to go on from.
   */
  start(key: RunKey, deadlineAtMs: number, prepare: () => Promise<RunSpec>): Promise<Run>;
  /** Ends the process at once and forgets the attempt's files. */
  stop(key: RunKey): Promise<void>;
  /**
   * The lease is over: the process writes a checkpoint and leaves, or is ended where it does not, and the dataset goes.
   * What it learned stays for a later attempt at the job on this node.
   */
  suspend(key: RunKey): Promise<void>;
  /** Has the process wait between two steps, after a checkpoint, until it may go on; both hold over restarts. */
  pause(key: RunKey): void;
  resume(key: RunKey): void;
  /** Attempts whose process lives. */
  live(): RunKey[];
  /** Asks every process to write a checkpoint and leave, and starts none from then on; for an orderly shutdown. */
  suspendAll(): Promise<void>;
  /** Ends overdue processes and removes what nobody can need again. */
  prune(nowMs: number): Promise<void>;
}

export interface SupervisorOptions {
  /** Directory of all runs. */
  readonly root: string;
  /** How to start a child for a directory; the engine's own unless a test says otherwise. */
  readonly command?: (dir: string) => ChildCommand;
}

export function createSupervisor({ root, command = trainingChildCommand }: SupervisorOptions): Supervisor {
  const starting = new Map<string, Promise<Run>>();
  let suspended = false;
  const mayLaunch = (): void => {
    // Retryable: after the restart the same attempt goes on from its checkpoint.
    if (suspended) throw new CyxError('UNAVAILABLE', 'This node is shutting down');
  };
  const live = (): RunKey[] => allRuns(root).filter((key) => isAlive(runDirectory(root, key)));

  return {
    directory: (key) => makeRunDirectory(root, key),
    find: (key) => (hasSpec(runDirectory(root, key)) ? runOf(root, key) : undefined),
    start(key, deadlineAtMs, prepare) {
      // Two activities may ask at once (a retry beside a slow first try): the second waits for the first one's run.
      const name = runName(key);
      const pending = starting.get(name) ?? attachOrStart({ root, key, deadlineAtMs, prepare, command, mayLaunch }).finally(() => starting.delete(name));
      starting.set(name, pending);
      return pending;
    },
    async stop(key) {
      await starting.get(runName(key))?.catch(() => undefined);
      const dir = runDirectory(root, key);
      await kill(dir);
      rmSync(dir, { recursive: true, force: true });
    },
    async suspend(key) {
      await starting.get(runName(key))?.catch(() => undefined);
      const dir = runDirectory(root, key);
      await suspend(dir);
      if (isAlive(dir)) await kill(dir);
      rmSync(join(dir, RUN_FILES.dataset), { force: true });
    },
    pause: (key) => writeFileSync(join(makeRunDirectory(root, key), CHILD_FILES.pause), ''),
    resume: (key) => rmSync(join(runDirectory(root, key), CHILD_FILES.pause), { force: true }),
    live,
    async suspendAll() {
      suspended = true;
      await Promise.allSettled(starting.values());
      await Promise.all(live().map((key) => suspend(runDirectory(root, key))));
    },
    async prune(nowMs) {
      for (const key of allRuns(root)) if (!starting.has(runName(key))) await pruneRun(root, key, nowMs);
    },
  };
}

function processOf(dir: string): ProcessRecord | undefined {
  return readJson(join(dir, RUN_FILES.process), processSchema);
}

function isAlive(dir: string): boolean {
  const record = processOf(dir);
  return record !== undefined && processMark(record.pid) === record.mark;
}

function runOf(root: string, key: RunKey): Run {
  const dir = runDirectory(root, key);
  return {
    key,
    dir,
    alive: () => isAlive(dir),
    result: () => readTrainingResult(dir),
    tail: (afterSequence) => new ProgressTail(join(dir, CHILD_FILES.progress), afterSequence),
  };
}

interface StartRequest {
  readonly root: string;
  readonly key: RunKey;
  readonly deadlineAtMs: number;
  readonly prepare: () => Promise<RunSpec>;
  readonly command: (dir: string) => ChildCommand;
  /** Throws where no process may be started any more. */
  readonly mayLaunch: () => void;
}

async function attachOrStart({ root, key, deadlineAtMs, prepare, command, mayLaunch }: StartRequest): Promise<Run> {
  const dir = makeRunDirectory(root, key);
  const run = runOf(root, key);
  if (run.alive() || run.result() !== undefined) return run;
  mayLaunch();
  // First of all, so that whatever `prepare` leaves behind is pruned some day.
  writeJson(join(dir, RUN_FILES.plan), { deadlineAtMs });
  const spec = await prepare();
  if (!hasSpec(dir)) {
    // The child keeps to it by itself, also where no worker lives to prune it.
    writeJson(join(dir, CHILD_FILES.spec), trainingSpecSchema.parse({ deadlineAtMs: deadlineAtMs + OVERDUE_AFTER_MS, ...spec, ...key }));
  }
  mayLaunch();
  launch(dir, command(dir), nextRecord(key, dir));
  return run;
}

function nextRecord(key: RunKey, dir: string): Pick<ProcessRecord, 'fruitlessStarts' | 'sequenceAtStart'> {
  const before = processOf(dir);
  const sequenceAtStart = new ProgressTail(join(dir, CHILD_FILES.progress)).read().at(-1)?.sequence ?? 0;
  const gotFurther = before === undefined || sequenceAtStart > before.sequenceAtStart;
  const fruitlessStarts = gotFurther ? 0 : before.fruitlessStarts + 1;
  // More of the same would end the same way.
  if (fruitlessStarts > 0 && ranOutOfMemory(dir)) throw new CyxError('OUT_OF_MEMORY', 'The training asked for more memory than this machine gives it. Use a smaller batch size or model');
  if (fruitlessStarts >= MAX_FRUITLESS_STARTS) throw givenUp(key, endOf(dir, before));
  return { fruitlessStarts, sequenceAtStart };
}

function endOf(dir: string, record: ProcessRecord | undefined): ProcessEnd | undefined {
  const end = readJson(join(dir, RUN_FILES.end), endSchema);
  return end?.mark === record?.mark ? end : undefined;
}

/** Its last words. A process that the kernel gives no more memory ends in many ways, and says why. */
function ranOutOfMemory(dir: string): boolean {
  const output = join(dir, RUN_FILES.output);
  return existsSync(output) && saysOutOfMemory(readFileSync(output, 'utf8').slice(-LAST_WORDS_CHARACTERS));
}

/** A process that dies by a signal wrote no result itself. SIGKILL is what the system does where memory runs out. */
function givenUp(key: RunKey, end: ProcessEnd | undefined): CyxError {
  const what = `The training process of ${runName(key)} ended ${MAX_FRUITLESS_STARTS} times without a step done`;
  if (end?.signal === 'SIGKILL') return new CyxError('OUT_OF_MEMORY', `${what}, the last time killed by the system, as happens where memory runs out`);
  const how = end?.signal ?? (end?.code === undefined || end.code === null ? undefined : `exit code ${end.code}`);
  return new CyxError('TRAINING_FAILED', how === undefined ? what : `${what}, the last time by ${how}`);
}

function launch(dir: string, given: ChildCommand, record: Pick<ProcessRecord, 'fruitlessStarts' | 'sequenceAtStart'>): void {
  // What a GPU's driver maps is not known well enough to bound it: there the watchdog alone does.
  const memoryMb = readJson(join(dir, CHILD_FILES.spec), trainingSpecSchema)?.memoryMb;
  const { command, args, env } = isolate(given, hasGpuTrainer() ? {} : { memoryBytes: memoryBound(memoryMb) });
  const output = openSync(join(dir, RUN_FILES.output), 'a', 0o600);
  try {
    // A session of its own: no signal meant for the worker reaches it.
    const child = spawn(command, [...args], { detached: true, stdio: ['ignore', output, output], env });
    child.on('error', () => undefined);
    child.unref();
    if (child.pid === undefined) throw new CyxError('TRAINING_FAILED', 'The training process could not be started');
    // Written before anything else can happen: a worker that dies here must not start a second process later.
    const started: ProcessRecord = { pid: child.pid, mark: processMark(child.pid) ?? 'gone', ...record };
    writeJson(join(dir, RUN_FILES.process), started);
    child.on('exit', (code, signalName) => noteEnd(dir, { mark: started.mark, code, signal: signalName }));
  } finally {
    closeSync(output);
  }
}

/** For the reason that a run is given up for; only the worker that started the process gets to know it. */
function noteEnd(dir: string, end: ProcessEnd): void {
  // Stopped and forgotten, or started again by now.
  if (processOf(dir)?.mark !== end.mark) return;
  try {
    writeJson(join(dir, RUN_FILES.end), end);
  } catch (error) {
    // Nobody waits for this call. Without room the reason is lost, and the run's next step meets the full disk itself.
    if (!isDiskFull(error)) throw error;
  }
}

function signal(dir: string, name: 'SIGTERM' | 'SIGKILL'): void {
  const record = processOf(dir);
  if (record === undefined || processMark(record.pid) !== record.mark) return;
  try {
    // The child leads a process group, with what keeps it from the network and its own children, if any.
    process.kill(-record.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function untilGone(dir: string, timeoutMs: number): Promise<boolean> {
  for (const giveUpAtMs = Date.now() + timeoutMs; isAlive(dir); await sleep(POLL_MS)) if (Date.now() > giveUpAtMs) return false;
  return true;
}

async function kill(dir: string): Promise<void> {
  signal(dir, 'SIGKILL');
  if (!(await untilGone(dir, SUSPEND_GRACE_MS))) throw new CyxError('TRAINING_FAILED', 'The training process does not end');
}

async function suspend(dir: string): Promise<void> {
  signal(dir, 'SIGTERM');
  // One that does not manage in time is left alone: it goes on, and the next start finds it.
  await untilGone(dir, SUSPEND_GRACE_MS);
}

async function pruneRun(root: string, key: RunKey, nowMs: number): Promise<void> {
  const dir = runDirectory(root, key);
  const deadlineAtMs = readJson(join(dir, RUN_FILES.plan), planSchema)?.deadlineAtMs;
  // It was made a moment ago and has nothing in it yet.
  if (deadlineAtMs === undefined) return;
  // What piles up while nobody stores it: all but links and the newest can go.
  if (isAlive(dir)) nextToStore(dir, readCheckpointLog(dir), readJournal(dir).storedStep);
  if (isAlive(dir) && nowMs > deadlineAtMs + OVERDUE_AFTER_MS) await kill(dir);
  if (isAlive(dir)) return;
  // The decrypted dataset is the owner's: it goes as soon as nothing trains on it any more.
  if (readTrainingResult(dir) !== undefined || readJournal(dir).completed) rmSync(join(dir, RUN_FILES.dataset), { force: true });
  if (nowMs > deadlineAtMs + KEEP_AFTER_DEADLINE_MS) rmSync(dir, { recursive: true, force: true });
}
