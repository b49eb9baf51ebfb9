import type { ModelGraph } from './schema.ts';

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  entries.sort(([a], [b]) => compare(a, b));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * One text for one model, whatever order its lists and keys came in and whichever defaults were spelled
 * out: layers by id, edges by their ends, keys by name, no white space. Hash the UTF-8 bytes of this. Edges say an
 * `order` only where `parseGraph` left one: where it differs from the order of ids.
 */
export function canonicalGraphJson(graph: ModelGraph): string {
  const nodes = [...graph.nodes].sort((a, b) => compare(a.id, b.id));
  const edges = [...graph.edges].sort((a, b) => compare(a.from, b.from) || compare(a.to, b.to));
  return JSON.stringify(sortKeys({ version: graph.version, nodes, edges }));
}
