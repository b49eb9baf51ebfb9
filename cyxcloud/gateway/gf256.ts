/**
 * GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11d) and generator 2: the field of most Reed–Solomon
 * codes for storage.
 */
const POLYNOMIAL = 0x11d;
const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  EXP[power] = value;
  EXP[power + 255] = value;
  LOG[value] = power;
  value <<= 1;
  if (value > 0xff) value ^= POLYNOMIAL;
}

export function multiply(left: number, right: number): number {
  return left === 0 || right === 0 ? 0 : EXP[LOG[left]! + LOG[right]!]!;
}

export function power(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  return base === 0 ? 0 : EXP[(LOG[base]! * exponent) % 255]!;
}

function inverse(value: number): number {
  return EXP[255 - LOG[value]!]!;
}

/** Rows of numbers of the field. */
export type Matrix = readonly (readonly number[])[];

export function multiplyMatrices(left: Matrix, right: Matrix): number[][] {
  const columns = right[0]!.length;
  return left.map((row) =>
    Array.from({ length: columns }, (_, column) => row.reduce((sum, value, index) => sum ^ multiply(value, right[index]![column]!), 0)),
  );
}

/** Gauss–Jordan. Returns undefined for a matrix without an inverse. */
export function invertMatrix(matrix: Matrix): number[][] | undefined {
  const size = matrix.length;
  const rows = matrix.map((row, index) => [...row, ...Array.from({ length: size }, (_, column) => (column === index ? 1 : 0))]);
  for (let column = 0; column < size; column += 1) {
    const pivotIndex = rows.findIndex((row, index) => index >= column && row[column] !== 0);
    if (pivotIndex < 0) return undefined;
    const pivot = rows[pivotIndex]!;
    rows[pivotIndex] = rows[column]!;
    const scale = inverse(pivot[column]!);
    rows[column] = pivot.map((value) => multiply(value, scale));
    for (const [index, row] of rows.entries()) {
      const factor = row[column]!;
      if (index === column || factor === 0) continue;
      rows[index] = row.map((value, at) => value ^ multiply(factor, rows[column]![at]!));
    }
  }
  return rows.map((row) => row.slice(size));
}
