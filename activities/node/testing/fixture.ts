import { fileURLToPath } from 'node:url';
import type { ChildCommand } from '#engine/node/child-contract';
import type { RunSpec } from '../supervisor.ts';

const script = fileURLToPath(new URL('./fixture-child.mjs', import.meta.url));

export const fixtureCommand = (dir: string): ChildCommand => ({ command: process.execPath, args: [script, dir] });

/** `deaf`: it does not heed SIGTERM. `hang`: it does nothing for a minute. */
export type FixtureBehaviour = 'train' | 'crash' | 'diverge' | 'deaf' | 'hang';

export function fixtureSpec(steps: number, behaviour: FixtureBehaviour = 'train'): RunSpec {
  return {
    graphJson: JSON.stringify({ steps, behaviour }),
    hyperParameters: { epochs: 1, batchSize: 1, learningRate: 0.1 },
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
