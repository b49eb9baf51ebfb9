/** `Conv2D × 2 · Linear × 1`: a graph's working layers, counted, as a name people can tell jobs apart by. */
export function modelName(graphJson: string): string {
  const counts = new Map<string, number>();
  for (const type of layerTypes(graphJson)) {
    if (!UNSPOKEN.has(type)) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const parts = [...counts].map(([type, count]) => (count === 1 ? type : `${count} ${type}`));
  return parts.length === 0 ? 'Model' : parts.join(' · ');
}

/** Layers that every model has, or that say little about it. */
const UNSPOKEN: ReadonlySet<string> = new Set(['DataInput', 'Output', 'ReLU', 'Flatten', 'MaxPool', 'Dropout', 'BatchNorm']);

function layerTypes(graphJson: string): string[] {
  const graph = JSON.parse(graphJson) as { nodes?: readonly { type?: unknown }[] };
  return (graph.nodes ?? []).flatMap(({ type }) => (typeof type === 'string' ? [type] : []));
}
