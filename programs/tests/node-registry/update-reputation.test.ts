import { describe, expect, test } from 'vitest';
import { mustPass } from '../support/tokens.ts';
import { onlyFromEscrow } from '../support/registry-calls.ts';
import { CYXWIZ, Job, createWorld, nodeState, type World } from '../support/world.ts';

function run(world: World, index: number, seconds: bigint, end: 'release' | 'timeout'): void {
  const job = new Job(world, new Uint8Array(16).fill(index));
  mustPass(job.lock(CYXWIZ));
  mustPass(job.assign());
  world.chain.pass(seconds);
  if (end === 'timeout') {
    mustPass(job.fail(1, 'timeout'));
    return;
  }
  mustPass(job.commit());
  mustPass(job.release());
}

describe('update_reputation', () => {
  onlyFromEscrow('updateReputation');

  test('through release_payment: counts, rate and mean time', () => {
    const world = createWorld({ stakeBase: 1_000n * CYXWIZ });
    run(world, 1, 10n, 'release');
    run(world, 2, 21n, 'release');
    expect(nodeState(world).reputation).toEqual({ totalJobs: 2n, successful: 2n, successRateBps: 10_000, avgTimeMs: 15_500n });
    run(world, 3, 5n, 'timeout');
    expect(nodeState(world).reputation).toEqual({ totalJobs: 3n, successful: 2n, successRateBps: 6_666, avgTimeMs: 15_500n });
  });

  test('a success ends the row of failures', () => {
    const world = createWorld({ stakeBase: 1_000n * CYXWIZ });
    run(world, 1, 1n, 'timeout');
    run(world, 2, 1n, 'timeout');
    expect(nodeState(world).failuresInARow).toBe(2);
    run(world, 3, 1n, 'release');
    expect(nodeState(world).failuresInARow).toBe(0);
  });
});
