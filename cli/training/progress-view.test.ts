import { describe, expect, it } from 'vitest';
import type { ProgressLine } from '#engine/node/child-contract';
import { createProgressView, formatDuration, formatProgress } from './progress-view.ts';

const STARTED_MS = Date.parse('2026-01-01T00:00:00Z');

function at(step: number, ms: number, epoch = 1): ProgressLine {
  return { sequence: 1, at: new Date(STARTED_MS + ms).toISOString(), epoch, epochs: 4, step, steps: 400, loss: 0.12345, accuracy: 0.965, samplesPerSecond: 9_812.4 };
}

describe('the time that is left', () => {
  it.each([
    [0, '0 s'],
    [59_001, '1 min 0 s'],
    [61_000, '1 min 1 s'],
    [7_380_000, '2 h 3 min'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('a progress line', () => {
  it('says epoch, step, loss, accuracy, speed and what is left', () => {
    expect(formatProgress({ ...at(100, 0), etaMs: 3_000 })).toBe('epoch 1/4  step 100/400  loss 0.1235  accuracy 96.5 %  9,812 samples/s  3 s left');
    expect(formatProgress(at(100, 0))).not.toMatch(/left/);
    expect(formatProgress({ ...at(400, 0), etaMs: 0 })).not.toMatch(/left/);
  });

  const written = (isTTY: boolean, columns: number, lines: readonly ProgressLine[]): string => {
    let text = '';
    const view = createProgressView({ isTTY, columns, write: (piece: string | Uint8Array) => ((text += String(piece)), true) });
    for (const line of lines) view.show(line);
    view.end();
    return text;
  };

  it('changes in place on a terminal and never breaks', () => {
    const text = written(true, 30, [at(1, 0), at(2, 300)]);
    expect(text.split('\r\u001b[K').slice(1)).toEqual(['epoch 1/4  step 1/400  loss 0.', 'epoch 1/4  step 2/400  loss 0.'].map((line, index) => line.slice(0, 29) + (index === 1 ? '\n' : '')));
    expect(written(true, 80, [])).toBe('');
  });

  it('elsewhere comes with each epoch, every ten seconds and at the end', () => {
    const lines = [at(1, 0), at(50, 300), at(90, 10_000), at(101, 10_300, 2), at(102, 10_600, 2), at(400, 10_900, 2)];
    const steps = [...written(false, 80, lines).matchAll(/step (\d+)\//g)].map(([, step]) => Number(step));
    expect(steps).toEqual([1, 90, 101, 400]);
  });
});
