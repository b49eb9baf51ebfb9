import type { LayerType, NodeOf } from '../schema.ts';
import { relu, softmax } from './activation.ts';
import { conv2D, maxPool } from './convolution.ts';
import { flatten, linear } from './dense.ts';
import { dataInput, output } from './endpoints.ts';
import type { LayerSpec } from './layer-spec.ts';
import { batchNorm, dropout } from './regularisation.ts';

/** The one table of layers: a type that is not here does not exist. */
export const LAYERS: { readonly [T in LayerType]: LayerSpec<NodeOf<T>['params']> } = {
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

export const LAYER_TYPES = Object.keys(LAYERS) as readonly LayerType[];

export function isLayerType(type: string): type is LayerType {
  return Object.hasOwn(LAYERS, type);
}

/** The table's row for a node, typed for calls with that node's own parameters. */
export function layerOf<T extends LayerType>(node: { readonly type: T }): LayerSpec<NodeOf<T>['params']> {
  return LAYERS[node.type];
}
