/**
 * TensorFlow's SavedModel file, as far as graphs of ours need it. The messages below have the field numbers of
 * tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape}.proto and protobuf/{meta_graph,saved_model}.proto.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';

/** Types of tensors, by TensorFlow's numbers (tensorflow/core/framework/types.proto). */
export const TF_DTYPES = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  string: 7,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  float16: 19,
  uint64: 23,
} as const;
export type TfDtype = keyof typeof TF_DTYPES;

export interface TensorShape {
  readonly dim: readonly { readonly size: number }[];
}

/** One attribute of a node: exactly one field is set. */
export interface AttrValue {
  readonly s?: Uint8Array;
  readonly i?: number;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: number;
  readonly shape?: TensorShape;
  readonly tensor?: { readonly dtype: number; readonly tensorShape: TensorShape; readonly tensorContent: Uint8Array };
  readonly list?: { readonly i?: readonly number[]; readonly type?: readonly number[] };
}

export interface NodeDef {
  readonly name: string;
  readonly op: string;
  /** `name`, `name:output`, or `^name` for a node that only has to run before. */
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, AttrValue>>;
}

const field = (type: string, id: number): protobuf.IField => ({ type, id });
const repeated = (type: string, id: number): protobuf.IField => ({ type, id, rule: 'repeated' });
const mapOf = (type: string, id: number): protobuf.IMapField => ({ keyType: 'string', type, id });

const SCHEMA: protobuf.INamespace = {
  nested: {
    Dim: { fields: { size: field('int64', 1) } },
    Shape: { fields: { dim: repeated('Dim', 2) } },
    TensorProto: { fields: { dtype: field('int32', 1), tensorShape: field('Shape', 2), tensorContent: field('bytes', 4) } },
    AttrList: { fields: { i: repeated('int64', 3), type: repeated('int32', 6) } },
    AttrValue: {
      oneofs: { value: { oneof: ['list', 's', 'i', 'f', 'b', 'type', 'shape', 'tensor'] } },
      fields: {
        list: field('AttrList', 1),
        s: field('bytes', 2),
        i: field('int64', 3),
        f: field('float', 4),
        b: field('bool', 5),
        type: field('int32', 6),
        shape: field('Shape', 7),
        tensor: field('TensorProto', 8),
      },
    },
    NodeDef: { fields: { name: field('string', 1), op: field('string', 2), input: repeated('string', 3), attr: mapOf('AttrValue', 5) } },
    Versions: { fields: { producer: field('int32', 1), minConsumer: field('int32', 2) } },
    GraphDef: { fields: { node: repeated('NodeDef', 1), versions: field('Versions', 4) } },
    MetaInfo: { fields: { tags: repeated('string', 4) } },
    MetaGraph: { fields: { metaInfoDef: field('MetaInfo', 1), graphDef: field('GraphDef', 2) } },
    SavedModel: { fields: { savedModelSchemaVersion: field('int64', 1), metaGraphs: repeated('MetaGraph', 2) } },
  },
};
const SavedModel = protobuf.Root.fromJSON(SCHEMA).lookupType('SavedModel');

/** What graph versions TensorFlow 2.15 writes, and the oldest reader they are for. */
const GRAPH_VERSIONS = { producer: 1645, minConsumer: 12 };

export const SAVED_MODEL_TAG = 'serve';

/** Writes `saved_model.pb` into the folder. Weights are no part of it: whoever loads it sets them. */
export function writeSavedModel(folder: string, nodes: readonly NodeDef[]): void {
  const graphDef = { node: nodes, versions: GRAPH_VERSIONS };
  const message = SavedModel.fromObject({ savedModelSchemaVersion: 1, metaGraphs: [{ metaInfoDef: { tags: [SAVED_MODEL_TAG] }, graphDef }] });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'saved_model.pb'), SavedModel.encode(message).finish());
}
