import type { GraphNode, LayerType, NodeOf } from '#core/graph/schema';
import { relu, softmax } from './activation.ts';
import { multiHeadAttention } from './attention.ts';
import { conv2D, maxPool } from './convolution.ts';
import { flatten, linear } from './dense.ts';
import { depthwiseConv2D } from './depthwise.ts';
import { embedding } from './embedding.ts';
import { dataInput, output } from './endpoints.ts';
import { layerNorm } from './layer-norm.ts';
import type { RuntimeLayer } from './layer.ts';
import { add, concat } from './merge.ts';
import { avgPool, globalAvgPool } from './pooling.ts';
import { gru, lstm } from './recurrent.ts';
import { batchNorm, dropout } from './regularisation.ts';
import { reshape } from './reshaping.ts';
import { conv1D } from './sequence-convolution.ts';
import { gelu, sigmoid, tanh } from './smooth-activation.ts';

/** The code that runs each layer type; what a layer is stands in core/graph/layers. */
const RUNTIME_LAYERS: { readonly [T in LayerType]: RuntimeLayer<NodeOf<T>> } = {
  DataInput: dataInput,
  Conv1D: conv1D,
  Conv2D: conv2D,
  DepthwiseConv2D: depthwiseConv2D,
  BatchNorm: batchNorm,
  LayerNorm: layerNorm,
  ReLU: relu,
  GELU: gelu,
  Sigmoid: sigmoid,
  Tanh: tanh,
  MaxPool: maxPool,
  AvgPool: avgPool,
  GlobalAvgPool: globalAvgPool,
  Flatten: flatten,
  Reshape: reshape,
  Linear: linear,
  Embedding: embedding,
  LSTM: lstm,
  GRU: gru,
  MultiHeadAttention: multiHeadAttention,
  Dropout: dropout,
  Add: add,
  Concat: concat,
  Softmax: softmax,
  Output: output,
};

/** The table's row for a node; that its type and parameters belong together was checked when the graph was parsed. */
export function runtimeLayer(node: GraphNode): RuntimeLayer<GraphNode> {
  return RUNTIME_LAYERS[node.type];
}
