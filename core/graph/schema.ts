import type { ConvolutionNodes } from './layers/convolution.ts';
import type { DenseNodes } from './layers/dense.ts';
import type { EndpointNodes } from './layers/endpoints.ts';
import type { RegularisationNodes } from './layers/regularisation.ts';
import type { ActivationNodes } from './layers/activation.ts';

/** A tensor's shape for one sample, without the batch dimension: images are [height, width, channels]. */
export type Shape = readonly number[];

/** One layer of the model. `id` is unique in its graph; the type decides which parameters it takes. */
export type GraphNode = EndpointNodes | ConvolutionNodes | DenseNodes | ActivationNodes | RegularisationNodes;
export type LayerType = GraphNode['type'];
export type NodeOf<T extends LayerType> = Extract<GraphNode, { type: T }>;

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

/** A checked model: `parseGraph` is the only way to get one from outside input. All defaults are filled in. */
export interface ModelGraph {
  readonly version: 1;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export const GRAPH_LIMITS = {
  nodes: 500,
  edges: 2_000,
  jsonBytes: 256 * 1024,
  parameters: 200_000_000,
  /** Values that all layers together put out for one sample: bounds the memory of one training step. */
  activationsPerSample: 64_000_000,
  /** An evaluation's confusion matrix has this many values squared. */
  classes: 1_000,
} as const;
