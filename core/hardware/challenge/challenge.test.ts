import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEVICE_CLASSES } from '../device-class.ts';
import { answerTolerance, blockNumbers, checkValue, factorMatrix, groupAnswer, nonceVectors, productRows, productScale, sampledPlaces, startMatrix } from './maths.ts';
import { plainBlock, plainSolver } from './plain-solver.ts';
import { answerLength, challengeSize, challengeTaskSchema, CLASS_LIMITS, judgeTimes, measuredCapabilitySchema, type ChallengeTask } from './task.ts';

const SEED = '0123456789abcdef0123456789abcdef';
const NONCE = 'fedcba98765432100123456789abcdef';
const small: ChallengeTask = { seed: SEED, side: 32, depth: 3, blocks: 4, rowsPerGroup: 8 };

function finish<T>(steps: Generator<undefined, T>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** The formula of maths.ts written out, without any of its shortcuts. */
function blockByTheBook({ seed, side, depth }: ChallengeTask, block: number): number[][] {
  const [r, q] = [startMatrix({ seed, side }), factorMatrix({ seed, side })];
  const { s, t } = blockNumbers(seed, block);
  const at = (matrix: ArrayLike<number>, a: number, b: number): number => matrix[a * side + b]!;
  const range = Array.from({ length: side }, (_, index) => index);
  let value = range.map((a) => range.map((b) => ((s * at(r, a, b) + t) % 4096) / 2048 - 1));
  for (let product = 1; product <= depth; product++) {
    value = range.map((a) => range.map((b) => productScale(side) * range.reduce((sum, c) => sum + value[a]![c]! * at(q, c, b), 0)));
    if (product < depth) value = value.map((row) => row.map(Math.sin));
  }
  return value;
}

describe('the matrices of a challenge', () => {
  it('are those of the formula', () => {
    const [ours, theirs] = [plainBlock(small, factorMatrix(small), 2), blockByTheBook(small, 2)];
    ours.forEach((row, a) => row.forEach((value, b) => expect(value).toBeCloseTo(theirs[a]![b]!, 5)));
  });

  it('are exact in float32, and spread as they should', () => {
    const [r, q] = [startMatrix({ seed: SEED, side: 256 }), factorMatrix({ seed: SEED, side: 256 })];
    expect(r.every((value) => Number.isInteger(value) && value >= 0 && value < 4096)).toBe(true);
    expect(q.every((value) => value >= -1 && value < 1 && Number.isInteger(value * 2 ** 23))).toBe(true);
    const mean = (values: Float32Array, of: (value: number) => number): number => values.reduce((sum, value) => sum + of(value), 0) / values.length;
    expect(mean(q, (value) => value)).toBeCloseTo(0, 2);
    expect(mean(q, (value) => value * value)).toBeCloseTo(1 / 3, 2);
    expect(mean(r, (value) => value)).toBeCloseTo(2047.5, -2);
  });

  it('have nothing in common from one seed, block or nonce to the next', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 2n }), (number) => {
        const [one, other] = [number, number + 1n].map((seed) => seed.toString(16).padStart(32, '0')) as [string, string];
        expect(correlation(factorMatrix({ seed: one, side: 32 }), factorMatrix({ seed: other, side: 32 }))).toBeLessThan(0.2);
        expect(correlation(nonceVectors(one, 512).x, nonceVectors(one, 512).y)).toBeLessThan(0.25);
      }),
      { numRuns: 50 },
    );
    const factor = factorMatrix(small);
    const flat = (block: number): number[] => plainBlock({ ...small, blocks: 64 }, factor, block).flatMap((row) => [...row]);
    for (let block = 1; block < 6; block++) expect(correlation(flat(block - 1), flat(block))).toBeLessThan(0.2);
  });

  it('keep their scale along a chain, however long', () => {
    const deep = { ...small, side: 128, depth: 12, rowsPerGroup: 8 };
    const [row] = finish(productRows(deep, factorMatrix(deep), { block: 0, first: 5, count: 1 }));
    const rms = Math.sqrt(row!.reduce((sum, value) => sum + value * value, 0) / row!.length);
    expect(rms).toBeGreaterThan(0.3);
    expect(rms).toBeLessThan(1.2);
  });
});

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    ab += a[at]! * b[at]!;
    aa += a[at]! ** 2;
    bb += b[at]! ** 2;
  }
  return Math.abs(ab / Math.sqrt(aa * bb));
}

