import { z } from 'zod';
import { serveLines } from '../../reference/line-server.ts';
import { wireTensorSchema, wireTensorsSchema } from '../../reference/wire.ts';

const prepareSchema = z.object({
  graphJson: z.string(),
  batchSize: z.int().min(1),
  /** Initial weights by the graph's names. */
  weights: wireTensorsSchema,
  /** Whole batches, one after the other. */
  x: wireTensorSchema,
  y: wireTensorSchema,
});
export type PrepareRequest = z.output<typeof prepareSchema>;

const roundSchema = z.object({ steps: z.int().min(1) });

/** A training that is ready to go on for some more steps, over its batches round and round. */
export interface PreparedTraining {
  /** Step number `index`, counted from 0 over the training's whole life: its loss, read back. */
  step(index: number): number;
  dispose(): void;
}

/** Serves one side of the comparison until stdin ends. */
export async function serveTrainings(prepare: (request: PrepareRequest) => PreparedTraining): Promise<void> {
  let training: PreparedTraining | undefined;
  let done = 0;
  await serveLines({
    prepare(request) {
      training?.dispose();
      training = prepare(prepareSchema.parse(request));
      done = 0;
      return {};
    },
    round(request) {
      if (training === undefined) throw new Error('nothing is prepared');
      const { steps } = roundSchema.parse(request);
      let loss = 0;
      const startedMs = performance.now();
      for (let step = 0; step < steps; step++) loss = training.step(done++);
      return { ms: performance.now() - startedMs, loss };
    },
  });
}
