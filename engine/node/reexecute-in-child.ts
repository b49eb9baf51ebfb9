import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { CHILD_FILES, reexecuteChildCommand, reexecutionResultSchema, type ReexecutionResult, type ReexecutionSpecInput } from './child-contract.ts';
import { isolate } from './child-isolation.ts';

const run = promisify(execFile);

const HOUR_MS = 3_600_000;

export interface ReexecuteInChildOptions extends ReexecutionSpecInput {
  /** Default: one hour. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What re-executing parts of a run gave. */
export type Reexecution = Omit<Extract<ReexecutionResult, { ok: true }>, 'ok'>;

async function runChild(workDir: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
  const { command, args, env } = isolate(reexecuteChildCommand(workDir), { attached: true });
  try {
    await run(command, [...args], { env, timeout: timeoutMs, killSignal: 'SIGKILL', ...(signal === undefined ? {} : { signal }) });
  } catch (cause) {
    if (signal?.aborted === true) throw new CyxError('CANCELLED', 'The re-execution was cancelled', { cause });
    // A child that was ended by its own watchdog has said why.
    if (existsSync(join(workDir, CHILD_FILES.result))) return;
    const { killed, stderr } = cause as { readonly killed?: boolean; readonly stderr?: string };
    if (killed === true) throw new CyxError('DEADLINE_EXCEEDED', `The re-execution took longer than ${timeoutMs} ms`, { cause });
    throw new CyxError('TRAINING_FAILED', `The re-execution process failed: ${(stderr ?? '').trim().slice(-500)}`, { cause });
  }
}

/**
 * Runs parts of a run again, all in one process of their own: each from a checkpoint of the run, or from its initial
 * state, to a link of its chain.
 *
 * @throws CyxError RESULT_INVALID where the files can not be of an honest run: no checkpoint, of another run, values that
 *   are not finite. GRAPH_INVALID or DATASET_INVALID for what the requester gave; INVALID_INPUT for a `toStep` that is no
 *   link. All else is this machine's: OUT_OF_MEMORY, DEADLINE_EXCEEDED, CANCELLED, TRAINING_FAILED.
 */
export async function reexecuteInChild(options: ReexecuteInChildOptions): Promise<Reexecution> {
  const { timeoutMs = HOUR_MS, signal, ...spec } = options;
  const workDir = await mkdtemp(join(tmpdir(), 'cyxwiz-reexecution-'));
  try {
    await writeFile(join(workDir, CHILD_FILES.spec), JSON.stringify(spec));
    await runChild(workDir, timeoutMs, signal);
    const text = await readFile(join(workDir, CHILD_FILES.result), 'utf8');
    const result = parseInput(reexecutionResultSchema, JSON.parse(text), 'TRAINING_FAILED');
    if (!result.ok) throw new CyxError(result.code, result.message, { facts: result.facts ?? {} });
    const { ok: _, ...reexecution } = result;
    return reexecution;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}
