import type { Batch } from '#engine/data/batches';
import { loadTensorflow } from '#engine/node/load-tensorflow';
import { graphBackend } from '#engine/node/tensorflow/backend';
import { addForward, startModelGraph } from '#engine/node/tensorflow/model-graph';
import { countNativeTensors, GraphSession } from '#engine/node/tensorflow/session';
import { batchFeeds, setVariables } from '#engine/node/tensorflow/stepper';
import { weightValues } from '#engine/model/weights';
import type { EvaluatorSetup } from '#engine/trainer/stepper';
import { useBackend, type Side } from './sides.ts';

export interface NodeSide extends Side {
  /** Native tensors that are alive in this process. */
  countTensors(): number;
}

const SCORES = 'scores';

/** The engine as a node runs it: TensorFlow graphs. */
export function nodeSide(threads: number): NodeSide {
  const { tf } = loadTensorflow({ threads });
  return {
    backend: graphBackend(tf),
    activate: () => useBackend(tf, 'tensorflow'),
    countTensors: () => countNativeTensors(tf),
    scores({ model, input, weights }: EvaluatorSetup, batch: Batch) {
      const parts = startModelGraph(model, input);
      const { builder } = parts.context;
      builder.output(SCORES, addForward(parts, model).scores);
      const session = new GraphSession(tf, builder);
      try {
        setVariables(session, builder.variables, ({ name, sides }) => weightValues(weights, name, sides));
        const feeds = batchFeeds(batch, input.shape).filter(({ name }) => name === 'x');
        return session.run(feeds, [SCORES])[0] as Float32Array;
      } finally {
        session.dispose();
      }
    },
  };
}
