import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import { endProcess } from './leftovers.ts';
import { lastLines, openLog } from './log-file.ts';
import { removeRunRecord, writeRunRecord, type RunRecord } from './run-files.ts';
import type { Log, ReadyFacts, ServiceName, ServiceSpec } from './service.ts';
import { whenReady } from './readiness.ts';

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 15_000;
/** A process that ran this long was healthy: the next failure counts as the first. */
const HEALTHY_AFTER_MS = 60_000;

/** A service that is kept running until `stop`. */
export interface ManagedService {
  readonly name: ServiceName;
  /** Process id; undefined between a failure and the restart. */
  pid(): number | undefined;
  /** What the present process said about itself. */
  facts(): ReadyFacts;
  /** How often it had to be started again. */
  restarts(): number;
  stop(): Promise<void>;
}

interface Ending {
  readonly text: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly record: RunRecord | undefined;
  readonly startedAtMs: number;
  readonly facts: ReadyFacts;
  readonly ended: Promise<Ending>;
  readonly logPath: string;
  readonly logOffset: number;
}

/** What every start of a stack's services needs to know. */
export interface StartContext {
  /** Absolute. */
  readonly home: string;
  readonly log: Log;
  /** Aborted: the first start is not wanted any more. */
  readonly signal: AbortSignal;
}

/** Starts a service, waits until it is ready, and starts it again (with a growing pause) whenever it dies. */
export async function startService(spec: ServiceSpec, { home, log, signal }: StartContext): Promise<ManagedService> {
  const stopping = new AbortController();
  let restarts = 0;
  let running: Running | undefined = await launchWithRetry(spec, home, signal);

  const keepRunning = async (): Promise<void> => {
    for (let failures = 0; running !== undefined; ) {
      const ending = await running.ended;
      if (stopping.signal.aborted) return;
      failures = performance.now() - running.startedAtMs > HEALTHY_AFTER_MS ? 1 : failures + 1;
      log(`${spec.name}: ${ending.text}; starting it again. It last said:\n${lastLines(running.logPath, running.logOffset, 5)}`);
      running = undefined;
      while (running === undefined) {
        await sleep(backoffMs(failures), undefined, { signal: stopping.signal }).catch(() => undefined);
        if (stopping.signal.aborted) return;
        restarts++;
        running = await launchWithRetry(spec, home, stopping.signal).catch((error: unknown) => {
          failures++;
          log(`${spec.name}: ${error instanceof Error ? error.message : String(error)}`);
          return undefined;
        });
      }
      // Stop may have been asked for at the very moment in which the restart succeeded.
      if (stopping.signal.aborted) return end(running.record, spec, home);
      log(`${spec.name}: running again (process ${running.child.pid})`);
    }
  };
  const kept = keepRunning();

  return {
    name: spec.name,
    pid: () => running?.child.pid,
    facts: () => running?.facts ?? {},
    restarts: () => restarts,
    async stop() {
      stopping.abort();
      // A restart that is under way sees the abort and ends what it started itself.
      if (running !== undefined) await end(running.record, spec, home);
      await kept;
    },
  };
}

function backoffMs(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
}

/** Goes by what this process remembers, not by the file: somebody may have removed the folder meanwhile. */
async function end(record: RunRecord | undefined, spec: ServiceSpec, home: string): Promise<void> {
  if (record !== undefined) await endProcess(record, spec.stopGraceMs);
  removeRunRecord(join(home, 'run'), spec.name);
}

async function launchWithRetry(spec: ServiceSpec, home: string, stopping: AbortSignal): Promise<Running> {
  const giveUpAtMs = performance.now() + spec.startRetryMs;
  for (;;) {
    try {
      return await launch(spec, home, stopping);
    } catch (error) {
      if (stopping.aborted || performance.now() > giveUpAtMs) throw error;
      await sleep(300);
    }
  }
}

async function launch(spec: ServiceSpec, home: string, stopping: AbortSignal): Promise<Running> {
  await spec.prepare?.();
  const logFile = openLog(join(home, 'logs'), spec.name);
  const startedAtMs = performance.now();
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['ignore', logFile.fd, logFile.fd],
    // A group of its own: Ctrl-C reaches the stack alone, which then ends its services in order.
    detached: true,
    ...spec.account,
  });
  const ended = endingOf(child);
  const command = [spec.command, ...spec.args].join(' ');
  const record =
    child.pid === undefined
      ? undefined
      : writeRunRecord(join(home, 'run'), { name: spec.name, pid: child.pid, command, stopSignal: spec.stopSignal });
  logFile.close();
  try {
    const facts = await whenReady(spec, { logPath: logFile.path, logOffset: logFile.startOffset, ended, stopping });
    return { child, record, startedAtMs, facts, ended, logPath: logFile.path, logOffset: logFile.startOffset };
  } catch (error) {
    await end(record, spec, home);
    const reason = error instanceof Error ? error.message : String(error);
    throw new CyxError(
      'UNAVAILABLE',
      `${spec.name} did not start: ${reason}\n${lastLines(logFile.path, logFile.startOffset)}\n  Its whole log: ${logFile.path}`,
      { cause: error },
    );
  }
}

function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ text: `it could not be run (${error.message})` }));
    child.once('exit', (code, signal) =>
      resolve({ text: signal === null ? `it ended with code ${code}` : `it was ended by ${signal}` }),
    );
  });
}
