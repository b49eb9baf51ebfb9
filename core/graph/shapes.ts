import { layerError, inputsByNode, topologicalOrder } from './order.ts';
import { ShapeProblem, sizeOf, type LayerSpec, type WeightCount } from './layers/layer-spec.ts';
import { lossSpec, type LossName, type TargetKind } from './layers/losses.ts';
import { layerOf } from './layers/table.ts';
import type { GraphNode, ModelGraph, Shape } from './schema.ts';

/** One layer with the shapes around it (without the batch dimension), its weights and its cost. */
export interface LayerFacts {
  readonly node: GraphNode;
  /** Ids of the layers that feed it. */
  readonly from: readonly string[];
  /** Shapes that it takes, in the order of `from`. */
  readonly inputs: readonly Shape[];
  /** The first of them: the only one but for layers that merge several. */
  readonly input: Shape;
  readonly output: Shape;
  readonly weights: WeightCount;
  /** Forward operations for one sample. */
  readonly flops: number;
  /** Values that a training step keeps of it for one sample: its output, and what it needs inside. */
  readonly activations: number;
}

function checkNumbers(node: GraphNode, from: readonly GraphNode[], takes: 'int32' | undefined): void {
  for (const source of from) {
    const gives = source.type === 'DataInput' ? source.params.dtype : undefined;
    if (gives === takes) continue;
    if (takes === undefined) throw layerError(node, 'expected numbers, got indices (int32); put an Embedding layer before it');
    throw layerError(node, 'expected indices; connect it to the DataInput, with "dtype": "int32"');
  }
}

function factsOf(node: GraphNode, from: readonly GraphNode[], inputs: readonly Shape[]): LayerFacts {
  // Each node's type and params belong together (checked on parsing); a union of specs can not say so.
  const spec: LayerSpec<GraphNode['params']> = layerOf(node);
  checkNumbers(node, from, spec.takes);
  try {
    const output = spec.outputShape(node.params, ...inputs);
    return {
      node,
      from: from.map(({ id }) => id),
      inputs,
      input: inputs[0] ?? [],
      output,
      weights: spec.weights(node.params, ...inputs),
      flops: spec.flops(node.params, output, ...inputs),
      activations: sizeOf(output) + (spec.inside?.(node.params, ...inputs) ?? 0),
    };
  } catch (error) {
    if (error instanceof ShapeProblem) throw layerError(node, error.message);
    throw error;
  }
}

/** Every layer in running order with its shapes. Throws GRAPH_INVALID that names the layer that does not fit. */
export function inferShapes(graph: ModelGraph): LayerFacts[] {
  const inputs = inputsByNode(graph.edges);
  const done = new Map<string, LayerFacts>();
  for (const node of topologicalOrder(graph)) {
    const from = (inputs.get(node.id) ?? []).flatMap((id) => done.get(id) ?? []);
    done.set(node.id, factsOf(node, from.map((facts) => facts.node), from.map(({ output }) => output)));
  }
  return [...done.values()];
}

export interface ParameterCount extends WeightCount {
  readonly total: number;
}

/** Values in all weights: those the optimizer changes, and those that layers keep themselves. */
export function countParameters(graph: ModelGraph): ParameterCount {
  const layers = inferShapes(graph);
  const trainable = layers.reduce((sum, layer) => sum + layer.weights.trainable, 0);
  const frozen = layers.reduce((sum, layer) => sum + layer.weights.frozen, 0);
  return { trainable, frozen, total: trainable + frozen };
}

/**
 * Floating-point operations of one forward pass of one sample; each layer states its formula. A training
 * step costs about three times as much (forward, gradient by input, gradient by weights).
 */
export function countFlops(graph: ModelGraph): number {
  return inferShapes(graph).reduce((sum, layer) => sum + layer.flops, 0);
}

/** Values that all layers keep for one sample: what a training step needs in memory, in float32. */
export function countActivations(graph: ModelGraph): number {
  return inferShapes(graph).reduce((sum, layer) => sum + layer.activations, 0);
}

/** Shape of one sample, and the number of classes. */
export function graphEndpoints(graph: ModelGraph): { readonly inputShape: Shape; readonly classes: number } {
  const layers = inferShapes(graph);
  const input = layers.find((layer) => layer.node.type === 'DataInput');
  const output = layers.find((layer) => layer.node.type === 'Output');
  return { inputShape: input?.output ?? [], classes: output?.output[0] ?? 0 };
}

/** What a dataset must have to train this model. */
export interface DataNeeds {
  readonly inputShape: Shape;
  readonly inputDtype: 'float32' | 'int32';
  /** Indices must be below this; undefined where the input is not of indices. */
  readonly vocabulary: number | undefined;
  /** Class indices, or as many numbers a sample as there are scores. */
  readonly targets: TargetKind;
  /** Scores of one sample. */
  readonly scores: number;
  /** Labels must be below this; undefined where targets are numbers. */
  readonly labels: number | undefined;
  readonly loss: LossName;
}

export function dataNeeds(graph: ModelGraph): DataNeeds {
  const { inputShape, classes: scores } = graphEndpoints(graph);
  const isOfIndices = graph.nodes.some((node) => node.type === 'DataInput' && node.params.dtype === 'int32');
  const vocabularies = graph.nodes.flatMap((node) => (node.type === 'Embedding' ? [node.params.vocabulary] : []));
  const loss = graph.nodes.find((node) => node.type === 'Output')?.params.loss ?? 'crossEntropy';
  const { targets } = lossSpec(loss);
  return {
    inputShape,
    inputDtype: isOfIndices ? 'int32' : 'float32',
    vocabulary: isOfIndices ? Math.min(...vocabularies) : undefined,
    targets,
    scores,
    // One score tells two classes apart.
    labels: targets === 'label' ? Math.max(2, scores) : undefined,
    loss,
  };
}
