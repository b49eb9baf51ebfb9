import fc from 'fast-check';
import type { LayerType } from '../schema.ts';

export interface RawNode {
  readonly id: string;
  readonly type: LayerType;
  readonly params: Record<string, unknown>;
}

export interface RawGraph {
  readonly version: 1;
  readonly nodes: RawNode[];
  readonly edges: { readonly from: string; readonly to: string; readonly order?: number }[];
}

export type RawLayer = readonly [LayerType, Record<string, unknown>?];

/** A graph of layers in a row, as a person would write it: ids are the type and the place. */
export function chain(...layers: readonly RawLayer[]): RawGraph {
  const nodes = layers.map(([type, params = {}], index) => ({ id: `${type.toLowerCase()}${index}`, type, params }));
  const edges = nodes.slice(1).map((node, index) => ({ from: nodes[index]?.id ?? '', to: node.id }));
  return { version: 1, nodes, edges };
}

const pair = (max: number): fc.Arbitrary<number | [number, number]> => fc.oneof(fc.integer({ min: 1, max }), fc.tuple(fc.integer({ min: 1, max }), fc.integer({ min: 1, max })));

const padding = fc.constantFrom('valid', 'same');

/** Layers that take an image and give one, never smaller than the next window with padding "same". */
const imageLayer: fc.Arbitrary<RawLayer> = fc.oneof(
  fc.record({ filters: fc.integer({ min: 1, max: 6 }), kernelSize: pair(3), strides: pair(2), padding: fc.constant('same') }).map((params): RawLayer => ['Conv2D', params]),
  fc.record({ poolSize: pair(3), padding: fc.constant('same') }).map((params): RawLayer => ['MaxPool', params]),
  fc.constantFrom<RawLayer>(['ReLU'], ['BatchNorm'], ['Dropout', { rate: 0.25 }], ['Softmax']),
);

const flatLayer: fc.Arbitrary<RawLayer> = fc.oneof(
  fc.integer({ min: 1, max: 12 }).map((units): RawLayer => ['Linear', { units }]),
  fc.constantFrom<RawLayer>(['ReLU'], ['BatchNorm'], ['Dropout', { rate: 0.5 }], ['Softmax']),
);

const firstWindow = fc.record({ filters: fc.integer({ min: 1, max: 4 }), kernelSize: pair(3), padding }).map((params): RawLayer => ['Conv2D', params]);

/** Valid models of any mix of layers: small images, convolutions, then a classifier. */
export const randomGraph: fc.Arbitrary<RawGraph> = fc
  .record({
    shape: fc.tuple(fc.integer({ min: 4, max: 9 }), fc.integer({ min: 4, max: 9 }), fc.integer({ min: 1, max: 3 })),
    first: firstWindow,
    image: fc.array(imageLayer, { maxLength: 4 }),
    flat: fc.array(flatLayer, { maxLength: 3 }),
    classes: fc.integer({ min: 2, max: 7 }),
  })
  .map(({ shape, first, image, flat, classes }) =>
    chain(['DataInput', { shape }], first, ...image, ['Flatten'], ...flat, ['Linear', { units: classes }], ['Output', { classes }]),
  );
