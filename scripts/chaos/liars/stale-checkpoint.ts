// Trains a third of the way and then hands the last state in again and again.
import { openRun, plausibleLoss, reallyTrain, tellStory, type ClaimedState } from './kit.ts';

const run = await openRun();
const story = await tellStory(run);
const honestLinks = run.links.slice(0, Math.max(1, Math.floor(run.links.length / 3)));
const isOnlyLink = run.links.length === 1;
const everySteps = isOnlyLink ? Math.max(1, Math.floor(run.steps / 3)) : run.spec.checkpointEverySteps;
let stale: ClaimedState | undefined;
await reallyTrain(run, { everySteps, toStep: isOnlyLink ? everySteps : honestLinks.at(-1)! }, async (state) => {
  stale = state;
  if (!isOnlyLink) await story.claim(state);
});
for (const step of isOnlyLink ? run.links : run.links.slice(honestLinks.length)) {
  await story.claim({ step, tensors: stale!.tensors, loss: plausibleLoss(step, run.steps) });
}
await story.finish();
