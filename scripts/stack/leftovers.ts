import { setTimeout as sleep } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import { stillRuns } from './process-identity.ts';
import { readRunRecord, removeRunRecord, runRecordNames, writeRunRecord, type RunRecord } from './run-files.ts';

/** The stack itself, as against the services it starts. */
export const STACK_RECORD = 'stack';
const GRACE_MS = 10_000;

/**
 * Makes this process the only stack of a home folder.
 * @throws CyxError STATE_CONFLICT where another living stack owns it.
 */
export function claimHome(runDir: string): void {
  const owner = readRunRecord(runDir, STACK_RECORD);
  if (owner !== undefined && owner.pid !== process.pid && stillRuns(owner)) {
    throw new CyxError(
      'STATE_CONFLICT',
      `A platform already runs from this folder (process ${owner.pid}). Stop it with Ctrl-C where it was started, or choose another folder with CYXWIZ_HOME.`,
      { facts: { pid: String(owner.pid) } },
    );
  }
  writeRunRecord(runDir, { name: STACK_RECORD, pid: process.pid, command: process.argv.join(' '), stopSignal: 'SIGTERM' });
}

/** Whether services run there that a killed stack left: nobody restarts or stops them any more. */
export function hasLeftovers(runDir: string): boolean {
  const owner = readRunRecord(runDir, STACK_RECORD);
  if (owner !== undefined && stillRuns(owner)) return false;
  return runRecordNames(runDir).some((name) => {
    const record = readRunRecord(runDir, name);
    return record !== undefined && stillRuns(record);
  });
}

/** Ends what a killed stack left running. A process is touched only if it is the very one that was written down. */
export async function endLeftovers(runDir: string, log: (line: string) => void): Promise<void> {
  const leftovers = runRecordNames(runDir)
    .filter((name) => name !== STACK_RECORD)
    .map((name) => ({ name, record: readRunRecord(runDir, name) }));
  await Promise.all(
    leftovers.map(async ({ name, record }) => {
      if (record !== undefined && stillRuns(record)) {
        log(`${name}: ending process ${record.pid}, left over from a stack that was killed`);
        await endProcess(record, GRACE_MS);
      }
      removeRunRecord(runDir, name);
    }),
  );
}

/** Asks a process to end, and ends it by force when it has not within `graceMs`. */
export async function endProcess(record: RunRecord, graceMs: number): Promise<void> {
  signalIfSame(record, record.stopSignal);
  if (await goneWithin(record, graceMs)) return;
  signalIfSame(record, 'SIGKILL');
  if (await goneWithin(record, 5_000)) return;
  throw new CyxError('INTERNAL', `Process ${record.pid} (${record.name}) does not end, not even by force. End it by hand and start again.`);
}

function signalIfSame(record: RunRecord, signal: NodeJS.Signals): void {
  if (!stillRuns(record)) return;
  try {
    process.kill(record.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function goneWithin(record: RunRecord, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (stillRuns(record)) {
    if (performance.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}
