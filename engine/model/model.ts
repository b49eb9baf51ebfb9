import { CyxError } from '#core/errors/cyx-error';
import { sizeOf } from '#core/graph/layers/layer-spec';
import { lossSpec } from '#core/graph/layers/losses';
import type { GraphNode, ModelGraph, NodeOf } from '#core/graph/schema';
import { dataNeeds, inferShapes, type DataNeeds, type LayerFacts } from '#core/graph/shapes';
import type { LayerCall, RuntimeLayer } from '../layers/layer.ts';
import { runtimeLayer } from '../layers/table.ts';
import { lossOf, type Loss } from '../losses/table.ts';
import type { Ops } from '../ops/ops.ts';
import type { ModelWeight } from './weights.ts';

interface Stage {
  readonly facts: LayerFacts;
  readonly layer: RuntimeLayer<GraphNode>;
  /** Gives its input on: a Softmax that leads to Output alone stands for the softmax that a softmax loss has anyway. */
  readonly isPassed: boolean;
}

/** A graph made ready to run; it owns no memory of a backend. */
export interface CompiledModel {
  readonly graph: ModelGraph;
  readonly stages: readonly Stage[];
  readonly loss: Loss;
  /** What batches must hold. */
  readonly needs: DataNeeds;
  /** In running order, as `frozen`. */
  readonly trainable: readonly ModelWeight[];
  readonly frozen: readonly ModelWeight[];
}

export function compileModel(graph: ModelGraph): CompiledModel {
  const facts = inferShapes(graph);
  const output = outputOf(graph);
  const isSoftmaxLoss = lossSpec(output.params.loss).prediction === 'softmax';
  const followers = (id: string): readonly string[] => facts.filter(({ from }) => from.includes(id)).map(({ node }) => node.type);
  const stages = facts.map((fact): Stage => {
    const { node } = fact;
    const isPassed = isSoftmaxLoss && node.type === 'Softmax' && followers(node.id).every((type) => type === 'Output');
    return { facts: fact, layer: runtimeLayer(node), isPassed };
  });
  const weights = stages.flatMap(({ facts: { node, inputs }, layer }) =>
    layer.weights(node, inputs).map((weight) => ({ ...weight, fullName: `${node.id}.${weight.name}`, size: sizeOf(weight.shape) })),
  );
  return {
    graph,
    stages,
    loss: lossOf(output.params),
    needs: dataNeeds(graph),
    trainable: weights.filter((weight) => weight.trainable),
    frozen: weights.filter((weight) => !weight.trainable),
  };
}

function outputOf({ nodes }: ModelGraph): NodeOf<'Output'> {
  const output = nodes.find((node) => node.type === 'Output');
  if (output === undefined) throw new CyxError('GRAPH_INVALID', 'The graph has no Output layer; add exactly one');
  return output;
}

/** One pass through a model on one backend; weights and layers by their full names. */
export interface ForwardCall<T> {
  readonly ops: Ops<T>;
  readonly training: boolean;
  weight(fullName: string): T;
  /** Takes the new values of weights that layers keep themselves; only called where `training`. */
  updateWeight(fullName: string, value: T): void;
  /** Random numbers of this pass: a function of the label, the run's seed and the step. Only called where `training`. */
  uniform(label: string, like: T): T;
  /** Sees what each layer gives. */
  onOutput?(layerId: string, value: T): void;
}

/** Runs a normalised batch `x` ([samples, …]) through the model to Output's scores. */
export function forward<T>(model: Pick<CompiledModel, 'stages'>, x: T, call: ForwardCall<T>): T {
  const outputs = new Map<string, T>();
  let last = x;
  for (const { facts, layer, isPassed } of model.stages) {
    const { id } = facts.node;
    const inputs = facts.from.length === 0 ? [x] : facts.from.map((from) => outputs.get(from) as T);
    const layerCall: LayerCall<T> = {
      ops: call.ops,
      inputs,
      training: call.training,
      weight: (name) => call.weight(`${id}.${name}`),
      updateWeight: (name, value) => call.updateWeight(`${id}.${name}`, value),
      uniform: (like, draw) => call.uniform(draw === undefined ? `dropout/${id}` : `dropout/${id}/${draw}`, like),
    };
    last = isPassed ? (inputs[0] as T) : layer.forward(facts.node, layerCall);
    outputs.set(id, last);
    call.onOutput?.(id, last);
  }
  return last;
}

/** Sides of one sample's target: none for a label, else as many numbers as there are scores. */
export function targetSides({ needs }: Pick<CompiledModel, 'needs'>): readonly number[] {
  return needs.targets === 'label' ? [] : [needs.scores];
}
