import { z } from 'zod';

/** How a model does on data that it was not trained on. */
export const evaluationSchema = z.object({
  samples: z.int().min(1),
  /** Mean of the model's loss; cross-entropies in nats. */
  loss: z.number(),
  /** Share of samples that are right; 0 where the loss knows no right and wrong (squared error and the like). */
  accuracy: z.number().min(0).max(1),
  /** `confusion[truth][predicted]` counts samples; empty where targets are numbers. */
  confusion: z.array(z.array(z.int().min(0))),
});
export type Evaluation = z.output<typeof evaluationSchema>;
