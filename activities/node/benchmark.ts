import { readFileSync } from 'node:fs';
import { CyxError } from '#core/errors/cyx-error';
import { benchmarkTraining } from '#engine/node/device-benchmark/benchmark-device';

const BATCH_SIZE = 64;
/** About two seconds with the start of the process: a node that starts should not wait for long. */
const EFFORT = { rounds: 5, roundMs: 200 };

/**
 * Samples a second on the reference model, measured by this machine's own trainer in a process of its own.
 *
 * @param _workDir not needed: nothing is written.
 */
export async function measureSamplesPerSecond(referenceGraphJson: string, threads?: number): Promise<number> {
  const { training } = await benchmarkTraining({ graphJson: referenceGraphJson, batchSizes: [BATCH_SIZE], effort: EFFORT, ...(threads === undefined ? {} : { threads }) });
  const [speed] = training;
  if (speed === undefined) throw new CyxError('TRAINING_FAILED', 'The benchmark measured nothing');
  return speed.samplesPerSecond;
}

/** On the model that every node is measured by. */
export function measureReferenceSpeed(): Promise<number> {
  return measureSamplesPerSecond(readFileSync(new URL('../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8'));
}
