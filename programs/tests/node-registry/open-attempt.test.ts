import { describe, expect, test } from 'vitest';
import { mustPass } from '../support/tokens.ts';
import { onlyFromEscrow } from '../support/registry-calls.ts';
import { CYXWIZ, Job, createWorld, nodeState } from '../support/world.ts';

describe('open_attempt', () => {
  onlyFromEscrow('openAttempt');

  test('through assign_node: the attempt and its amount are on the books of the node', () => {
    const world = createWorld();
    const job = new Job(world);
    mustPass(job.lock(7n * CYXWIZ));
    mustPass(job.assign());
    expect(nodeState(world)).toMatchObject({
      exposureBase: 7n * CYXWIZ,
      open: [{ escrow: job.escrow, attempt: 1, amountBase: 7n * CYXWIZ }],
      reputation: { totalJobs: 0n, successful: 0n, successRateBps: 0, avgTimeMs: 0n },
    });
  });
});
