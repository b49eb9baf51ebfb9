import type { Tf } from '../../backend.ts';
import { weightValues } from '../../model/weights.ts';
import type { Evaluator, EvaluatorSetup } from '../../trainer/stepper.ts';
import { addForward, NODES, pack, startModelGraph } from './model-graph.ts';
import { GraphSession } from './session.ts';
import { batchFeeds } from './stepper.ts';
import { setVariables } from './variables.ts';

/** A trained model as one TensorFlow graph. */
export function createGraphEvaluator(tf: Tf, { model, input, weights }: EvaluatorSetup): Evaluator {
  const parts = startModelGraph(model, input);
  const { context, ops, y } = parts;
  const { builder } = context;
  const { scores } = addForward(parts, model);
  builder.output(NODES.metrics, pack(context, [model.loss.mean(ops, scores, y), model.loss.correct(ops, scores, y)]));
  builder.output(NODES.predicted, model.loss.predicted(ops, scores));
  const session = new GraphSession(tf, builder);
  try {
    setVariables(session, builder.variables, ({ name, sides }) => weightValues(weights, name, sides));
  } catch (error) {
    session.dispose();
    throw error;
  }
  return {
    run(batch) {
      const [metrics, predicted] = session.run(batchFeeds(batch, input.shape), [NODES.metrics, NODES.predicted]) as [Float32Array, Int32Array];
      return { loss: metrics[0] as number, correct: metrics[1] as number, predicted };
    },
    dispose: () => session.dispose(),
  };
}
