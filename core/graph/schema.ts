import type { ActivationNodes } from './layers/activation.ts';
import type { AttentionNode } from './layers/attention.ts';
import type { ConvolutionNodes } from './layers/convolution.ts';
import type { DenseNodes } from './layers/dense.ts';
import type { EndpointNodes } from './layers/endpoints.ts';
import type { MergeNodes } from './layers/merge.ts';
import type { NormalisationNodes } from './layers/normalisation.ts';
import type { PoolingNodes } from './layers/pooling.ts';
import type { RecurrentNodes } from './layers/recurrent.ts';
import type { RegularisationNode } from './layers/regularisation.ts';
import type { ReshapingNodes } from './layers/reshaping.ts';

/** A tensor's shape for one sample, without the batch dimension: images are [height, width, channels]. */
export type Shape = readonly number[];

/** One layer of the model. `id` is unique in its graph; the type decides which parameters it takes. */
export type GraphNode =
  | EndpointNodes
  | ConvolutionNodes
  | PoolingNodes
  | DenseNodes
  | ReshapingNodes
  | ActivationNodes
  | NormalisationNodes
  | RegularisationNode
  | RecurrentNodes
  | AttentionNode
  | MergeNodes;
export type LayerType = GraphNode['type'];
export type NodeOf<T extends LayerType> = Extract<GraphNode, { type: T }>;

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /**
   * Place among the edges into a layer with several inputs. Where edges do not say, the id of the layer they come
   * from decides; after parsing it is there only where it says something else than the ids do.
   */
  readonly order?: number | undefined;
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
  /** Values that all layers together keep for one sample: bounds the memory of one training step. */
  activationsPerSample: 64_000_000,
  /** An evaluation's confusion matrix has this many values squared. */
  classes: 1_000,
  /** Numbers that a model without classes may put out. */
  scores: 65_536,
} as const;
