import { layerError, inputsByNode, topologicalOrder } from './order.ts';
import { ShapeProblem, sizeOf, type LayerSpec, type WeightCount } from './layers/layer-spec.ts';
import { layerOf } from './layers/table.ts';
import type { GraphNode, ModelGraph, Shape } from './schema.ts';

/** One layer with the shapes around it (without the batch dimension), its weights and its cost. */
export interface LayerFacts {
  readonly node: GraphNode;
  /** Ids of the layers that feed it. */
  readonly from: readonly string[];
  readonly input: Shape;
  readonly output: Shape;
  readonly weights: WeightCount;
  /** Forward operations for one sample. */
  readonly flops: number;
}

function factsOf(node: GraphNode, from: readonly string[], input: Shape): LayerFacts {
  // Each node's type and params belong together (checked on parsing); a union of specs can not say so.
  const spec: LayerSpec<GraphNode['params']> = layerOf(node);
  try {
    const output = spec.outputShape(node.params, input);
    return { node, from, input, output, weights: spec.weights(node.params, input), flops: spec.flops(node.params, input, output) };
  } catch (error) {
    if (error instanceof ShapeProblem) throw layerError(node, error.message);
    throw error;
  }
}

/** Every layer in running order with its shapes. Throws GRAPH_INVALID that names the layer that does not fit. */
export function inferShapes(graph: ModelGraph): LayerFacts[] {
  const inputs = inputsByNode(graph.edges);
  const outputs = new Map<string, Shape>();
  return topologicalOrder(graph).map((node) => {
    const from = inputs.get(node.id) ?? [];
    const facts = factsOf(node, from, outputs.get(from[0] ?? '') ?? []);
    outputs.set(node.id, facts.output);
    return facts;
  });
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

/** Values that all layers put out for one sample: what a training step keeps in memory, in float32. */
export function countActivations(graph: ModelGraph): number {
  return inferShapes(graph).reduce((sum, layer) => sum + sizeOf(layer.output), 0);
}

/** Shape of one sample, and the number of classes. */
export function graphEndpoints(graph: ModelGraph): { readonly inputShape: Shape; readonly classes: number } {
  const layers = inferShapes(graph);
  const input = layers.find((layer) => layer.node.type === 'DataInput');
  const output = layers.find((layer) => layer.node.type === 'Output');
  return { inputShape: input?.output ?? [], classes: output?.output[0] ?? 0 };
}
