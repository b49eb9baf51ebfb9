import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { chain } from '#core/graph/testing/graphs';
import { decodeTensors } from '../formats/safetensors.ts';
import { BYTES_TO_UNIT } from '../data/dataset.ts';
import { CHILD_FILES, readProgress, readTrainingResult, type TrainingResult, type TrainingSpecInput } from './child-contract.ts';
import { ended, lastStep, TrainingDirs, until } from './testing/training-dir.ts';

const dirs = new TrainingDirs();
afterEach(() => dirs.killAll());
afterAll(() => dirs.remove());

const SIDE = 64;
const pictures = (samples: number, scale = BYTES_TO_UNIT.scale): string => {
  const x = Uint8Array.from({ length: samples * SIDE * SIDE }, (_, at) => (Math.imul(at + 1, 2_654_435_761) >>> 24) & 0xff);
  const y = Uint8Array.from({ length: samples }, (_, at) => at % 3);
  return dirs.dataset(`pictures-${samples}-${scale}`, { samples, shape: [SIDE, SIDE, 1], x, y, classes: 3, normalise: { scale, offset: 0 } });
};
/** About 3 MB of values a sample, and little work on them. */
const wide = JSON.stringify(
  chain(['DataInput', { shape: [SIDE, SIDE, 1] }], ['Conv2D', { filters: 32, kernelSize: 1 }], ['BatchNorm'], ['ReLU'], ['Conv2D', { filters: 32, kernelSize: 1 }], ['ReLU'], ['GlobalAvgPool'], ['Linear', { units: 3 }], ['Output']),
);
const small = JSON.stringify(chain(['DataInput', { shape: [SIDE, SIDE, 1] }], ['Flatten'], ['Linear', { units: 16 }], ['ReLU'], ['Linear', { units: 3 }], ['Output']));

type Changes = Partial<TrainingSpecInput> & { readonly batchSize?: number; readonly epochs?: number };

function specOf({ batchSize = 16, epochs = 1, ...changes }: Changes): Parameters<TrainingDirs['make']>[0] {
  return { graphJson: small, hyperParameters: { epochs, batchSize, learningRate: 0.001 }, datasetFile: pictures(64), checkpointEverySteps: 1_000, threads: 2, ...changes };
}

async function resultOf(changes: Changes): Promise<TrainingResult | undefined> {
  const workDir = dirs.make(specOf(changes));
  await ended(dirs.start(workDir));
  return readTrainingResult(workDir);
}

describe('memory', () => {
  it('is refused before the first step with the batch size that would fit, which does', async () => {
    const run = { graphJson: wide, datasetFile: pictures(600), memoryMb: 1_000 };
    const refused = await resultOf({ ...run, batchSize: 600 });
    if (refused?.ok !== false) throw new Error('it was not refused');
    expect(refused).toMatchObject({ code: 'OUT_OF_MEMORY', facts: { batchSize: '600' } });
    const fits = Number(refused.facts?.['fittingBatchSize']);
    console.log(`600 samples in 1000 MiB: ${refused.message}`);
    expect(fits).toBeGreaterThan(30);
    expect(fits).toBeLessThan(600);
    expect(await resultOf({ ...run, batchSize: fits, epochs: 3 })).toMatchObject({ ok: true });
  });

  it('is not taken by the samples: a file as large as what is left is trained on', async () => {
    const samples = 100_000;
    const lean = JSON.stringify(chain(['DataInput', { shape: [SIDE, SIDE, 1] }], ['AvgPool', { poolSize: 8 }], ['Flatten'], ['Linear', { units: 3 }], ['Output']));
    const y = new Uint8Array(samples);
    const datasetFile = dirs.dataset('large', { samples, shape: [SIDE, SIDE, 1], x: new Uint8Array(samples * SIDE * SIDE), y, classes: 3, normalise: BYTES_TO_UNIT });
    expect(await resultOf({ graphJson: lean, datasetFile, batchSize: 256, memoryMb: 700 })).toMatchObject({ ok: true, samples });
  });

  it('is bounded also where no trial could tell', async () => {
    // TensorFlow alone takes more than that.
    const result = await resultOf({ memoryMb: 200 });
    expect(result).toMatchObject({ ok: false, code: 'OUT_OF_MEMORY', facts: { batchSize: '16' } });
  });
});

