import type { Sides } from '../../ops/ops.ts';
import { TF_DTYPES, type AttrValue, type NodeDef, type TfDtype } from './saved-model.ts';

/** One output of a node. */
export interface GraphTensor {
  /** `node` or `node:output`. */
  readonly ref: string;
  readonly sides: Sides;
  readonly dtype: TfDtype;
}

/** A value that stays in the session from run to run. */
export interface GraphVariable {
  readonly name: string;
  readonly sides: Sides;
  readonly dtype: TfDtype;
  /** The resource that operations on the variable take. */
  readonly handle: GraphTensor;
}

/** What a node gives. */
export interface OutputSpec {
  readonly sides: Sides;
  readonly dtype: TfDtype;
}

export interface NodeSpec {
  readonly op: string;
  readonly inputs?: readonly GraphTensor[];
  readonly attrs?: Readonly<Record<string, AttrValue>>;
  readonly outputs: readonly OutputSpec[];
  /** Nodes that must have run before. */
  readonly after?: readonly GraphTensor[];
  /** Where somebody has to find it again. */
  readonly name?: string;
}

const utf8 = new TextEncoder();

const shapeAttr = (sides: Sides): NonNullable<AttrValue['shape']> => ({ dim: sides.map((size) => ({ size })) });

/** The kinds of attributes that nodes have. */
export const attr = {
  type: (dtype: TfDtype): AttrValue => ({ type: TF_DTYPES[dtype] }),
  int: (i: number): AttrValue => ({ i }),
  ints: (i: readonly number[]): AttrValue => ({ list: { i } }),
  float: (f: number): AttrValue => ({ f }),
  bool: (b: boolean): AttrValue => ({ b }),
  text: (text: string): AttrValue => ({ s: utf8.encode(text) }),
  shape: (sides: Sides): AttrValue => ({ shape: shapeAttr(sides) }),
} as const;

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

function contentOf(values: ArrayLike<number>, dtype: TfDtype): Uint8Array {
  if (dtype === 'uint64' || dtype === 'int64') {
    return new Uint8Array(BigInt64Array.from(Array.from(values), BigInt).buffer);
  }
  if (!(dtype in ARRAYS)) throw new TypeError(`no constants of type ${dtype}`);
  return new Uint8Array(ARRAYS[dtype as keyof typeof ARRAYS].from(values).buffer);
}

function nodeOf(ref: string): string {
  const colon = ref.indexOf(':');
  return colon < 0 ? ref : ref.slice(0, colon);
}

/** Collects the nodes of one TensorFlow graph. It knows every tensor's sides, so that nobody needs to ask the graph. */
export class GraphBuilder {
  readonly nodes: NodeDef[] = [];
  readonly variables: GraphVariable[] = [];
  readonly #constants = new Map<string, GraphTensor>();
  readonly #shapes = new Map<string, GraphTensor>();
  #count = 0;

  /** Adds a node; gives its outputs. */
  add({ op, inputs = [], attrs = {}, outputs, after = [], name }: NodeSpec): GraphTensor[] {
    const full = name ?? `${op}_${this.#count++}`;
    const before = [...new Set(after.map(({ ref }) => `^${nodeOf(ref)}`))];
    this.nodes.push({ name: full, op, input: [...inputs.map(({ ref }) => ref), ...before], attr: attrs });
    return outputs.map((output, index) => ({ ref: index === 0 ? full : `${full}:${index}`, ...output }));
  }

  /** Adds a node with one output. */
  one(op: string, inputs: readonly GraphTensor[], output: OutputSpec, attrs: NodeSpec['attrs'] = {}): GraphTensor {
    return this.add({ op, inputs, attrs, outputs: [output] })[0] as GraphTensor;
  }

  constant(values: ArrayLike<number>, sides: Sides, dtype: TfDtype): GraphTensor {
    return this.constantBytes(contentOf(values, dtype), sides, dtype);
  }

  /** A constant by its little-endian bytes. Equal constants are one node. */
  constantBytes(content: Uint8Array, sides: Sides, dtype: TfDtype): GraphTensor {
    const key = `${dtype} ${sides.join()} ${Buffer.from(content).toString('base64')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const tensor = { dtype: TF_DTYPES[dtype], tensorShape: shapeAttr(sides), tensorContent: content };
    const made = this.one('Const', [], { sides, dtype }, { dtype: attr.type(dtype), value: { tensor } });
    this.#constants.set(key, made);
    return made;
  }

  int32(values: readonly number[]): GraphTensor {
    return this.constant(values, [values.length], 'int32');
  }

  placeholder(name: string, sides: Sides, dtype: TfDtype): GraphTensor {
    const attrs = { dtype: attr.type(dtype), shape: attr.shape(sides) };
    return this.add({ op: 'Placeholder', attrs, outputs: [{ sides, dtype }], name })[0] as GraphTensor;
  }

  variable(name: string, sides: Sides, dtype: TfDtype): GraphVariable {
    const attrs = { dtype: attr.type(dtype), shape: attr.shape(sides), shared_name: attr.text(name), container: attr.text('') };
    const [handle] = this.add({ op: 'VarHandleOp', attrs, outputs: [{ sides: [], dtype }], name: `variable/${this.variables.length}` });
    const variable = { name, sides, dtype, handle: handle as GraphTensor };
    this.variables.push(variable);
    return variable;
  }

  read({ handle, sides, dtype }: GraphVariable, name?: string): GraphTensor {
    const spec = { op: 'ReadVariableOp', inputs: [handle], attrs: { dtype: attr.type(dtype) }, outputs: [{ sides, dtype }] };
    return this.add(name === undefined ? spec : { ...spec, name })[0] as GraphTensor;
  }

  /** A node that gives the variable a new value; only to be named as something that has to run. */
  assign({ handle, dtype }: GraphVariable, value: GraphTensor, after: readonly GraphTensor[] = [], name?: string): GraphTensor {
    const spec = { op: 'AssignVariableOp', inputs: [handle, value], attrs: { dtype: attr.type(dtype) }, outputs: [{ sides: [], dtype }], after };
    return this.add(name === undefined ? spec : { ...spec, name })[0] as GraphTensor;
  }

  /** A tensor under a name, given once all of `after` have run. */
  output(name: string, { ref, sides, dtype }: GraphTensor, after: readonly GraphTensor[] = []): void {
    this.add({ op: 'Identity', inputs: [{ ref, sides, dtype }], attrs: { T: attr.type(dtype) }, outputs: [{ sides, dtype }], after, name });
  }

  /** A tensor's sides as int32 values: a constant where all are known. */
  shapeOf(x: GraphTensor): GraphTensor {
    if (!x.sides.includes(-1)) return this.int32(x.sides);
    const known = this.#shapes.get(x.ref);
    if (known !== undefined) return known;
    const made = this.one('Shape', [x], { sides: [x.sides.length], dtype: 'int32' }, { T: attr.type(x.dtype), out_type: attr.type('int32') });
    this.#shapes.set(x.ref, made);
    return made;
  }
}
