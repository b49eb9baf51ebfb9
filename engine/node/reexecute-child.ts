/**
 * Runs parts of a run again in a process of its own: `node --import tsx engine/node/reexecute-child.ts <workDir>`.
 * Reads `spec.json` (`reexecutionSpecSchema`) and writes `result.json` (`reexecutionResultSchema`).
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { parseGraph } from '#core/graph/parse';
import { reexecute, type SegmentOutcome } from '../trainer/reexecute.ts';
import type { TrainingHooks } from '../trainer/run.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { CHILD_FILES, reexecutionSpecSchema, type ReexecutionResult, type ReexecutionSpec } from './child-contract.ts';
import { trainingDataOf } from './dataset-file.ts';
import { peakResidentBytes } from './device-benchmark/machine.ts';
import { nameDevice } from './device-class.ts';
import { loadTensorflow } from './load-tensorflow.ts';
import { memoryBound } from './memory-bound.ts';
import { strayFailure } from './out-of-memory.ts';
import { graphBackend } from './tensorflow/backend.ts';
import { startWatchdog } from './watchdog.ts';

async function readIfNamed(path: string | undefined): Promise<Uint8Array | undefined> {
  return path === undefined ? undefined : readFile(path);
}

async function run(workDir: string, spec: ReexecutionSpec): Promise<ReexecutionResult> {
  const memoryBytes = memoryBound(spec.memoryMb);
  const { datasetCid, hyperParameters, checkpointEverySteps } = spec;
  startWatchdog({ resultFile: join(workDir, CHILD_FILES.result), memoryBytes, batchSize: hyperParameters.batchSize });
  const graph = parseGraph(spec.graphJson);
  const dataset = trainingDataOf(spec.datasetFile);
  const { tf, profile } = loadTensorflow({ threads: spec.threads });
  const device = nameDevice(profile);
  const backend = graphBackend(tf, { halfPrecision: profile.device === 'cuda' });
  const training = { graph, dataset, datasetCid, hyperParameters, checkpointEverySteps, device };
  const hooks: TrainingHooks = { breathe: () => setImmediate(), memoryBytes, peakBytes: peakResidentBytes, sha256: (bytes) => createHash('sha256').update(bytes).digest() };
  const parts: SegmentOutcome[] = [];
  for (const { fromCheckpointFile, compareWithFile, toStep, expected } of spec.parts) {
    const segment = { from: await readIfNamed(fromCheckpointFile), compareWith: await readIfNamed(compareWithFile), toStep, expected };
    const outcome = await reexecute(backend, training, segment, hooks);
    parts.push(outcome);
    if (!outcome.asExpected) break;
  }
  return { ok: true, parts, device, tookMs: Math.round(performance.now()) };
}

async function resultOf(workDir: string): Promise<ReexecutionResult> {
  try {
    const text = await readFile(join(workDir, CHILD_FILES.spec), 'utf8');
    return await run(workDir, parseInput(reexecutionSpecSchema, JSON.parse(text)));
  } catch (error) {
    if (error instanceof CyxError) return { ok: false, code: error.code, message: error.message, facts: { ...error.facts } };
    return strayFailure(error);
  }
}

const workDir = process.argv[2];
if (workDir === undefined) {
  console.error('usage: reexecute-child.ts <workDir>');
  process.exit(2);
}
await writeFileAtomically(join(workDir, CHILD_FILES.result), JSON.stringify(await resultOf(workDir)));
