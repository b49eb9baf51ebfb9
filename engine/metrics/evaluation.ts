import { z } from 'zod';

/** How a model does on data that it was not trained on. */
export const evaluationSchema = z.object({
  samples: z.int().min(1),
  /** Mean cross-entropy in nats. */
  loss: z.number(),
  accuracy: z.number().min(0).max(1),
  /** `confusion[truth][predicted]` counts samples. */
  confusion: z.array(z.array(z.int().min(0))),
});
export type Evaluation = z.output<typeof evaluationSchema>;