describe('time', () => {
  it('ends a run at its deadline, in whatever it is', async () => {
    const deadlineAtMs = Date.now() + 4_000;
    expect(await resultOf({ graphJson: wide, epochs: 1_000, deadlineAtMs })).toMatchObject({ ok: false, code: 'DEADLINE_EXCEEDED' });
    expect(Date.now() - deadlineAtMs).toBeLessThan(1_000);
  });
});

describe('control', () => {
  it('pauses with a checkpoint, goes on with the same bits, and stops, each within a second', async () => {
    const undisturbed = await resultOf({ epochs: 200 });
    const workDir = dirs.make(specOf({ epochs: 200 }));
    const pauseFile = join(workDir, CHILD_FILES.pause);
    const checkpoint = join(workDir, CHILD_FILES.checkpoint);
    let child = dirs.start(workDir);
    await until(() => lastStep(workDir) >= 1);
    const pausedAtMs = Date.now();
    writeFileSync(pauseFile, '');
    await until(() => existsSync(checkpoint));
    expect(Date.now() - pausedAtMs).toBeLessThan(1_000);
    await sleep(400);
    const held = readProgress(workDir).length;
    await sleep(700);
    expect(readProgress(workDir)).toHaveLength(held);
    const resumedAtMs = Date.now();
    rmSync(pauseFile);
    await until(() => readProgress(workDir).length > held);
    expect(Date.now() - resumedAtMs).toBeLessThan(1_000);
    const stoppedAtMs = Date.now();
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    expect(Date.now() - stoppedAtMs).toBeLessThan(1_000);
    // Also where it waits.
    writeFileSync(pauseFile, '');
    child = dirs.start(workDir);
    const before = readProgress(workDir).length;
    await sleep(3_000);
    expect(readProgress(workDir)).toHaveLength(before);
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    rmSync(pauseFile);
    await ended(dirs.start(workDir));
    const result = readTrainingResult(workDir);
    const bits = (run: TrainingResult | undefined): unknown => (run?.ok === true ? [run.weightsHex, run.commitmentHex] : run);
    expect(bits(result)).toEqual(bits(undisturbed));
    expect(result?.ok === true && result.devices).toEqual([{ fromStep: 1, device: expect.stringMatching(/^cpu · .*2 threads · oneDNN/) as string }]);
    const lines = readProgress(workDir);
    expect(lines.at(-1)).toMatchObject({ step: 800, etaMs: 0 });
    for (const { deviceShare = -1, samplesPerSecond } of lines) {
      expect(deviceShare).toBeGreaterThan(0);
      expect(samplesPerSecond).toBeGreaterThan(0);
    }
  });

  it('stops a model of which a step takes long within a second or one step, and the checkpoint says all', async () => {
    const workDir = dirs.make(specOf({ graphJson: wide, datasetFile: pictures(600), batchSize: 128, epochs: 50 }));
    const child = dirs.start(workDir);
    await until(() => lastStep(workDir) >= 3);
    const stepMs = 128_000 / (readProgress(workDir).at(-1)?.samplesPerSecond ?? 1);
    const stoppedAtMs = Date.now();
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    const tookMs = Date.now() - stoppedAtMs;
    console.log(`steps of ${Math.round(stepMs)} ms: stopped after ${tookMs} ms`);
    expect(tookMs).toBeLessThan(Math.max(1_000, 500 + 2 * stepMs));
    const { metadata, tensors } = decodeTensors(readFileSync(join(workDir, CHILD_FILES.checkpoint)), 'checkpoint', 'TRAINING_FAILED');
    expect(JSON.parse(metadata['state'] ?? '')).toMatchObject({ devices: [{ fromStep: 1 }] });
    expect([...tensors.keys()].some((name) => name.startsWith('adam.v:'))).toBe(true);
  });
});

describe('divergence', () => {
  it('is told with its step and layer', async () => {
    const result = await resultOf({ datasetFile: pictures(64, 1e25) });
    expect(result).toMatchObject({ ok: false, code: 'TRAINING_DIVERGED', facts: { step: '1', layer: expect.stringMatching(/^linear/) as string } });
  });
});
