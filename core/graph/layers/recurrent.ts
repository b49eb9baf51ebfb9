import { z } from 'zod';
import { sequenceSides, ShapeProblem, type LayerSpec } from './layer-spec.ts';

export interface RecurrentParams {
  /** Size of the state. */
  readonly units: number;
  /** True: the state after each step, [steps, units]; false: after the last one, [units]. */
  readonly returnSequences: boolean;
}

export type RecurrentNodes =
  | { readonly id: string; readonly type: 'LSTM'; readonly params: RecurrentParams }
  | { readonly id: string; readonly type: 'GRU'; readonly params: RecurrentParams };

/** A step's operations stand in the compiled graph one after the other, so their number is bounded. */
const MAX_STEPS = 1024;

const recurrentSchema = z.strictObject({
  units: z.int().min(1).max(1024),
  returnSequences: z.boolean().default(false),
});

function sides(input: readonly number[]): readonly [number, number] {
  const [steps, features] = sequenceSides(input);
  if (steps > MAX_STEPS) throw new ShapeProblem(`a sequence of at most ${MAX_STEPS} steps`, `${steps} steps`);
  return [steps, features];
}

function outputShape({ units, returnSequences }: RecurrentParams, input: readonly number[]): number[] {
  const [steps] = sides(input);
  return returnSequences ? [steps, units] : [units];
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gate), gates in the order input, forget,
 * candidate, output. Weights: kernel in·4u, recurrent kernel u·4u, bias 4u. Operations of a step:
 * 4u·(2·in + 2u + 1) for the gates' sums, three sigmoids of 4 and two tanhs of 6, and 4u to combine: 28u.
 */
export const lstm: LayerSpec<RecurrentParams> = {
  summary: 'Reads a sequence with a long memory',
  params: recurrentSchema,
  inputs: 1,
  outputShape,
  weights({ units }, input) {
    return { trainable: 4 * units * (sides(input)[1] + units + 1), frozen: 0 };
  },
  flops({ units }, _output, input) {
    const [steps, features] = sides(input);
    return steps * (4 * units * (2 * features + 2 * units + 1) + 28 * units);
  },
  inside: ({ units }, input) => 8 * units * sides(input)[0],
};

/**
 * Gated recurrent unit (Cho and others 2014) with the reset gate applied after the recurrent product, gates in
 * the order update, reset, candidate. Weights: kernel in·3u, recurrent kernel u·3u, bias 2·3u (one for the
 * input's product, one for the state's). Operations of a step: 3u·(2·in + 2u + 2), two sigmoids, one tanh, and
 * 6u to combine: 20u.
 */
export const gru: LayerSpec<RecurrentParams> = {
  summary: 'Reads a sequence with a short memory',
  params: recurrentSchema,
  inputs: 1,
  outputShape,
  weights({ units }, input) {
    return { trainable: 3 * units * (sides(input)[1] + units + 2), frozen: 0 };
  },
  flops({ units }, _output, input) {
    const [steps, features] = sides(input);
    return steps * (3 * units * (2 * features + 2 * units + 2) + 20 * units);
  },
  inside: ({ units }, input) => 8 * units * sides(input)[0],
};
