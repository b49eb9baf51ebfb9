import type { Ops } from '../ops/ops.ts';

/** x·W + b over the last axis of x; kernel [in, out]. One large product whatever the number of axes before it. */
export function project<T>(ops: Ops<T>, x: T, kernel: T, bias: T): T {
  const sides = ops.sidesOf(x);
  if (sides.length === 2) return ops.biasAdd(ops.matMul(x, kernel), bias);
  const [features = 1, units = 1] = ops.sidesOf(kernel);
  const rows = ops.biasAdd(ops.matMul(ops.reshape(x, [-1, features]), kernel), bias);
  return ops.reshape(rows, [-1, ...sides.slice(1, -1), units]);
}

/** A sequence [batch, steps, features] cut into its steps, [batch, features] each. */
export function stepsOf<T>(ops: Ops<T>, x: T): T[] {
  const [, steps = 1, features = 1] = ops.sidesOf(x);
  if (steps === 1) return [ops.reshape(x, [-1, features])];
  return ops.split(x, steps, 1).map((step) => ops.reshape(step, [-1, features]));
}

/** The opposite of `stepsOf`. */
export function joinSteps<T>(ops: Ops<T>, steps: readonly T[]): T {
  const [first] = steps;
  if (first === undefined) throw new TypeError('a sequence without steps');
  const units = ops.sidesOf(first)[1] ?? 1;
  const parts = steps.map((step) => ops.reshape(step, [-1, 1, units]));
  return parts.length === 1 ? (parts[0] as T) : ops.concat(parts, 1);
}
