import { z } from 'zod';
import { CyxError } from '../errors/cyx-error.ts';
import { parseInput } from '../errors/from-zod.ts';
import { isLayerType, LAYERS, LAYER_TYPES } from './layers/table.ts';
import { checkWiring, layerError, normaliseOrder } from './order.ts';
import { GRAPH_LIMITS, type GraphNode, type ModelGraph } from './schema.ts';
import { inferShapes } from './shapes.ts';

const idSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"');

const outlineSchema = z.strictObject({
  version: z.literal(1),
  nodes: z
    .array(z.strictObject({ id: idSchema, type: z.string().max(64), params: z.record(z.string(), z.unknown()).default({}) }))
    .min(2)
    .max(GRAPH_LIMITS.nodes),
  edges: z.array(z.strictObject({ from: idSchema, to: idSchema, order: z.int().min(0).max(GRAPH_LIMITS.edges).optional() })).max(GRAPH_LIMITS.edges),
});
type Outline = z.output<typeof outlineSchema>;

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new CyxError('GRAPH_INVALID', 'The model graph is not valid JSON', { cause });
  }
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch (cause) {
    throw new CyxError('GRAPH_INVALID', 'The model graph has values that JSON does not know', { cause });
  }
}

function checkSize(input: unknown): void {
  const text = typeof input === 'string' ? input : toJson(input);
  const sizeBytes = new TextEncoder().encode(text).length;
  if (sizeBytes > GRAPH_LIMITS.jsonBytes) {
    throw new CyxError('GRAPH_INVALID', `The model graph has ${sizeBytes} bytes of JSON; at most ${GRAPH_LIMITS.jsonBytes} are allowed`);
  }
}

function parseNode(node: Outline['nodes'][number]): GraphNode {
  if (!isLayerType(node.type)) throw layerError(node, `there is no such layer type; choose one of ${LAYER_TYPES.join(', ')}`);
  const parsed = LAYERS[node.type].params.safeParse(node.params);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `params.${issue.path.join('.') || '(all)'}: ${issue.message}`);
    throw layerError(node, problems.join('; '));
  }
  return { id: node.id, type: node.type, params: parsed.data } as GraphNode;
}

function checkNames({ nodes, edges }: Outline): void {
  const ids = new Set<string>();
  for (const node of nodes) {
    if (ids.has(node.id)) throw layerError(node, 'its id is taken by another layer; ids must be unique');
    ids.add(node.id);
  }
  const seen = new Set<string>();
  for (const { from, to } of edges) {
    for (const id of [from, to]) {
      if (!ids.has(id)) throw new CyxError('GRAPH_INVALID', `The edge "${from}" → "${to}" names a layer that does not exist: "${id}"`);
    }
    const key = `${from}→${to}`;
    if (seen.has(key)) throw new CyxError('GRAPH_INVALID', `The edge "${from}" → "${to}" is there twice`);
    seen.add(key);
  }
}

function checkLimits(graph: ModelGraph): void {
  let parameters = 0;
  let activations = 0;
  for (const { node, weights, activations: values } of inferShapes(graph)) {
    parameters += weights.trainable + weights.frozen;
    if (parameters > GRAPH_LIMITS.parameters) {
      throw layerError(node, `the model is too big: with this layer it has ${parameters} parameters, at most ${GRAPH_LIMITS.parameters} are allowed`);
    }
    activations += values;
    if (activations > GRAPH_LIMITS.activationsPerSample) {
      throw layerError(node, `the model is too big: up to this layer one sample takes ${activations} values, at most ${GRAPH_LIMITS.activationsPerSample} are allowed`);
    }
  }
}

/**
 * The one way from outside input (a value or its JSON text) to a model graph: structure, parameters, wiring,
 * shapes and limits are all checked.
 *
 * @throws CyxError GRAPH_INVALID that names the layer at fault and what it expected.
 */
export function parseGraph(input: unknown): ModelGraph {
  checkSize(input);
  const outline = parseInput(outlineSchema, typeof input === 'string' ? fromJson(input) : input, 'GRAPH_INVALID');
  checkNames(outline);
  const graph: ModelGraph = { version: 1, nodes: outline.nodes.map(parseNode), edges: normaliseOrder(outline.edges) };
  checkWiring(graph);
  checkLimits(graph);
  return graph;
}
