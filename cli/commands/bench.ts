import { Command } from 'commander';
import { benchmarkDevice } from '#engine/node/device-benchmark/benchmark-device';
import type { DeviceBenchmark } from '#engine/node/device-benchmark/report';
import { numberOption, type CliContext } from '../context.ts';

export function benchCommand(context: () => CliContext): Command {
  return new Command('bench').description('measure this machine').addCommand(deviceCommand(context));
}

function deviceCommand(context: () => CliContext): Command {
  return new Command('device')
    .description('how fast this machine trains: some fifteen seconds, in which it should do nothing else')
    .option('--threads <n>', '(default: all CPUs)', numberOption)
    .action(async ({ threads }: { threads?: number }) => {
      const measured = await benchmarkDevice(threads === undefined ? {} : { threads });
      context().print(measured, describe(measured));
    });
}

const number = (value: number, digits = 0): string => value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
const gigabytes = (sizeBytes: number): string => `${number(sizeBytes / 1e9, 2)} GB`;

function describe({ deviceClass, profile, processor, gpu, training, flopPerSample, matMul, memory, bandwidth }: DeviceBenchmark): string[] {
  return [
    `${deviceClass}  ${gpu?.name ?? processor.model}`,
    `  training, reference CNN with Adam (${number(flopPerSample / 1e6, 2)} MFLOP forward; a step counts that 3 times: forward, and twice for the gradient)`,
    ...training.map(({ batchSize, samplesPerSecond, gflopPerSecond }) => `    batch ${String(batchSize).padStart(4)}  ${number(samplesPerSecond)} samples/s  ${number(gflopPerSecond, 1)} GFLOP/s`),
    `  matrix product, ${matMul.side} × ${matMul.side}  ${number(matMul.gflopPerSecond, 1)} GFLOP/s`,
    `  memory bandwidth  ${number(bandwidth.gigabytesPerSecond, 1)} GB/s (a ← a − s·b in TensorFlow over two arrays of ${gigabytes(bandwidth.sizeBytes)}; 3 moves a value)`,
    `  memory  ${gigabytes(memory.peakResidentBytes)} at most for training, of ${gigabytes(memory.totalBytes)}`,
    ...(gpu === undefined ? [] : [`  device memory  ${gigabytes(gpu.usedBytes)} in use, of ${gigabytes(gpu.memoryBytes)}`]),
    'Results are equal to the last bit where all of these are:',
    `  device ${profile.device}, ${profile.threads} thread(s), TensorFlow ${profile.tensorflow}, TensorFlow.js ${profile.tfjs}, oneDNN ${profile.oneDnn ? 'on' : 'off'}`,
    `  ${processor.architecture} with ${processor.instructionSets.join(' ') || 'instruction sets that this system does not tell'}`,
  ];
}
