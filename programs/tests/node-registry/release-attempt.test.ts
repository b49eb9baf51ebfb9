import { describe, expect, test } from 'vitest';
import { mustPass } from '../support/tokens.ts';
import { onlyFromEscrow, openWorld } from '../support/registry-calls.ts';
import { nodeState } from '../support/world.ts';

describe('release_attempt', () => {
  onlyFromEscrow('releaseAttempt');

  test('through fail_attempt: the books are as before the assignment', () => {
    const { world, job } = openWorld();
    mustPass(job.fail(1, 'released'));
    expect(nodeState(world)).toMatchObject({ open: [], exposureBase: 0n, failuresInARow: 0, reputation: { totalJobs: 0n } });
    expect(job.fail(1, 'released')).toMatchObject({ ok: false, fault: 'AttemptClosed' });
  });
});
