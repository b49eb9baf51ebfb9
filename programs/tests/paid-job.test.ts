import { expect, test } from 'vitest';
import { balanceOf, tokenBalance } from './support/tokens.ts';
import { CYXWIZ, Job, createWorld, nodeState } from './support/world.ts';

test('a job is locked, assigned, committed and paid 90/10', () => {
  const world = createWorld();
  const job = new Job(world);
  expect(job.lock()).toMatchObject({ ok: true });
  expect(tokenBalance(world.chain, job.vault)).toBe(50n * CYXWIZ);
  expect(job.assign()).toMatchObject({ ok: true });
  expect(nodeState(world)).toMatchObject({ exposureBase: 50n * CYXWIZ, open: [{ escrow: job.escrow, attempt: 1 }] });
  world.chain.pass(11n);
  expect(job.commit()).toMatchObject({ ok: true });
  expect(job.release()).toMatchObject({ ok: true });

  expect(job.state()).toMatchObject({ status: 'released', attempts: [{ outcome: 'completed' }] });
  expect(balanceOf(world.chain, world.nodeOwner.publicKey, world.mint)).toBe(45n * CYXWIZ);
  expect(balanceOf(world.chain, world.treasuryOwner, world.mint)).toBe(5n * CYXWIZ);
  expect(balanceOf(world.chain, world.requester.publicKey, world.mint)).toBe(950n * CYXWIZ);
  expect(world.chain.account(job.vault)).toBeUndefined();
  expect(nodeState(world)).toMatchObject({
    exposureBase: 0n,
    open: [],
    reputation: { totalJobs: 1n, successful: 1n, successRateBps: 10_000, avgTimeMs: 11_000n },
  });
});
