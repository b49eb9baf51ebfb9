import { parseGraph } from '#core/graph/parse';
import { LAYER_TYPES } from '#core/graph/layers/table';
import type { LayerType } from '#core/graph/schema';
import { compileModel } from '#engine/model/model';
import { batchFor } from '../../reference/batches.ts';
import { difference, engineForward, randomWeights } from '../../reference/engine.ts';
import { randomGraph } from '../../reference/random-graphs.ts';
import { Tally, type Check } from './check.ts';
import type { Parts } from './layers.ts';

const LIMIT = 1e-5;
const SAMPLES = 4;

/** Random acyclic models: the backends and Keras, each against each. */
export async function proveRandomGraphs({ keras, sides, seed }: Parts, count: number): Promise<Check[]> {
  const names = Object.keys(sides);
  const pairs = [...names.map((name) => [name, 'Keras'] as const), ...names.flatMap((one, at) => names.slice(at + 1).map((other) => [one, other] as const))];
  const tallies = pairs.map(([one, other]) => new Tally(`random graphs, ${one} and ${other}`, `scores; difference by the largest score, or by 1; seed ${seed}`, LIMIT));
  const seen = new Map<LayerType, number>();
  for (let index = 0; index < count; index++) {
    const name = `graph ${index}`;
    try {
      const graph = parseGraph(randomGraph(seed, index));
      for (const type of new Set(graph.nodes.map((node) => node.type))) seen.set(type, (seen.get(type) ?? 0) + 1);
      const weights = randomWeights(compileModel(graph), seed + index);
      const batch = batchFor(graph, SAMPLES, seed + index);
      const scores = new Map<string, ArrayLike<number>>();
      for (const [sideName, side] of Object.entries(sides)) scores.set(sideName, engineForward(side, { graph, weights }, batch));
      scores.set('Keras', (await keras.forward({ graph, weights }, batch.x)).data);
      for (const [at, [one, other]] of pairs.entries()) tallies[at]!.add(name, difference(scores.get(one)!, scores.get(other)!));
    } catch (error) {
      for (const tally of tallies) tally.failed(name, error);
    }
  }
  return [...tallies.map((tally) => tally.check()), coverage(seen, count)];
}

/** Every layer must be there often enough for the graphs to say something about it. */
function coverage(seen: ReadonlyMap<LayerType, number>, count: number): Check {
  const tally = new Tally('random graphs, coverage', `how often each layer was there in ${count} graphs; the value is its lack of at least one in 50`, 0);
  for (const type of LAYER_TYPES) tally.add(`${type} in ${seen.get(type) ?? 0}`, Math.max(0, Math.floor(count / 50) - (seen.get(type) ?? 0)));
  return tally.check();
}
