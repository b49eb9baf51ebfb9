import { labelHash } from '../../data/random.ts';
import { forward, targetSides, type CompiledModel } from '../../model/model.ts';
import type { Ops } from '../../ops/ops.ts';
import type { InputFormat } from '../../trainer/stepper.ts';
import { attr, GraphBuilder, type GraphTensor, type GraphVariable } from './graph-builder.ts';
import { graphOps } from './graph-ops.ts';
import { scalar, tfDtype, type GraphContext } from './ops/context.ts';
import { Tape } from './tape.ts';

/** Names that feeds and fetches go by. */
export const NODES = {
  x: 'x',
  y: 'y',
  step: 'step',
  controls: 'controls',
  metrics: 'metrics',
  loss: 'loss',
  finite: 'finite',
  predicted: 'predicted',
} as const;

/** A graph in the making: the builder, the operations over it, and the model's weights as variables. */
export interface ModelGraphParts {
  readonly context: GraphContext;
  readonly ops: Ops<GraphTensor>;
  readonly weights: ReadonlyMap<string, GraphVariable>;
  readonly x: GraphTensor;
  readonly y: GraphTensor;
}

/**
 * A variable that can be read as `get/<name>`, and set by feeding `value/<name>` and running `set/<name>`. It gets a copy:
 * what is fed lies in JavaScript's memory, which may neither change under the variable nor be let go by TensorFlow's threads.
 */
export function addState({ builder }: Pick<GraphContext, 'builder'>, name: string, sides: readonly number[]): GraphVariable {
  const nodes = stateNodes(builder.variables.length);
  const variable = builder.variable(name, sides, 'float32');
  const fed = builder.placeholder(nodes.value, sides, 'float32');
  const copy = builder.one('DeepCopy', [fed], { sides, dtype: 'float32' }, { T: attr.type('float32') });
  builder.output(nodes.set, builder.constant([1], [], 'int32'), [builder.assign(variable, copy)]);
  builder.read(variable, nodes.get);
  return variable;
}

/** Names of a variable's nodes, by its place among the variables. */
export function stateNodes(at: number): { readonly get: string; readonly set: string; readonly value: string } {
  return { get: `get/${at}`, set: `set/${at}`, value: `value/${at}` };
}

/** x·scale + offset, as floats; indices stay what they are. */
function normalised({ builder }: GraphContext, ops: Ops<GraphTensor>, raw: GraphTensor, { normalise }: InputFormat): GraphTensor {
  if (raw.dtype === 'int32') return raw;
  const { scale, offset } = normalise;
  const floats = raw.dtype === 'float32' ? raw : builder.one('Cast', [raw], { sides: raw.sides, dtype: 'float32' }, { SrcT: attr.type(raw.dtype), DstT: attr.type('float32') });
  const scaled = scale === 1 ? floats : ops.scale(floats, scale);
  return offset === 0 ? scaled : ops.shift(scaled, offset);
}

export interface GraphOptions {
  /** The batch size; −1 where left out: each run has its own. */
  readonly samples?: number;
  /** Products and convolutions in bfloat16. */
  readonly isMixed?: boolean;
}

export function startModelGraph(model: CompiledModel, input: InputFormat, { samples = -1, isMixed = false }: GraphOptions = {}): ModelGraphParts {
  const builder = new GraphBuilder();
  const context: GraphContext = { builder, tape: new Tape(), float: 'float32', isMixed };
  const ops = graphOps(context);
  const weights = new Map([...model.trainable, ...model.frozen].map(({ fullName, shape }) => [fullName, addState(context, fullName, shape)]));
  const raw = builder.placeholder(NODES.x, [samples, ...input.shape], input.dtype);
  const y = builder.placeholder(NODES.y, [samples, ...targetSides(model)], model.loss.targetDtype);
  return { context, ops, weights, x: normalised(context, ops, raw, input), y };
}