describe('an answer', () => {
  const check = (task: ChallengeTask, at: number, value: number): boolean => finish(checkValue(task, factorMatrix(task), nonceVectors(NONCE, task.side), { at, value }));

  it('that was computed is right in every place, and nowhere else', async () => {
    const values = await (await plainSolver.fill(small)).answer(NONCE);
    expect(values).toHaveLength(answerLength(small));
    values.forEach((value, at) => {
      expect(check(small, at, value)).toBe(true);
      expect(check(small, at, value + 2 * answerTolerance(small))).toBe(false);
      expect(check(small, at, -value)).toBe(Math.abs(value) < answerTolerance(small) / 2);
    });
    expect(check(small, 0, NaN)).toBe(false);
    const other = await (await plainSolver.fill(small)).answer(SEED);
    expect(other.filter((value, at) => check(small, at, value))).toHaveLength(0);
  });

  it('of values that were kept with half the digits is wrong', () => {
    const task = { ...small, side: 256, blocks: 1, rowsPerGroup: 16 };
    const shortened = (value: number): number => Math.fround(Math.round(value * 2 ** 10) / 2 ** 10);
    const vectors = nonceVectors(NONCE, task.side);
    const rows = plainBlock(task, factorMatrix(task), 0);
    const found = Array.from({ length: 16 }, (_, group) => check(task, group, groupAnswer(rows.slice(group * 16, group * 16 + 16).map((row) => row.map(shortened)), group * 16, vectors)));
    expect(found.filter(Boolean).length).toBeLessThan(6);
  });

  it('is looked at in different places of the whole of it', () => {
    let at = 0;
    const random = (): number => [0, 0, 0.5, 0.999_999][at++ % 4]!;
    expect(sampledPlaces(small, 3, random)).toEqual([0, 8, 15]);
    expect(sampledPlaces({ ...small, blocks: 1, rowsPerGroup: 32 }, 8, () => 0.3)).toEqual([0]);
  });
});

describe('the size of a challenge', () => {
  it('is nine tenths of a CUDA class, a fixed amount of a CPU, and its answer fits into a message', () => {
    for (const deviceClass of DEVICE_CLASSES) {
      const size = challengeSize(deviceClass);
      expect(challengeTaskSchema.safeParse({ ...size, seed: SEED }).success).toBe(true);
      expect(size.side % size.rowsPerGroup).toBe(0);
      expect(answerLength(size) * 4).toBeLessThanOrEqual(3 * 1024 * 1024);
      const mib = (size.blocks * size.side ** 2 * 4) / 2 ** 20;
      const gib = /\d+/.exec(deviceClass)?.[0];
      if (gib === undefined) expect(mib).toBe(256);
      else expect(mib / (Number(gib) * 1024)).toBeCloseTo(0.9, 2);
      expect(CLASS_LIMITS[deviceClass]!.minGflops).toBeGreaterThan(0);
    }
    expect(challengeSize('cpu', { cpuMib: 1, cudaShare: 0.9 })).toMatchObject({ side: 512, blocks: 1 });
  });
});

describe('the times of a challenge', () => {
  const at = new Date('2026-01-01T00:00:00Z');
  const card = challengeSize('cuda.24g');
  const judge = (fillMs: number, answerMs: number, deviceClass = 'cuda.24g') => judgeTimes(deviceClass, challengeSize(deviceClass), { fillMs, answerMs }, at);

  it('of a device of the class are enough, and say how fast it is', () => {
    // 190 TFLOP in four seconds, 21.6 GiB in 0.3.
    const { measured, refusal } = judge(4_000, 300);
    expect(refusal).toBeNull();
    expect(measured.gflops).toBeCloseTo((card.blocks * 8 * 2 * 2048 ** 3) / 4e9, 3);
    expect(measured.bandwidthGBs).toBeCloseTo((card.blocks * 2048 ** 2 * 4) / 0.3e9, 3);
    expect(measuredCapabilitySchema.parse(measured)).toEqual({ ...measured, deviceClass: 'cuda.24g', at: '2026-01-01T00:00:00.000Z' });
    expect(judge(2_000, 150, 'cpu').refusal).toBeNull();
  });

  it('of a CPU are not enough for a card', () => {
    expect(judge((card.blocks * 8 * 2 * 2048 ** 3) / 500e6, 11_000).refusal).toContain('too slow for cuda.24g');
  });

  it('of a device that kept half and computes the rest again are too long, however it fills', () => {
    expect(judge(4_000, 2_000).refusal).toMatch(/answer took 2000 ms/);
    // It may have filled slowly on purpose: then the class's bandwidth bounds the answer.
    expect(judge(40_000, 2_000).refusal).toMatch(/answer took 2000 ms/);
  });

  it('are never judged by a division through nothing', () => {
    expect(judge(0, 0, 'cpu').measured).toMatchObject({ gflops: expect.any(Number), bandwidthGBs: expect.any(Number) });
    expect(Number.isFinite(judge(0, 0).measured.gflops)).toBe(true);
  });
});
