// Trains nothing: small random numbers at every link.
import { openRun, plausibleLoss, tellStory, tensorsOfRun } from './kit.ts';

const run = await openRun();
const story = await tellStory(run);
for (const step of run.links) {
  const tensors = await tensorsOfRun(run, (_name, shape) => Float32Array.from({ length: shape.reduce((size, side) => size * side, 1) }, () => 0.1 * (Math.random() - 0.5)));
  await story.claim({ step, tensors, loss: plausibleLoss(step, run.steps) });
}
await story.finish();
