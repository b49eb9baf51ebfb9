import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleWorkflows, readHistories, readHistory } from './testing/histories.ts';

// A workflow that is open while the platform is updated goes on under the new code: that code must do, in the same
// order, all that the old one has done. Every path a job can take is kept as a history and run again here.

const histories = readHistories();

const PATHS = [
  ...['attempts-exhausted', 'cancelled-assigned', 'cancelled-escrowed', 'cancelled-queued', 'cancelled-running', 'completed'],
  ...['deadline-passed', 'diverged', 'no-node-in-time', 'no-verdict', 'node-silent', 'node-silent-slower', 'not-authorised', 'not-funded'],
  ...['not-submitted', 'reset-after-completion', 'result-invalid', 'submission-refused', 'submitted-thrice'],
];
const PATHS_OF_VERDICTS = [
  ...['banned', 'invalid-again', 'misled-by-an-earlier-attempt', 'no-agreement', 'no-second-opinion'],
  ...['second-and-third-opinion-valid', 'secret-missing', 'verified-on-its-instruction-set'],
];

describe('workflows as they are', () => {
  it('go through every recorded history without a difference', async () => {
    const replayed: string[] = [];
    for await (const result of Worker.runReplayHistories({ workflowBundle: await bundleWorkflows() }, histories)) {
      expect(result.error, result.workflowId).toBeUndefined();
      replayed.push(result.workflowId);
    }
    expect(replayed).toHaveLength(histories.length);
  });

  it.each([
    ['account-deletion', ['cancelled', 'deleted', 'refused', 'refused-late']],
    ['onboarding', ['job-found-later', 'machine-listed', 'never-came-back']],
    ['node', ['banned', 'continued', 'withdrawn']],
    ['node-registration', ['funds-too-low', 'registered', 'registered-twice', 'stake-too-low']],
    ['training-job', [...PATHS, ...PATHS_OF_VERDICTS].sort()],
    // Of jobs that began before re-execution was there: they go on without it.
    ['training-job-without-re-execution', PATHS.filter((path) => path !== 'node-silent-slower')],
    ['verification', ['instruction-set', 'invalid', 'no-second-opinion', 'secret-missing', 'three-opinions', 'valid']],
    ['slashing', ['invalid', 'timeout']],
    ['stake-top-up', ['added', 'funds-too-low', 'node-banned', 'refused-while-unstaking']],
    ['unstaking', ['banned-meanwhile', 'cancelled', 'open-job', 'refused', 'slashed-meanwhile', 'withdrawal-retried', 'withdrawn', 'withdrawn-at-second-try', 'workflow-cancelled']],
  ])('of %s are recorded on every path', (folder, paths) => {
    const recorded = histories.filter(({ name }) => name.startsWith(`${folder}/`)).map(({ name }) => name.slice(folder.length + 1));
    expect(recorded).toEqual(paths);
  });
});

describe('a workflow that was changed without a patch', () => {
  let workflowBundle: Awaited<ReturnType<typeof bundleWorkflows>>;
  beforeAll(async () => {
    workflowBundle = await bundleWorkflows(new URL('./testing/fixtures/changed-workflows.ts', import.meta.url));
  });

  it.each(['training-job/completed', 'onboarding/job-found-later', 'node-registration/registered'])('fails the replay of %s', async (name) => {
    const { history, workflowId } = readHistory(name);
    await expect(Worker.runReplayHistory({ workflowBundle }, history, workflowId)).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});
