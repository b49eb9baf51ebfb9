import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { canonicalGraphJson } from '#core/graph/canonical';
import type { HyperParameters } from '#core/graph/hyper-parameters';
import { parseGraph } from '#core/graph/parse';
import { chain } from '#core/graph/testing/graphs';
import type { ChildCommand } from '#engine/node/child-contract';
import type { RunSpec } from '../supervisor.ts';

const script = fileURLToPath(new URL('./fixture-child.ts', import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export const fixtureCommand = (dir: string): ChildCommand => ({ command: process.execPath, args: ['--import', loader, script, dir] });

const BEHAVIOURS = ['train', 'crash', 'diverge', 'deaf', 'hang', 'greedy'] as const;
/** `deaf`: it does not heed SIGTERM. `hang`: it does nothing for a minute. `greedy`: it takes memory until it is given none. */
export type FixtureBehaviour = (typeof BEHAVIOURS)[number];

/** A state of 1.7 KB. */
const FIXTURE_GRAPH_JSON = canonicalGraphJson(parseGraph(chain(['DataInput', { shape: [6, 6, 1] }], ['Flatten'], ['Linear', { units: 3 }], ['Output', { classes: 3 }])));

/** Numbers that mean something else to the fixture child: they come to it whole, and belong to the run. */
function fixtureHyperParameters(steps: number, behaviour: FixtureBehaviour = 'train') {
  return { epochs: 1, batchSize: 1, learningRate: 0.1, warmUpSteps: steps, seed: BEHAVIOURS.indexOf(behaviour) };
}

export function behaviourOf({ warmUpSteps = 0, seed }: HyperParameters): { readonly steps: number; readonly behaviour: FixtureBehaviour } {
  return { steps: warmUpSteps, behaviour: BEHAVIOURS[seed] ?? 'train' };
}

export function fixtureSpec(steps: number, behaviour: FixtureBehaviour = 'train'): RunSpec {
  return {
    graphJson: FIXTURE_GRAPH_JSON,
    hyperParameters: fixtureHyperParameters(steps, behaviour),
    datasetFile: '/nowhere',
    datasetCid: 'bafybeifixture',
    checkpointEverySteps: 5,
  };
}

/** Waits for something to become true; a test that waits in vain says for what. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  for (const giveUpAtMs = Date.now() + timeoutMs; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (Date.now() > giveUpAtMs) throw new Error(`In vain: ${what}`);
  }
}
