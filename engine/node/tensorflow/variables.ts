import { sizeOf } from '#core/graph/layers/layer-spec';
import type { NamedTensor } from '../../formats/safetensors.ts';
import type { GraphVariable } from './graph-builder.ts';
import { stateNodes } from './model-graph.ts';
import type { GraphSession } from './session.ts';

/** About as much crosses in one run: few runs, and no more than this is in memory twice. */
const RUN_VALUES = 16 * 1024 * 1024;

type Placed = readonly [at: number, variable: GraphVariable];

/** Cut into runs; a variable that is larger than a run has one of its own. */
function inRuns(variables: readonly Placed[]): Placed[][] {
  const runs: Placed[][] = [];
  let room = 0;
  for (const placed of variables) {
    const size = sizeOf(placed[1].sides);
    if (size > room) {
      runs.push([]);
      room = RUN_VALUES;
    }
    runs.at(-1)?.push(placed);
    room -= size;
  }
  return runs;
}

/** Gives all variables of a graph their values; what `valuesOf` gives stays the caller's. */
export function setVariables(session: GraphSession, variables: readonly GraphVariable[], valuesOf: (variable: GraphVariable) => Float32Array): void {
  for (const run of inRuns([...variables.entries()])) {
    const feeds = run.map(([at, variable]) => ({ name: stateNodes(at).value, sides: variable.sides, values: valuesOf(variable) }));
    session.run(feeds, run.map(([at]) => stateNodes(at).set));
  }
}

/** Values of a graph's variables, by their names. */
export function getVariables(session: GraphSession, variables: readonly GraphVariable[], isWanted: (variable: GraphVariable) => boolean = () => true): Map<string, NamedTensor> {
  const wanted = [...variables.entries()].filter(([, variable]) => isWanted(variable));
  return new Map(
    inRuns(wanted).flatMap((run) => {
      const values = session.run([], run.map(([at]) => stateNodes(at).get)) as Float32Array[];
      return run.map(([, { name, sides }], index): [string, NamedTensor] => [name, { shape: sides, data: values[index] as Float32Array }]);
    }),
  );
}
