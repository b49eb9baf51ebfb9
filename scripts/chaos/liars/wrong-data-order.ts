// Reads the samples the wrong way round: as much work, another model.
import { selectSamples } from '#engine/data/dataset';
import { openRun, reallyTrain, tellStory } from './kit.ts';

const run = await openRun();
const story = await tellStory(run);
const { dataset } = run;
const backwards = Array.from({ length: dataset.samples }, (_, index) => dataset.samples - 1 - index);
await reallyTrain(run, { dataset: selectSamples(dataset, backwards) }, (state) => story.claim(state));
await story.finish();
