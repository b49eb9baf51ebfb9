/**
 * Recurrent layers, unrolled: every step's operations follow one another. The input's product with the kernel is one
 * operation for all steps. The first step leaves out the product with the state, which is zero.
 */
import type { NodeOf, Shape } from '#core/graph/schema';
import { onlyInput, type Initialiser, type LayerCall, type RuntimeLayer, type WeightSpec } from './layer.ts';
import { joinSteps, project, stepsOf } from './per-step.ts';

interface RecurrentWeights {
  readonly gates: number;
  readonly units: number;
  readonly bias: Pick<WeightSpec, 'shape' | 'initialiser'>;
}

function recurrentWeights({ gates, units, bias }: RecurrentWeights, input: Shape): WeightSpec[] {
  const features = input.at(-1) ?? 1;
  const glorot: Initialiser = { kind: 'glorot', fanIn: features, fanOut: gates * units };
  return [
    { name: 'kernel', shape: [features, gates * units], initialiser: glorot, trainable: true },
    { name: 'recurrentKernel', shape: [units, gates * units], initialiser: { kind: 'orthogonal' }, trainable: true },
    { name: 'bias', ...bias, trainable: true },
  ];
}

/** The state after every step, or after the last one. */
function result<T>({ ops }: LayerCall<T>, states: readonly T[], returnSequences: boolean): T {
  return returnSequences ? joinSteps(ops, states) : (states.at(-1) as T);
}

export const lstm: RuntimeLayer<NodeOf<'LSTM'>> = {
  weights({ params: { units } }, [input = []]) {
    // A forget gate that starts open (Jozefowicz and others 2015); gates are input, forget, candidate, output.
    const bias = { shape: [4 * units], initialiser: { kind: 'block', blocks: [0, 1, 0, 0] } } as const;
    return recurrentWeights({ gates: 4, units, bias }, input);
  },
  forward({ params: { returnSequences } }, call) {
    const { ops } = call;
    type T = typeof x;
    const x = onlyInput(call);
    const recurrentKernel = call.weight('recurrentKernel');
    const states: T[] = [];
    let memory: T | undefined;
    for (const sums of stepsOf(ops, project(ops, x, call.weight('kernel'), call.weight('bias')))) {
      const before = states.at(-1);
      const gates = before === undefined ? sums : ops.add(sums, ops.matMul(before, recurrentKernel));
      const [input, forget, candidate, output] = ops.split(gates, 4, 1) as [T, T, T, T];
      const fresh = ops.mul(ops.sigmoid(input), ops.tanh(candidate));
      memory = memory === undefined ? fresh : ops.add(ops.mul(ops.sigmoid(forget), memory), fresh);
      states.push(ops.mul(ops.sigmoid(output), ops.tanh(memory)));
    }
    return result(call, states, returnSequences);
  },
};

export const gru: RuntimeLayer<NodeOf<'GRU'>> = {
  weights({ params: { units } }, [input = []]) {
    // Row 0 is added to the input's product, row 1 to the state's; gates are update, reset, candidate.
    return recurrentWeights({ gates: 3, units, bias: { shape: [2, 3 * units], initialiser: { kind: 'zeros' } } }, input);
  },
  forward({ params: { units, returnSequences } }, call) {
    const { ops } = call;
    type T = typeof x;
    const x = onlyInput(call);
    const recurrentKernel = call.weight('recurrentKernel');
    const [inputBias, stateBias] = ops.split(call.weight('bias'), 2, 0).map((row) => ops.reshape(row, [3 * units])) as [T, T];
    const states: T[] = [];
    for (const sums of stepsOf(ops, project(ops, x, call.weight('kernel'), inputBias))) {
      const before = states.at(-1);
      const inner = before === undefined ? ops.reshape(stateBias, [1, 3 * units]) : ops.biasAdd(ops.matMul(before, recurrentKernel), stateBias);
      const [fromInput, fromState] = [ops.split(sums, 3, 1), ops.split(inner, 3, 1)] as [T[], T[]] as [[T, T, T], [T, T, T]];
      const update = ops.sigmoid(ops.add(fromInput[0], fromState[0]));
      const reset = ops.sigmoid(ops.add(fromInput[1], fromState[1]));
      const candidate = ops.tanh(ops.add(fromInput[2], ops.mul(reset, fromState[2])));
      // update·before + (1 − update)·candidate
      const fresh = ops.sub(candidate, ops.mul(update, candidate));
      states.push(before === undefined ? fresh : ops.add(ops.mul(update, before), fresh));
    }
    return result(call, states, returnSequences);
  },
};
