import type { GraphNode, LayerType, NodeOf } from '#core/graph/schema';
import { relu, softmax } from './activation.ts';
import { conv2D, maxPool } from './convolution.ts';
import { flatten, linear } from './dense.ts';
import { dataInput, output } from './endpoints.ts';
import type { RuntimeLayer } from './layer.ts';
import { batchNorm, dropout } from './regularisation.ts';

/** The code that runs each layer type; what a layer is stands in core/graph/layers. */
export const RUNTIME_LAYERS: { readonly [T in LayerType]: RuntimeLayer<NodeOf<T>> } = {
  DataInput: dataInput,
  Conv2D: conv2D,
  BatchNorm: batchNorm,
  ReLU: relu,
  MaxPool: maxPool,
  Flatten: flatten,
  Linear: linear,
  Dropout: dropout,
  Softmax: softmax,
  Output: output,
};

/** The table's row for a node; that its type and parameters belong together was checked when the graph was parsed. */
export function runtimeLayer(node: GraphNode): RuntimeLayer<GraphNode> {
  return RUNTIME_LAYERS[node.type];
}
