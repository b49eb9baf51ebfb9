import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { countFlops, countParameters, inferShapes } from '#core/graph/shapes';
import { parseGraph } from '#core/graph/parse';
import { describeProcessor, deviceClassOf, parseGpuLine, peakResidentBytes } from './machine.ts';
import { noiseBatch, referenceCnn } from './reference.ts';
import { median, stepsPerSecond } from './rounds.ts';

describe('rounds', () => {
  it('give the median, also of an even number', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('leave the first one out, and one slow one does not count', () => {
    let nowMs = 0;
    let steps = 0;
    // The first round and one later one are slow; all others take 10 ms a step.
    const step = (): void => {
      steps += 1;
      nowMs += steps <= 2 || steps === 20 ? 500 : 10;
    };
    expect(stepsPerSecond(step, { rounds: 5, roundMs: 50 }, () => nowMs)).toBe(100);
  });

  it('take one step at least, however long it is', () => {
    let nowMs = 0;
    expect(stepsPerSecond(() => void (nowMs += 2_000), { rounds: 5, roundMs: 1 }, () => nowMs)).toBe(0.5);
  });
});

describe('the reference CNN', () => {
  it('is the model of the example, which quotes count in', () => {
    const example = parseGraph(readFileSync('examples/graphs/digits-cnn.json', 'utf8'));
    const plain = (graph: typeof example): unknown => inferShapes(graph).map(({ node, output }) => [node.type, node.params, output]);
    expect(plain(referenceCnn())).toEqual(plain(example));
    expect([countFlops(referenceCnn()), countParameters(referenceCnn())]).toEqual([countFlops(example), countParameters(example)]);
  });

  it('gets noise that is the same each time, with every label in turn', () => {
    const batch = noiseBatch(referenceCnn(), 12);
    expect(batch).toEqual(noiseBatch(referenceCnn(), 12));
    expect(batch.x).toHaveLength(12 * 28 * 28);
    expect(new Set(batch.x).size).toBeGreaterThan(200);
    expect([...batch.y]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
  });
});

describe('this machine', () => {
  it('reads what nvidia-smi says of a card', () => {
    const gpu = parseGpuLine('NVIDIA GeForce RTX 4090, 24564, 1203\r');
    expect(gpu).toEqual({ name: 'NVIDIA GeForce RTX 4090', memoryBytes: 24_564 * 1024 * 1024, usedBytes: 1_203 * 1024 * 1024 });
    expect(deviceClassOf(gpu)).toBe('cuda.24g');
    expect(parseGpuLine('Name, [N/A], 0')).toBeUndefined();
  });

  it('without a card, or with one that is too small, is a CPU', () => {
    expect(deviceClassOf(undefined)).toBe('cpu');
    expect(deviceClassOf(parseGpuLine('Small, 2048, 0'))).toBe('cpu');
  });

  it('knows its processor and how large this process is', () => {
    expect(describeProcessor()).toMatchObject({ architecture: process.arch, model: expect.stringMatching(/./) });
    expect(peakResidentBytes()).toBeGreaterThan(process.memoryUsage().rss / 2);
  });
});