/** Random numbers that `uniformLike` of ops/tfjs gives too: Philox from key (seed, label) and counter (…, step). */
export function uniform({ builder, float }: Pick<GraphContext, 'builder' | 'float'>, like: GraphTensor, stream: { readonly seed: number; readonly label: string; readonly step: GraphTensor }): GraphTensor {
  const key = builder.constantBytes(new Uint8Array(Uint32Array.of(stream.seed, labelHash(stream.label)).buffer), [1], 'uint64');
  const index = builder.one('Cast', [stream.step], { sides: [], dtype: 'uint64' }, { SrcT: attr.type('int32'), DstT: attr.type('uint64') });
  const counterAttrs = { T: attr.type('uint64'), N: attr.int(2), axis: attr.int(0) };
  const counter = builder.one('Pack', [builder.constant([0], [], 'uint64'), index], { sides: [2], dtype: 'uint64' }, counterAttrs);
  const inputs = [builder.shapeOf(like), key, counter, builder.constant([1], [], 'int32')];
  return builder.one('StatelessRandomUniformV2', inputs, { sides: like.sides, dtype: float }, { dtype: attr.type(float), Tshape: attr.type('int32') });
}

/** What a training pass needs on top of its input. */
export interface TrainingPass {
  readonly seed: number;
  /** int32 scalar. */
  readonly step: GraphTensor;
}

export interface Pass {
  readonly scores: GraphTensor;
  /** The weights as this pass read them. */
  readonly read: ReadonlyMap<string, GraphTensor>;
  /** New values of weights that layers keep themselves. */
  readonly updates: ReadonlyMap<string, GraphTensor>;
  /** What each layer gave, in running order. */
  readonly outputs: ReadonlyMap<string, GraphTensor>;
}

/** Appends the model's forward pass: with `training`, else as it is used. */
export function addForward({ context, ops, weights, x }: ModelGraphParts, model: CompiledModel, training?: TrainingPass): Pass {
  const read = new Map<string, GraphTensor>();
  const updates = new Map<string, GraphTensor>();
  const outputs = new Map<string, GraphTensor>();
  const weight = (name: string): GraphTensor => {
    const known = read.get(name);
    if (known !== undefined) return known;
    const made = context.builder.read(weights.get(name) as GraphVariable);
    read.set(name, made);
    return made;
  };
  const scores = forward(model, x, {
    ops,
    training: training !== undefined,
    weight,
    updateWeight: (name, value) => void updates.set(name, value),
    uniform(label, like) {
      if (training === undefined) throw new TypeError('only a training pass has random numbers');
      return uniform(context, like, { ...training, label });
    },
    onOutput: (id, value) => void outputs.set(id, value),
  });
  return { scores, read, updates, outputs };
}

/** 1 for each of the tensors whose values are all finite, else 0. */
export function addFiniteness({ builder, float }: Pick<GraphContext, 'builder' | 'float'>, tensors: readonly GraphTensor[]): GraphTensor {
  const flags = tensors.map((tensor) => {
    if (tensor.dtype === 'int32') return scalar({ builder }, 1, float);
    const each = builder.one('IsFinite', [tensor], { sides: tensor.sides, dtype: 'bool' }, { T: attr.type(tensor.dtype) });
    const axes = builder.int32(tensor.sides.map((_, axis) => axis));
    const all = builder.one('All', [each, axes], { sides: [], dtype: 'bool' }, { Tidx: attr.type('int32'), keep_dims: attr.bool(false) });
    return builder.one('Cast', [all], { sides: [], dtype: float }, { SrcT: attr.type('bool'), DstT: attr.type(float) });
  });
  return pack({ builder }, flags);
}

/** Scalars as one vector. */
export function pack({ builder }: Pick<GraphContext, 'builder'>, scalars: readonly GraphTensor[]): GraphTensor {
  const dtype = scalars[0]?.dtype ?? 'float32';
  return builder.one('Pack', scalars, { sides: [scalars.length], dtype }, { T: attr.type(dtype), N: attr.int(scalars.length), axis: attr.int(0) });
}

/** Element `at` of a vector. */
export function element(context: GraphContext, vector: GraphTensor, at: number): GraphTensor {
  const { builder } = context;
  const attrs = { Tparams: attr.type(vector.dtype), Tindices: attr.type('int32'), Taxis: attr.type('int32') };
  const zero = scalar(context, 0, tfDtype(context, 'int32'));
  return builder.one('GatherV2', [vector, scalar(context, at, 'int32'), zero], { sides: [], dtype: vector.dtype }, attrs);
}
