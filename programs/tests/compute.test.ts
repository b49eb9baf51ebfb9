import { expect, test } from 'vitest';
import { JOB_ESCROW_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { computeUse } from './support/compute.ts';
import { Job, createWorld } from './support/world.ts';
test('x', () => {
  const world = createWorld();
  const job = new Job(world);
  const out = [job.lock(), job.assign(), job.commit(), job.release()];
  for (const o of out) console.log(computeUse(o.logs, JOB_ESCROW_PROGRAM_ID), o.logs.join('\n'));
  expect(1).toBe(1);
});
