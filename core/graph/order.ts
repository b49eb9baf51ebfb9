import { CyxError } from '../errors/cyx-error.ts';
import type { GraphEdge, GraphNode, ModelGraph } from './schema.ts';
import { LAYERS } from './layers/table.ts';

/** An error about one layer: the text names it, `facts.layer` carries its id for programs. */
export function layerError(node: { readonly id: string; readonly type: string }, problem: string): CyxError {
  return new CyxError('GRAPH_INVALID', `Layer "${node.id}" (${node.type}): ${problem}`, {
    facts: { layer: node.id, type: node.type },
  });
}

function compareEdges(a: GraphEdge, b: GraphEdge): number {
  if ((a.order ?? 0) !== (b.order ?? 0)) return (a.order ?? 0) - (b.order ?? 0);
  return a.from < b.from ? -1 : Number(a.from > b.from);
}

/** Ids of the layers that feed each layer: by the edges' `order`, then by id, however the list was written. */
export function inputsByNode(edges: readonly GraphEdge[]): Map<string, string[]> {
  const inputs = new Map<string, string[]>();
  for (const { from, to } of [...edges].sort(compareEdges)) {
    const known = inputs.get(to);
    if (known === undefined) inputs.set(to, [from]);
    else known.push(from);
  }
  return inputs;
}

/**
 * The edges with `order` where it is needed and nowhere else: 0, 1, 2 … on all edges into a layer whose inputs
 * are not in the order of their ids. Graphs that mean the same have the same edges after this.
 */
export function normaliseOrder(edges: readonly GraphEdge[]): GraphEdge[] {
  const inputs = inputsByNode(edges);
  return edges.map(({ from, to }) => {
    const ids = inputs.get(to) ?? [];
    const isByName = ids.every((id, at) => at === 0 || (ids[at - 1] ?? '') < id);
    return isByName ? { from, to } : { from, to, order: ids.indexOf(from) };
  });
}

function outputsByNode(edges: readonly GraphEdge[]): Map<string, string[]> {
  return inputsByNode(edges.map(({ from, to }) => ({ from: to, to: from })));
}

/**
 * Layers so that each comes after all that feed it. Among layers that are free to go, the one with the
 * smallest id goes first: the order depends on the graph, not on how its lists were written down.
 */
export function topologicalOrder(graph: Pick<ModelGraph, 'nodes' | 'edges'>): GraphNode[] {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const outputs = outputsByNode(graph.edges);
  const waiting = new Map(graph.nodes.map((node) => [node.id, 0]));
  for (const { to } of graph.edges) waiting.set(to, (waiting.get(to) ?? 0) + 1);
  const order: GraphNode[] = [];
  let ready = graph.nodes.filter((node) => waiting.get(node.id) === 0).map((node) => node.id);
  while (ready.length > 0) {
    const id = ready.reduce((least, candidate) => (candidate < least ? candidate : least));
    ready = ready.filter((candidate) => candidate !== id);
    const node = byId.get(id);
    if (node !== undefined) order.push(node);
    for (const to of outputs.get(id) ?? []) {
      const left = (waiting.get(to) ?? 0) - 1;
      waiting.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  const done = new Set(order.map((node) => node.id));
  const stuck = graph.nodes.find((node) => !done.has(node.id) && onCycle(node.id, outputs));
  if (stuck !== undefined) throw layerError(stuck, 'is part of a cycle; data must flow one way, from DataInput to Output');
  return order;
}

function reachable(start: string, next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set<string>();
  const stack = [...(next.get(start) ?? [])];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    stack.push(...(next.get(id) ?? []));
  }
  return seen;
}

function onCycle(id: string, outputs: ReadonlyMap<string, readonly string[]>): boolean {
  return reachable(id, outputs).has(id);
}

function theOnly(nodes: readonly GraphNode[], type: 'DataInput' | 'Output'): GraphNode {
  const [first, second] = nodes.filter((node) => node.type === type);
  if (first === undefined) throw new CyxError('GRAPH_INVALID', `The graph has no ${type} layer; add exactly one`);
  if (second !== undefined) throw layerError(second, `the graph has a second ${type}; keep exactly one`);
  return first;
}

const INPUTS_TEXT = { 0: 'no input', 1: 'one input', many: 'two inputs or more' } as const;

function checkInputs(node: GraphNode, feeding: readonly string[]): void {
  const { inputs: wanted } = LAYERS[node.type];
  const [least, most] = wanted === 'many' ? [2, Number.POSITIVE_INFINITY] : [wanted, wanted];
  if (feeding.length === 0 && least > 0) throw layerError(node, 'nothing is connected to its input');
  if (feeding.length >= least && feeding.length <= most) return;
  const given = feeding.map((id) => `"${id}"`).join(', ');
  throw layerError(node, `expected ${INPUTS_TEXT[wanted]}, got ${feeding.length} (from ${given})`);
}

/** Edges lead from layer to layer, each layer has the inputs it takes, and all of them take part. */
export function checkWiring(graph: Pick<ModelGraph, 'nodes' | 'edges'>): void {
  const input = theOnly(graph.nodes, 'DataInput');
  const output = theOnly(graph.nodes, 'Output');
  const inputs = inputsByNode(graph.edges);
  const outputs = outputsByNode(graph.edges);
  for (const node of graph.nodes) checkInputs(node, inputs.get(node.id) ?? []);
  if ((outputs.get(output.id) ?? []).length > 0) throw layerError(output, 'is the end of the graph, so nothing may follow it');
  topologicalOrder(graph);
  const leading = reachable(output.id, inputs);
  const fed = reachable(input.id, outputs);
  for (const node of graph.nodes) {
    if (node !== output && !leading.has(node.id)) throw layerError(node, 'its output does not lead to the Output layer');
    if (node !== input && !fed.has(node.id)) throw layerError(node, 'no data reaches it from the DataInput layer');
  }
}
