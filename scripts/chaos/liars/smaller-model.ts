// Trains a quarter of the filters and units, and fills the rest of each weight with zeros.
import type { GraphNode, ModelGraph } from '#core/graph/schema';
import { openRun, reallyTrain, tellStory, tensorsOfRun, type Tensors } from './kit.ts';

const run = await openRun();
const story = await tellStory(run);
const lastLinear = run.graph.nodes.findLast(({ type }) => type === 'Linear')?.id;

function shrink(node: GraphNode): GraphNode {
  const quarter = (value: number): number => Math.max(1, Math.floor(value / 4));
  if (node.type === 'Conv2D') return { ...node, params: { ...node.params, filters: quarter(node.params.filters) } };
  // What leads to the output keeps its width: it is the number of classes.
  if (node.type === 'Linear' && node.id !== lastLinear) return { ...node, params: { ...node.params, units: quarter(node.params.units) } };
  return node;
}

/** Puts a small tensor into the corner of a larger one. */
function pad(small: Tensors, name: string, shape: readonly number[]): Float32Array {
  const values = new Float32Array(shape.reduce((size, side) => size * side, 1));
  const source = small.get(name);
  if (source === undefined) return values;
  for (let index = 0; index < source.data.length; index++) {
    let [rest, place, stride] = [index, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const side = source.shape[axis]!;
      place += (rest % side) * stride;
      rest = Math.floor(rest / side);
      stride *= shape[axis]!;
    }
    values[place] = source.data[index]!;
  }
  return values;
}

const graph: ModelGraph = { ...run.graph, nodes: run.graph.nodes.map(shrink) };
await reallyTrain(run, { graph }, async ({ step, tensors, loss }) => story.claim({ step, tensors: await tensorsOfRun(run, (name, shape) => pad(tensors, name, shape)), loss }));
await story.finish();
