import { PublicKey } from '@solana/web3.js';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { JobState } from '#core/job/machine';
import { parseCyxwiz as cyx } from '#core/money/amount';
import { findJob } from '#db/postgres/jobs';
import { attemptsOfJob } from '#db/postgres/attempts';
import { checkpointsOfJob } from '#db/postgres/checkpoints';
import { readJobEvents } from '#db/postgres/events';
import { requireNode } from '#db/postgres/nodes';
import { nodes } from '#db/postgres/schema';
import { verdictsOf } from '#db/postgres/verdicts';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { RUN_TIMEOUT } from '../testing/platform.ts';
import { cancelJobUpdate, jobStatusQuery } from './messages.ts';
import { type Behaviour, createScenario, keepChild, resultOf, type Scenario, wrong } from './testing.ts';

// The test server skips timers, but not while an activity waits to be taken: those deadlines are short and real.
let scenario: Scenario;
let present: { leave(): Promise<void> }[] = [];

beforeAll(async () => {
  scenario = await createScenario(inject('tools').temporalTestServer);
});
afterEach(async () => {
  await Promise.all(present.map((provider) => provider.leave()));
  present = [];
});
afterAll(() => scenario.close());

async function provider(behaviour: Behaviour) {
  const started = await scenario.provider(behaviour);
  present.push(started);
  return started;
}
const balance = (address: string): Promise<bigint> => scenario.world.chain.balanceBase(new PublicKey(address));
const stake = async (account: string): Promise<bigint> => (await scenario.world.chain.node(new PublicKey(account)))!.stakeBase;
async function statesOf(jobId: string): Promise<JobState[]> {
  const events = await readJobEvents(scenario.world.postgres.db, { jobId, afterId: 0n, limit: 100, kind: 'state' });
  return events.map((event) => (event.payload as { state: JobState }).state);
}
async function untilState(jobId: string, state: JobState): Promise<void> {
  const handle = scenario.env.client.workflow.getHandle(workflowIds.job(jobId));
  for (;;) {
    const status = await handle.query(jobStatusQuery);
    if (status.state === state && (await findJob(scenario.world.postgres.db, jobId))?.state === state) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}

describe('a job that goes well', () => {
  it('passes through every state, pays 45 and 5 of 50, and ends COMPLETED', async () => {
    const node = await provider('honest');
    const before = await balance(node.ownerAddress);
    const job = await scenario.newJob();
    const result = await resultOf(await scenario.submit(job), 'completed');
    expect(result).toMatchObject({ state: 'COMPLETED', endReason: 'COMPLETED', testAccuracy: 0.97 });
    expect(await statesOf(job.jobId)).toEqual(['CREATED', 'QUEUED', 'ESCROWED', 'ASSIGNED', 'RUNNING', 'COMPLETED']);
    expect(await balance(job.address)).toBe(cyx('950'));
    expect((await balance(node.ownerAddress)) - before).toBe(cyx('45'));
    await keepChild(scenario, workflowIds.verification(job.jobId, 1), 'verification/valid');
  });

  it('ends as it ended when an operator has it run again, and moves no token', async () => {
    const node = await provider('honest');
    const job = await scenario.newJob();
    // Not by its result: waiting for that lets the test server skip on to the deadline.
    const first = await scenario.submit(job);
    await untilState(job.jobId, 'COMPLETED');
    while ((await first.describe()).status.name === 'RUNNING') await new Promise((done) => setTimeout(done, 50));
    const before = await Promise.all([balance(job.address), balance(node.ownerAddress)]);
    // A reset to the beginning: everything is asked and done anew.
    const again = await resultOf(await scenario.submit(job), 'reset-after-completion');
    expect(again).toMatchObject({ state: 'COMPLETED', endReason: 'COMPLETED', modelCid: `bafybei${job.jobId}` });
    expect(await Promise.all([balance(job.address), balance(node.ownerAddress)])).toEqual(before);
    expect((await findJob(scenario.world.postgres.db, job.jobId))!.state).toBe('COMPLETED');
  });

  it('is one job however often it is submitted under one request id', async () => {
    await provider('honest');
    const job = await scenario.newJob();
    await Promise.all([scenario.submit(job, 'same'), scenario.submit(job, 'same')]);
    const result = await resultOf(await scenario.submit(job, 'same'), 'submitted-thrice');
    expect(result.state).toBe('COMPLETED');
    expect(await balance(job.address)).toBe(cyx('950'));
  });
});

describe('submission', () => {
  it('is refused before anything is written where the input is malformed, and the empty workflow ends itself', async () => {
    const job = await scenario.newJob();
    const bad = { ...job, submission: { ...job.submission, amountBase: '-1', deviceClass: 'gpu' } };
    await expect(scenario.submit(bad)).rejects.toThrow();
    const result = await resultOf(scenario.env.client.workflow.getHandle(workflowIds.job(job.jobId)), 'submission-refused');
    expect(result).toMatchObject({ state: 'CREATED', endReason: 'NOT_SUBMITTED' });
    expect(await balance(job.address)).toBe(cyx('1000'));
  });

  it('that never comes ends the workflow within seconds', async () => {
    const { jobId } = await scenario.newJob();
    const handle = await scenario.env.client.workflow.start(WORKFLOW_TYPES.job, {
      workflowId: workflowIds.job(jobId),
      taskQueue: PLATFORM_QUEUE,
      args: [{ jobId }],
      workflowRunTimeout: RUN_TIMEOUT,
    });
    expect(await resultOf(handle, 'not-submitted')).toMatchObject({ endReason: 'NOT_SUBMITTED' });
  });

  it('that differs from what was agreed moves nothing and leaves the job as it is', async () => {
    const job = await scenario.newJob();
    const cheaper = { ...job, submission: { ...job.submission, amountBase: '1' } };
    expect(await resultOf(await scenario.submit(cheaper), 'not-authorised')).toMatchObject({ state: 'FAILED', endReason: 'NOT_AUTHORISED' });
    expect((await findJob(scenario.world.postgres.db, job.jobId))?.state).toBe('CREATED');
    expect(await balance(job.address)).toBe(cyx('1000'));
  });

  it('of a wallet that holds too little locks nothing', async () => {
    const job = await scenario.newJob({ amount: '5000' });
    const result = await resultOf(await scenario.submit(job), 'not-funded');
    expect(result).toMatchObject({ state: 'FAILED', endReason: 'ESCROW_NOT_FUNDED' });
    expect(await balance(job.address)).toBe(cyx('1000'));
  });
});

describe('cancelling', () => {
  it.each([
    ['ESCROWED', undefined],
    ['ASSIGNED', 'hangs in start'],
    ['RUNNING', 'hangs in training'],
  ] as const)('a job that is %s gives everything back and slashes nobody', async (state, behaviour) => {
    const node = behaviour === undefined ? undefined : await provider(behaviour);
    const job = await scenario.newJob();
    const handle = await scenario.submit(job);
    await untilState(job.jobId, state);
    await handle.executeUpdate(cancelJobUpdate, { args: [{ by: 'user' }] });
    expect(await resultOf(handle, `cancelled-${state.toLowerCase()}`)).toMatchObject({ state: 'CANCELLED', endReason: 'CANCELLED_BY_USER' });
    expect(await balance(job.address)).toBe(cyx('1000'));
    if (node !== undefined) expect(await stake(node.account)).toBe(cyx('100'));
  });

  it('right after the submission gives everything back, whether or not the lock had been sent', async () => {
    const job = await scenario.newJob();
    const handle = await scenario.submit(job);
    await handle.executeUpdate(cancelJobUpdate, { args: [{ by: 'operator' }] });
    expect(await resultOf(handle, 'cancelled-queued')).toMatchObject({ state: 'CANCELLED', endReason: 'CANCELLED_BY_OPERATOR' });
    expect(await balance(job.address)).toBe(cyx('1000'));
  });
});

describe('a node that does not play along', () => {
  it('can not hold up a cancelled job by ignoring the stop', async () => {
    await provider('ignores the stop');
    const job = await scenario.newJob();
    const handle = await scenario.submit(job);
    await untilState(job.jobId, 'RUNNING');
    await handle.executeUpdate(cancelJobUpdate, { args: [{ by: 'user' }] });
    expect(await handle.result()).toMatchObject({ state: 'CANCELLED', endReason: 'CANCELLED_BY_USER' });
    expect(await balance(job.address)).toBe(cyx('1000'));
  });

  it('is not slashed for a deadline where its result is on record', async () => {
    const node = await provider('delivers, but never answers');
    const job = await scenario.newJob({ deadlineMs: 4_000 });
    const handle = await scenario.submit(job);
    expect(await handle.result()).toMatchObject({ state: 'FAILED', endReason: 'DEADLINE_PASSED' });
    expect(await stake(node.account)).toBe(cyx('100'));
    expect(await balance(job.address)).toBe(cyx('1000'));
  });
});

describe('a node that fails', () => {
  it('by silence loses 10 %, and the job completes on another node', async () => {
    const silent = await provider('silent after the claim');
    const job = await scenario.newJob();
    const handle = await scenario.submit(job);
    await untilState(job.jobId, 'ASSIGNED');
    await silent.leave();
    present = [];
    await provider('honest');
    expect(await resultOf(handle, 'node-silent')).toMatchObject({ state: 'COMPLETED' });
    expect(await stake(silent.account)).toBe(cyx('90'));
    expect(await statesOf(job.jobId)).toEqual([
      'CREATED', 'QUEUED', 'ESCROWED', 'ASSIGNED', 'QUEUED', 'ESCROWED', 'ASSIGNED', 'RUNNING', 'COMPLETED',
    ]);
    expect(await balance(job.address)).toBe(cyx('950'));
  }, 120_000);

  it('by an invalid result loses 25 % and is paid nothing', async () => {
    const liar = await provider('honest');
    scenario.verdicts.push(wrong(), wrong());
    const job = await scenario.newJob({ deadlineMs: 6_000 });
    const handle = await scenario.submit(job);
    expect(await resultOf(handle, 'result-invalid')).toMatchObject({ state: 'FAILED', endReason: 'DEADLINE_PASSED' });
    expect(await stake(liar.account)).toBe(cyx('75'));
    expect(await balance(job.address)).toBe(cyx('1000'));
    await keepChild(scenario, workflowIds.verification(job.jobId, 1), 'verification/invalid');
    await keepChild(scenario, workflowIds.slashing(liar.nodeId, job.jobId), 'slashing/invalid');
  });

  it('four times exhausts the attempts, and the user has everything back', async () => {
    await provider('gives up');
    const job = await scenario.newJob();
    const result = await resultOf(await scenario.submit(job), 'attempts-exhausted');
    expect(result).toMatchObject({ state: 'FAILED', endReason: 'ATTEMPTS_EXHAUSTED' });
    expect(await balance(job.address)).toBe(cyx('1000'));
  });

  it('through no fault of its own (the loss diverged) is not slashed, and the job is not tried again', async () => {
    const node = await provider('diverges');
    const job = await scenario.newJob();
    expect(await resultOf(await scenario.submit(job), 'diverged')).toMatchObject({ state: 'FAILED', endReason: 'TRAINING_DIVERGED' });
    expect(await stake(node.account)).toBe(cyx('100'));
    expect(await balance(job.address)).toBe(cyx('1000'));
  });
});

describe('a result that a verifier finds wrong', () => {
  const nothingLost = async (job: { address: string }, node: { account: string }): Promise<void> => {
    expect(await stake(node.account)).toBe(cyx('100'));
    expect(await balance(job.address)).toBe(cyx('1000'));
  };

  it('is paid for where two others find it right', async () => {
    const node = await provider('honest');
    scenario.verdicts.push(wrong());
    const job = await scenario.newJob();
    expect(await resultOf(await scenario.submit(job), 'second-and-third-opinion-valid')).toMatchObject({ state: 'COMPLETED' });
    expect(await stake(node.account)).toBe(cyx('100'));
    const rows = await verdictsOf(scenario.world.postgres.db, { jobId: job.jobId, attempt: 1 });
    expect(rows.map(({ opinion, verifierId, valid }) => [opinion, verifierId, valid])).toEqual([[1, 'verifier-1', false], [2, 'verifier-2', true], [3, 'verifier-3', true]]);
    expect((await requireNode(scenario.world.postgres.db, node.nodeId)).goodStreak).toBe(1);
    await keepChild(scenario, workflowIds.verification(job.jobId, 1), 'verification/three-opinions');
  });

  it('is looked at by verifiers of the instruction set that made it', async () => {
    const node = await provider('honest');
    const { db } = scenario.world.postgres;
    await db.update(nodes).set({ instructionSet: 'avx512' }).where(eq(nodes.id, node.nodeId));
    scenario.verdicts.push(wrong());
    const job = await scenario.newJob();
    expect(await resultOf(await scenario.submit(job), 'verified-on-its-instruction-set')).toMatchObject({ state: 'COMPLETED' });
    const rows = await verdictsOf(db, { jobId: job.jobId, attempt: 1 });
    expect(rows.map(({ verifierId }) => verifierId)).toEqual(['verifier-avx512-1', 'verifier-avx512-2', 'verifier-avx512-3']);
    await keepChild(scenario, workflowIds.verification(job.jobId, 1), 'verification/instruction-set');
  });

  it('is neither paid for nor slashed where no second verifier answers', async () => {
    const node = await provider('honest');
    scenario.verdicts.push(wrong(), 'no verdict');
    const job = await scenario.newJob();
    expect(await resultOf(await scenario.submit(job), 'no-second-opinion')).toMatchObject({ state: 'FAILED', endReason: 'INTERNAL_ERROR' });
    await nothingLost(job, node);
    await keepChild(scenario, workflowIds.verification(job.jobId, 1), 'verification/no-second-opinion');
  });

  it('is neither paid for nor slashed where three verifiers say three things', async () => {
    const node = await provider('honest');
    scenario.verdicts.push(wrong(1), wrong(2), { ...wrong(), valid: true, blamedAttempt: null });
    const job = await scenario.newJob();
    expect(await resultOf(await scenario.submit(job), 'no-agreement')).toMatchObject({ state: 'FAILED', endReason: 'INTERNAL_ERROR' });
    await nothingLost(job, node);
  });

  it('and whose fault an earlier attempt is, is trained again without what that one left, and slashes nobody', async () => {
    const { db } = scenario.world.postgres;
    const liar = await provider('gives up after a checkpoint');
    const job = await scenario.newJob();
    scenario.verdicts.push(wrong(1), wrong(1));
    const handle = await scenario.submit(job);
    while ((await checkpointsOfJob(db, job.jobId)).length === 0) await new Promise((done) => setTimeout(done, 20));
    await liar.leave();
    present = [];
    await db.update(nodes).set({ goodStreak: 7 });
    const misled = await provider('honest');
    expect(await resultOf(handle, 'misled-by-an-earlier-attempt')).toMatchObject({ state: 'COMPLETED' });
    expect(await checkpointsOfJob(db, job.jobId)).toEqual([]);
    const outcomes = (await attemptsOfJob(db, job.jobId)).map(({ outcome }) => outcome);
    expect(outcomes.slice(-2)).toEqual(['released', 'completed']);
    expect((await requireNode(db, liar.nodeId)).goodStreak).toBe(0);
    expect((await requireNode(db, misled.nodeId)).goodStreak).toBe(1);
    expect([await stake(liar.account), await stake(misled.account)]).toEqual([cyx('100'), cyx('100')]);
  }, 120_000);

  it('three times in a row bars its node, and takes its whole stake', async () => {
    const { db } = scenario.world.postgres;
    const liar = await provider('honest');
    await db.update(nodes).set({ goodStreak: 5 }).where(eq(nodes.id, liar.nodeId));
    const stakes: bigint[] = [];
    for (let failure = 1; failure <= 3; failure++) {
      // A slashed node gets nothing until it is topped up again.
      await scenario.topUp(liar.nodeId);
      scenario.verdicts.push(wrong(), wrong());
      const job = await scenario.newJob({ deadlineMs: 6_000 });
      await resultOf(await scenario.submit(job), failure === 3 ? 'banned' : 'invalid-again');
      stakes.push(await stake(liar.account));
      expect(await balance(job.address)).toBe(cyx('1000'));
    }
    expect(stakes).toEqual([cyx('75'), cyx('75'), 0n]);
    expect(await requireNode(db, liar.nodeId)).toMatchObject({ banned: true, goodStreak: 0 });
  }, 180_000);
});

describe('a draw whose secret is lost', () => {
  it('ends in a refund, and slashes nobody', async () => {
    const node = await provider('honest');
    const job = await scenario.newJob();
    scenario.loseSecrets();
    expect(await resultOf(await scenario.submit(job), 'secret-missing')).toMatchObject({ state: 'FAILED', endReason: 'INTERNAL_ERROR' });
    scenario.loseSecrets(false);
    await keepChild(scenario, workflowIds.verification(job.jobId, 1), 'verification/secret-missing');
    expect(await stake(node.account)).toBe(cyx('100'));
    expect(await balance(job.address)).toBe(cyx('1000'));
  });
});

describe('a result on which nobody judges', () => {
  it('is not paid and slashes nobody: the user has everything back', async () => {
    const node = await provider('honest');
    scenario.verdicts.push('no verdict');
    const job = await scenario.newJob();
    expect(await resultOf(await scenario.submit(job), 'no-verdict')).toMatchObject({ state: 'FAILED', endReason: 'INTERNAL_ERROR' });
    expect(await stake(node.account)).toBe(cyx('100'));
    expect(await balance(job.address)).toBe(cyx('1000'));
  });
});

describe('the deadline', () => {
  it('refunds a job that no node took', async () => {
    const job = await scenario.newJob({ deadlineMs: 4_000 });
    const handle = await scenario.submit(job);
    expect(await resultOf(handle, 'no-node-in-time')).toMatchObject({ state: 'FAILED', endReason: 'NO_NODE_IN_TIME' });
    expect(await balance(job.address)).toBe(cyx('1000'));
  });

  it('is not held against a node that had the job for too short a time', async () => {
    const node = await provider('hangs in training');
    const job = await scenario.newJob({ deadlineMs: 4_000 });
    const handle = await scenario.submit(job);
    await untilState(job.jobId, 'RUNNING');
    await scenario.setTimeHad(job.jobId, 59_000);
    expect(await handle.result()).toMatchObject({ state: 'FAILED', endReason: 'DEADLINE_PASSED' });
    expect(await stake(node.account)).toBe(cyx('100'));
    expect(await balance(job.address)).toBe(cyx('1000'));
  });

  it('refunds a job that a node did not finish, and the node loses 10 %', async () => {
    const slow = await provider('hangs in training');
    const job = await scenario.newJob({ deadlineMs: 4_000 });
    const handle = await scenario.submit(job);
    await untilState(job.jobId, 'RUNNING');
    await scenario.setTimeHad(job.jobId, 3_600_000);
    expect(await resultOf(handle, 'deadline-passed')).toMatchObject({ state: 'FAILED', endReason: 'DEADLINE_PASSED' });
    expect(await stake(slow.account)).toBe(cyx('90'));
    await keepChild(scenario, workflowIds.slashing(slow.nodeId, job.jobId), 'slashing/timeout');
    expect(await balance(job.address)).toBe(cyx('1000'));
  });
});
