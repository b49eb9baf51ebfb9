// Says that it trains, and says so again, until somebody ends it.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHILD_FILES } from '#engine/node/child-contract';
import { ProgressLog } from '#engine/node/progress-log';
import { openRun, plausibleLoss } from './kit.ts';

const run = await openRun();
const log = new ProgressLog(join(run.workDir, CHILD_FILES.progress));
for (let step = 1; ; step = Math.min(run.steps - 1, step + 1)) {
  log.append({ epoch: 1, epochs: run.spec.hyperParameters.epochs, step, steps: run.steps, loss: plausibleLoss(step, run.steps), accuracy: 0.5, samplesPerSecond: 60, etaMs: 1_000, deviceShare: 0.9 });
  await sleep(1_000);
}
