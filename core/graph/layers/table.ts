import type { LayerType, NodeOf } from '../schema.ts';
import { gelu, relu, sigmoid, softmax, tanh } from './activation.ts';
import { multiHeadAttention } from './attention.ts';
import { conv1D, conv2D, depthwiseConv2D } from './convolution.ts';
import { embedding, linear } from './dense.ts';
import { dataInput, output } from './endpoints.ts';
import type { LayerSpec } from './layer-spec.ts';
import { add, concat } from './merge.ts';
import { batchNorm, layerNorm } from './normalisation.ts';
import { avgPool, globalAvgPool, maxPool } from './pooling.ts';
import { gru, lstm } from './recurrent.ts';
import { dropout } from './regularisation.ts';
import { flatten, reshape } from './reshaping.ts';

/** The one table of layers: a type that is not here does not exist. */
export const LAYERS: { readonly [T in LayerType]: LayerSpec<NodeOf<T>['params']> } = {
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

export const LAYER_TYPES = Object.keys(LAYERS) as readonly LayerType[];

export function isLayerType(type: string): type is LayerType {
  return Object.hasOwn(LAYERS, type);
}

/** The table's row for a node, typed for calls with that node's own parameters. */
export function layerOf<T extends LayerType>(node: { readonly type: T }): LayerSpec<NodeOf<T>['params']> {
  return LAYERS[node.type];
}
