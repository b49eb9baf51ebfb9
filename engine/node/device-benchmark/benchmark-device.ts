import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { childAnswerSchema, deviceBenchmarkSchema, trainingBenchmarkSchema, type BenchmarkRequest, type DeviceBenchmark, type Effort, type TrainingBenchmark } from './report.ts';

const run = promisify(execFile);

export interface BenchmarkOptions {
  /** Default: 64 and 256. */
  readonly batchSizes?: readonly number[];
  /** The model's graph as JSON; the reference CNN where left out. */
  readonly graphJson?: string;
  /** Default: seven rounds of a third of a second. */
  readonly effort?: Effort;
  /** TensorFlow's threads. Default: all CPUs. */
  readonly threads?: number;
  /** Default: two minutes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const BATCH_SIZES = [64, 256];
const EFFORT: Effort = { rounds: 7, roundMs: 330 };

async function outputOf(request: BenchmarkRequest, { timeoutMs = 120_000, signal }: BenchmarkOptions): Promise<string> {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = fileURLToPath(new URL('./benchmark-child.ts', import.meta.url));
  try {
    const { stdout } = await run(process.execPath, ['--import', loader, script, JSON.stringify(request)], {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...(signal === undefined ? {} : { signal }),
    });
    return stdout;
  } catch (cause) {
    if (signal?.aborted === true) throw new CyxError('CANCELLED', 'The benchmark was cancelled', { cause });
    const { killed, stderr } = cause as { readonly killed?: boolean; readonly stderr?: string };
    if (killed === true) throw new CyxError('DEADLINE_EXCEEDED', `The benchmark took longer than ${timeoutMs} ms`, { cause });
    throw new CyxError('TRAINING_FAILED', `The benchmark process failed: ${(stderr ?? '').trim().slice(-500)}`, { cause });
  }
}

/** What the child measured, not yet looked into. */
async function measured(what: BenchmarkRequest['what'], options: BenchmarkOptions): Promise<unknown> {
  const { batchSizes = BATCH_SIZES, effort = EFFORT, graphJson, threads } = options;
  const request: BenchmarkRequest = { what, batchSizes: [...batchSizes], effort, graphJson, threads };
  const answer = parseInput(childAnswerSchema, JSON.parse(await outputOf(request, options)), 'TRAINING_FAILED');
  if (!answer.ok) throw new CyxError(answer.code, answer.message);
  return answer.benchmark;
}

/**
 * Measures this machine with the engine itself, in a process of its own: some ten seconds in which nothing else should
 * run here.
 *
 * @throws CyxError UNAVAILABLE without native TensorFlow, GRAPH_INVALID, DEADLINE_EXCEEDED, CANCELLED, or
 *   TRAINING_FAILED where the process itself broke.
 */
export async function benchmarkDevice(options: BenchmarkOptions = {}): Promise<DeviceBenchmark> {
  return parseInput(deviceBenchmarkSchema, await measured('everything', options), 'TRAINING_FAILED');
}

/** How fast this machine trains a model, alone. @throws CyxError as `benchmarkDevice`. */
export async function benchmarkTraining(options: BenchmarkOptions = {}): Promise<TrainingBenchmark> {
  return parseInput(trainingBenchmarkSchema, await measured('training', options), 'TRAINING_FAILED');
}
