import type { Batch } from '#engine/data/batches';
import { loadTensorflow } from '#engine/node/load-tensorflow';
import { graphBackend } from '#engine/node/tensorflow/backend';
import { addForward, NODES, startModelGraph } from '#engine/node/tensorflow/model-graph';
import { countNativeTensors, GraphSession } from '#engine/node/tensorflow/session';
import { setVariables } from '#engine/node/tensorflow/variables';
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
        const x = { name: NODES.x, sides: [batch.samples, ...input.shape], values: batch.x };
        return session.run([x], [SCORES])[0] as Float32Array;
      } finally {
        session.dispose();
      }
    },
  };
}
