import type { DatasetView, JobSpecification } from '#api/services/types';
import { isImageShape, OWN_GRAPH } from './presets.ts';
import type { Wire } from './wire.ts';

/** What the form starts with: sensible values for the dataset that was asked for, or those of the job that is run again. */
export function newJobDefaults(
  datasets: readonly Wire<DatasetView>[],
  deviceClasses: readonly string[],
  cloned: Wire<JobSpecification> | null,
  wantedCid: string | null = null,
): Record<string, string> {
  if (cloned !== null) {
    const { epochs, batchSize, learningRate, optimizer, seed, ...advanced } = cloned.hyperParameters;
    return {
      dataset: cloned.datasetCid,
      model: OWN_GRAPH,
      graph: JSON.stringify(JSON.parse(cloned.graphJson), null, 2),
      epochs: String(epochs),
      batchSize: String(batchSize),
      learningRate: String(learningRate),
      optimizer,
      seed: String(seed),
      advanced: Object.keys(advanced).length === 0 ? '' : JSON.stringify(advanced, null, 2),
      deviceClass: cloned.deviceClass,
      deadlineMinutes: String(Math.max(1, Math.round(cloned.deadlineMs / 60_000))),
    };
  }
  const dataset = datasets.find(({ cid }) => cid === wantedCid) ?? datasets[0];
  return {
    dataset: dataset?.cid ?? '',
    model: dataset !== undefined && isImageShape(dataset.sampleShape) ? 'cnn' : 'mlp',
    graph: '',
    epochs: '3',
    batchSize: '64',
    learningRate: '0.001',
    optimizer: 'adam',
    seed: '1',
    advanced: '',
    deviceClass: deviceClasses[0] ?? 'cpu',
    deadlineMinutes: '10',
  };
}
