import { describe, expect, it } from 'vitest';
import { BYTES_TO_UNIT, type Dataset } from '#engine/data/dataset';
import { previewSamples } from './dataset-preview.ts';

const digits: Dataset = {
  samples: 2,
  shape: [1, 2, 1],
  x: Uint8Array.of(0, 255, 10, 20),
  y: Uint8Array.of(7, 3),
  classes: 10,
  normalise: BYTES_TO_UNIT,
};

describe('previewSamples', () => {
  it('draws bytes as they are, each sample with its label', () => {
    const samples = previewSamples(digits, 5);
    expect(samples.map(({ label }) => label)).toEqual(['7', '3']);
    expect(samples[0]?.picture).toEqual({ width: 2, height: 1, rgba: Uint8ClampedArray.of(0, 0, 0, 255, 255, 255, 255, 255) });
    expect(previewSamples(digits, 1)).toHaveLength(1);
  });

  it('spreads floats over the whole range, and keeps colours apart', () => {
    const colours: Dataset = { ...digits, samples: 1, shape: [1, 1, 3], x: Float32Array.of(-1, 0, 1), y: Uint8Array.of(1) };
    expect(previewSamples(colours, 1)[0]?.picture?.rgba).toEqual(Uint8ClampedArray.of(0, 128, 255, 255));
    const flat: Dataset = { ...digits, samples: 1, x: Float32Array.of(3, 3), y: Uint8Array.of(1) };
    expect(previewSamples(flat, 1)[0]?.picture?.rgba).toEqual(Uint8ClampedArray.of(0, 0, 0, 255, 0, 0, 0, 255));
  });

  it('shows tables and sequences as values, with the numbers to predict', () => {
    const table: Dataset = { ...digits, shape: [2], x: Float32Array.of(1, 0.25, 2, 3), y: Float32Array.of(0.5, 1, 1 / 3, 4), classes: 0 };
    expect(previewSamples(table, 2)).toEqual([
      { label: '0.500, 1', picture: null, values: [1, 0.25] },
      { label: '0.333, 4', picture: null, values: [2, 3] },
    ]);
    const words: Dataset = { ...digits, shape: [1, 2, 1], x: Int32Array.of(1, 2, 3, 4) };
    expect(previewSamples(words, 1)[0]?.picture).toBeNull();
  });
});
