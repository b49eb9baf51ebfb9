import { randomStream, type RandomStream } from '../data/random.ts';
import type { Initialiser } from '../layers/layer.ts';

function evenly(values: Float32Array | Float64Array, limit: number, random: RandomStream): void {
  for (let i = 0; i < values.length; i++) values[i] = (2 * random.nextUniform() - 1) * limit;
}

function dot(values: Float64Array, a: number, b: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (values[a * length + i] as number) * (values[b * length + i] as number);
  return sum;
}

/**
 * Rows of length 1 at right angles to each other, in a matrix with no more rows than columns: random rows, each freed of its
 * share in the rows before it (Gram–Schmidt, in double precision, with plain arithmetic and square roots only, which give the
 * same bits everywhere).
 */
function orthogonalRows(rows: number, columns: number, random: RandomStream): Float64Array {
  const values = new Float64Array(rows * columns);
  evenly(values, 1, random);
  for (let row = 0; row < rows; row++) {
    for (let other = 0; other < row; other++) {
      const share = dot(values, row, other, columns);
      for (let i = 0; i < columns; i++) values[row * columns + i] = (values[row * columns + i] as number) - share * (values[other * columns + i] as number);
    }
    const length = Math.sqrt(dot(values, row, row, columns));
    for (let i = 0; i < columns; i++) values[row * columns + i] = (values[row * columns + i] as number) / length;
  }
  return values;
}

/**
 * The values that a weight starts with. Each weight has its own stream, so its start depends on its name and not on what
 * else is in the model.
 */
export function initialValues(initialiser: Initialiser, shape: readonly number[], stream: { readonly seed: number; readonly fullName: string }): Float32Array {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  const random = (): RandomStream => randomStream(stream.seed, `initialise/${stream.fullName}`);
  switch (initialiser.kind) {
    case 'zeros':
      break;
    case 'ones':
      values.fill(1);
      break;
    case 'glorot':
      evenly(values, Math.sqrt(6 / (initialiser.fanIn + initialiser.fanOut)), random());
      break;
    case 'uniform':
      evenly(values, initialiser.limit, random());
      break;
    case 'orthogonal':
      values.set(orthogonalRows(shape[0] ?? 1, shape[1] ?? 1, random()));
      break;
    case 'block': {
      const length = values.length / initialiser.blocks.length;
      for (const [block, value] of initialiser.blocks.entries()) values.fill(value, block * length, (block + 1) * length);
    }
  }
  return values;
}
