/**
 * Measures this machine in a process of its own, since native operations block whatever process they run in:
 * `node --import tsx engine/node/device-benchmark/benchmark-child.ts <request as JSON>`. Prints one line of JSON
 * (`childAnswerSchema`).
 */
import { totalmem } from 'node:os';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { parseGraph } from '#core/graph/parse';
import { countFlops } from '#core/graph/shapes';
import { loadTensorflow, type Tensorflow } from '../load-tensorflow.ts';
import { describeGpu, describeProcessor, deviceClassOf, peakResidentBytes } from './machine.ts';
import { measureBandwidth, measureMatMul, measureTraining } from './measure.ts';
import { referenceCnn } from './reference.ts';
import { benchmarkRequestSchema, type BenchmarkRequest, type DeviceBenchmark, type TrainingBenchmark } from './report.ts';

/** Large enough to keep the device busy for longer than it takes to ask it, and to be in no cache. */
const SIZES = {
  cpu: { side: 1024, arrayBytes: 128 * 1024 * 1024 },
  cuda: { side: 4096, arrayBytes: 256 * 1024 * 1024 },
} as const;

function benchmarkTraining({ tf, profile }: Tensorflow, { graphJson, batchSizes, effort }: BenchmarkRequest): TrainingBenchmark {
  const graph = graphJson === undefined ? referenceCnn() : parseGraph(graphJson);
  const training = batchSizes.map((batchSize) => measureTraining(tf, graph, batchSize, effort));
  const memory = { totalBytes: totalmem(), peakResidentBytes: peakResidentBytes() };
  return { profile, processor: describeProcessor(), flopPerSample: countFlops(graph), training, memory };
}

function benchmarkEverything(tensorflow: Tensorflow, request: BenchmarkRequest): DeviceBenchmark {
  const { tf, profile } = tensorflow;
  const training = benchmarkTraining(tensorflow, request);
  const gpu = describeGpu(profile);
  const { side, arrayBytes } = SIZES[profile.device];
  return {
    ...training,
    deviceClass: deviceClassOf(gpu),
    ...(gpu === undefined ? {} : { gpu }),
    matMul: measureMatMul(tf, side, request.effort),
    bandwidth: measureBandwidth(tf, arrayBytes, request.effort),
  };
}

function answer(requestJson: string): unknown {
  try {
    const request = parseInput(benchmarkRequestSchema, JSON.parse(requestJson));
    const tensorflow = loadTensorflow({ threads: request.threads });
    const measure = request.what === 'everything' ? benchmarkEverything : benchmarkTraining;
    return { ok: true, benchmark: measure(tensorflow, request) };
  } catch (error) {
    if (error instanceof CyxError) return { ok: false, code: error.code, message: error.message };
    console.error(error);
    return { ok: false, code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
  }
}

const [requestJson] = process.argv.slice(2);
if (requestJson === undefined) {
  console.error('usage: benchmark-child.ts <request as JSON>');
  process.exit(2);
}
process.stdout.write(`${JSON.stringify(answer(requestJson))}\n`);
