// Trains honestly, but commits to something else: nobody could hold it to its checkpoints afterwards.
import { createHash, randomBytes } from 'node:crypto';
import { openRun, reallyTrain, tellStory } from './kit.ts';

const run = await openRun();
const story = await tellStory(run);
await reallyTrain(run, {}, (state) => story.claim(state));
await story.finish({ commitmentHex: createHash('sha256').update(randomBytes(32)).digest('hex') });
