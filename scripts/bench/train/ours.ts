import { parseGraph } from '#core/graph/parse';
import { compileModel } from '#engine/model/model';
import type { Backend, InputFormat } from '#engine/trainer/stepper';
import { engineBatch } from '../../reference/engine.ts';
import { fromWire, fromWireAll } from '../../reference/wire.ts';
import { benchSettings } from './models.ts';
import type { PreparedTraining, PrepareRequest } from './serve.ts';

/** Only a schedule would ask how long the run is. */
const ANY_STEPS = 1_000_000;

/** The engine's own stepper, each step fed and its loss read before the next one, as the peers do it. */
export function prepareOurs(backend: Backend, { graphJson, batchSize, weights, x, y }: PrepareRequest): PreparedTraining {
  const [samples, labels] = [fromWire(x), fromWire(y)];
  const shape = samples.shape.slice(1);
  const size = shape.reduce((product, side) => product * side, 1);
  const batches = Array.from({ length: labels.data.length / batchSize }, (_, at) => {
    const [begin, end] = [at * batchSize, (at + 1) * batchSize];
    const data = { x: samples.data.subarray(begin * size, end * size), y: labels.data.subarray(begin, end) };
    return engineBatch({ x: { shape: [batchSize, ...shape], data: data.x }, y: { shape: [batchSize], data: data.y } });
  });
  const input: InputFormat = { shape, dtype: 'float32', normalise: { scale: 1, offset: 0 } };
  const model = compileModel(parseGraph(graphJson));
  const stepper = backend.createStepper({ model, input, hyperParameters: benchSettings(batchSize), steps: ANY_STEPS, tensors: fromWireAll(weights) });
  return {
    step(index) {
      stepper.run(batches[index % batches.length]!, index + 1);
      return stepper.readMetrics()[0]!.loss;
    },
    dispose: () => stepper.dispose(),
  };
}
