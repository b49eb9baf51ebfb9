import { sizeOf } from '#core/graph/layers/layer-spec';
import { targetWidth, type Dataset } from '#engine/data/dataset';

/** A sample as people can look at it. */
export interface PreviewSample {
  /** `7` for a class, `0.5, 1` for numbers to predict. */
  readonly label: string;
  /** Set for pictures. */
  readonly picture: { readonly width: number; readonly height: number; readonly rgba: Uint8ClampedArray<ArrayBuffer> } | null;
  /** The first values, for what is no picture. */
  readonly values: readonly number[];
}

const SHOWN_VALUES = 8;

/** The first samples of a dataset: they were shuffled when it was stored, so they are as good as any. */
export function previewSamples(dataset: Dataset, count: number): PreviewSample[] {
  const width = sizeOf(dataset.shape);
  const targets = targetWidth(dataset);
  return Array.from({ length: Math.min(count, dataset.samples) }, (_, index) => {
    const x = dataset.x.subarray(index * width, (index + 1) * width);
    const y = dataset.y.subarray(index * targets, (index + 1) * targets);
    return { label: [...y].map(shortNumber).join(', '), picture: pictureOf(dataset.shape, x), values: [...x.subarray(0, SHOWN_VALUES)] };
  });
}

/** `0.333`, `7`: as many digits as one reads. */
export function shortNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

function pictureOf([height, width, channels]: Dataset['shape'], x: Dataset['x']): PreviewSample['picture'] {
  if (height === undefined || width === undefined || (channels !== 1 && channels !== 3) || x instanceof Int32Array) return null;
  const grey = brightnessOf(x);
  const rgba = new Uint8ClampedArray(height * width * 4);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let colour = 0; colour < 3; colour++) rgba[pixel * 4 + colour] = grey(channels === 1 ? pixel : pixel * 3 + colour);
    rgba[pixel * 4 + 3] = 255;
  }
  return { width, height, rgba };
}

/** Bytes are what they are; floats are spread from the darkest to the brightest of their picture. */
function brightnessOf(x: Uint8Array | Float32Array): (index: number) => number {
  if (x instanceof Uint8Array) return (index) => x[index] ?? 0;
  let least = Infinity;
  let most = -Infinity;
  for (const value of x) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const span = most - least || 1;
  return (index) => (((x[index] ?? 0) - least) / span) * 255;
}
