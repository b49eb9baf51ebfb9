import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { evaluateChildCommand, evaluationResultSchema, type Evaluation } from './child-contract.ts';
import { isolate } from './child-isolation.ts';

const run = promisify(execFile);

export interface EvaluateInChildOptions {
  /** Path of a model file, as training writes it. */
  readonly modelFile: string;
  /** Path of a dataset file; the model's own normalisation is used. */
  readonly datasetFile: string;
  readonly threads?: number;
  /** Default: five minutes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

async function output(options: EvaluateInChildOptions): Promise<string> {
  const { command, args, env } = isolate(evaluateChildCommand(options.modelFile, options.datasetFile, options.threads), { attached: true });
  const { timeoutMs = 300_000, signal } = options;
  try {
    const { stdout } = await run(command, [...args], { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES, ...(signal === undefined ? {} : { signal }) });
    return stdout;
  } catch (cause) {
    if (signal?.aborted === true) throw new CyxError('CANCELLED', 'The evaluation was cancelled', { cause });
    const { killed, stderr } = cause as { readonly killed?: boolean; readonly stderr?: string };
    if (killed === true) throw new CyxError('DEADLINE_EXCEEDED', `The evaluation took longer than ${timeoutMs} ms`, { cause });
    throw new CyxError('TRAINING_FAILED', `The evaluation process failed: ${(stderr ?? '').trim().slice(-500)}`, { cause });
  }
}

/**
 * Recomputes a model's metrics without blocking the caller's event loop.
 *
 * @throws CyxError RESULT_INVALID or GRAPH_INVALID for a model file that is not whole, DATASET_INVALID for a dataset
 *   that does not fit, DEADLINE_EXCEEDED, CANCELLED, or TRAINING_FAILED where the process itself broke.
 */
export async function evaluateInChild(options: EvaluateInChildOptions): Promise<Evaluation> {
  const text = await output(options);
  const result = parseInput(evaluationResultSchema, JSON.parse(text), 'TRAINING_FAILED');
  if (!result.ok) throw new CyxError(result.code, result.message);
  return result.evaluation;
}
