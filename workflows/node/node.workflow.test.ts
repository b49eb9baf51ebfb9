import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createEscrowActivities } from '#activities/platform/escrow/activities';
import { createStakeTopUpActivities } from '#activities/platform/stake/top-up';
import { createUnstakingActivities } from '#activities/platform/stake/unstaking';
import { sweepSilentNodes } from '#activities/platform/node-sweep';
import { parseCyxwiz as cyx } from '#core/money/amount';
import { openAttempt, recordClaim } from '#db/postgres/attempts';
import { applyJobTransition } from '#db/postgres/jobs';
import { applyNodeEvent, patchNode, recordNodeHeartbeat, requireNode } from '#db/postgres/nodes';
import { closeWithOutcome } from '#db/postgres/outcomes';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { NODE_ID } from '#temporal/contract/search-attributes';
import { announceNodes } from '#workers/node-announcer';
import { keepHistory } from '../testing/histories.ts';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { nodeChangedSignal, type NodeReport, type NodeResult, nodeStatusQuery } from './messages.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform(inject('tools').temporalTestServer, () => ({}));
});
afterAll(() => platform.close());

type Node = Awaited<ReturnType<TestPlatform['world']['newNode']>>;
const db = () => platform.world.postgres.db;
const lifeOf = ({ nodeId }: Pick<Node, 'nodeId'>): WorkflowHandle => platform.env.client.workflow.getHandle(workflowIds.node(nodeId));
const statusOf = (node: Node) => lifeOf(node).query(nodeStatusQuery);
const lengthOf = async (node: Node): Promise<number> => Number((await lifeOf(node).describe()).historyLength);

/** One round of the platform's sweep. */
async function round(): Promise<void> {
  const onFailure = (nodeId: string, error: unknown): never => {
    throw new Error(`node ${nodeId} could not be told`, { cause: error });
  };
  await announceNodes(db(), platform.env.client, { stopped: new AbortController().signal, onFailure });
}

/** Jobs of this node that run out of time at once. */
async function slash(node: Node, times = 1): Promise<void> {
  const { world, env } = platform;
  const escrow = createEscrowActivities({ db: db(), kms: world.kms, chain: world.chain });
  const jobIds: string[] = [];
  for (let job = 0; job < times; job++) {
    const jobId = await world.newJob(await world.newUser(), { amount: '30', now: await env.currentTimeMs() });
    jobIds.push(jobId);
    await applyJobTransition(db(), { jobId, event: 'submit', transitionKey: 'submit:0' });
    await escrow.lockEscrow({ jobId });
    await openAttempt(db(), { jobId, attempt: 1 });
    await recordClaim(db(), { jobId, attempt: 1, nodeId: node.nodeId });
    expect(await escrow.assignNode({ jobId, attempt: 1 })).toMatchObject({ granted: true });
  }
  for (const jobId of jobIds) {
    await closeWithOutcome(db(), { jobId, attempt: 1, outcome: 'timeout', reason: 'The node was silent' });
    await escrow.failAttempt({ jobId, attempt: 1, outcome: 'timeout', reason: 'The node was silent' });
  }
}

describe('a node’s life', () => {
  it('begins with the first round, hears of changes alone, and of each of them, also where a round was missed', async () => {
    const node = await platform.world.newNode();
    await round();
    expect(await statusOf(node)).toMatchObject({ state: 'ACTIVE', stakeBase: cyx('100').toString(), jobsDone: 0, lastSlash: null });
    expect((await lifeOf(node).describe()).typedSearchAttributes.get(NODE_ID)).toBe(node.nodeId);
    const sinceMs = (await statusOf(node))!.sinceMs;

    const length = await lengthOf(node);
    for (let beat = 0; beat < 1_000; beat++) await recordNodeHeartbeat(db(), node.nodeId);
    await round();
    expect(await lengthOf(node)).toBe(length);
    expect((await statusOf(node))!.sinceMs).toBe(sinceMs);

    await applyNodeEvent(db(), { nodeId: node.nodeId, event: 'jobAssigned' });
    await round();
    expect(await statusOf(node)).toMatchObject({ state: 'BUSY' });
    // Two changes, one look: the second is what counts.
    await applyNodeEvent(db(), { nodeId: node.nodeId, event: 'jobEnded' });
    await sweepSilentNodes(db(), new Date(Date.now() + 61_000));
    await round();
    expect(await statusOf(node)).toMatchObject({ state: 'OFFLINE' });
    await sweepSilentNodes(db(), new Date(Date.now() + 7 * 86_400_000 + 1_000));
    await round();
    expect(await statusOf(node)).toMatchObject({ state: 'INACTIVE' });
    await recordNodeHeartbeat(db(), node.nodeId);
    await round();
    expect(await statusOf(node)).toMatchObject({ state: 'ACTIVE' });
  });

  it('knows its last slash and why, and is told again what a crash may have kept from it', async () => {
    const node = await platform.world.newNode();
    await slash(node);
    await round();
    expect(await statusOf(node)).toMatchObject({ state: 'SLASHED', stakeBase: cyx('90').toString(), jobsDone: 1, lastSlash: { reason: 'The node was silent', attempt: 1, amountBase: cyx('10').toString() } });
    const { announcedState } = await requireNode(db(), node.nodeId);
    expect(announcedState).toContain('SLASHED');

    const deps = { db: db(), kms: platform.world.kms, chain: platform.world.chain };
    await createStakeTopUpActivities(deps).topUpStake({ nodeId: node.nodeId, ownerId: node.ownerId, requestId: randomUUID(), amountBase: cyx('10').toString() });
    await round();
    expect(await statusOf(node)).toMatchObject({ state: 'ACTIVE', stakeBase: cyx('100').toString() });
  });

  it('ends when its stake was withdrawn, and another begins with the next stake', async () => {
    const { kms, chain } = platform.world;
    const node = await platform.world.newNode();
    await round();
    const first = lifeOf(node);
    const { runId } = await first.describe();
    const deps = { db: db(), kms, chain };
    const [unstaking, requestId] = [createUnstakingActivities(deps), randomUUID()];
    await unstaking.beginUnstake({ nodeId: node.nodeId, ownerId: node.ownerId, requestId });
    await warp(7 * 86_400);
    await unstaking.withdrawUnstake({ nodeId: node.nodeId, requestId, countedBase: cyx('100').toString() });
    await round();
    expect((await platform.env.client.workflow.getHandle(workflowIds.node(node.nodeId), runId).result()) as NodeResult).toMatchObject({ outcome: 'withdrawn', stakeBase: '0' });
    await keepHistory(first, 'node/withdrawn');

    await createStakeTopUpActivities(deps).topUpStake({ nodeId: node.nodeId, ownerId: node.ownerId, requestId: randomUUID(), amountBase: cyx('100').toString() });
    await round();
    expect((await first.describe()).runId).not.toBe(runId);
    expect(await statusOf(node)).toMatchObject({ state: 'ACTIVE', stakeBase: cyx('100').toString() });
  });

  it('ends with a ban', async () => {
    const node = await platform.world.newNode();
    await patchNode(db(), node.nodeId, { banned: true, stakeBase: 0n });
    await round();
    expect((await lifeOf(node).result()) as NodeResult).toMatchObject({ outcome: 'banned' });
    await keepHistory(lifeOf(node), 'node/banned');
  });

  it('goes on in a new run before its history is long, with all that it knew', async () => {
    const nodeId = randomUUID();
    const workflowId = workflowIds.node(nodeId);
    const handle = await platform.env.client.workflow.start(WORKFLOW_TYPES.node, { workflowId, taskQueue: PLATFORM_QUEUE, args: [{ nodeId, maxEvents: 10 }] });
    const report = (state: NodeReport['state'], atMs: number): NodeReport => ({ state, atMs, stakeBase: cyx('100').toString(), banned: false, totalJobs: atMs, successful: 1, lastSlash: null });
    for (let change = 1; change <= 12; change++) await handle.signal(nodeChangedSignal, report(change % 2 === 0 ? 'ACTIVE' : 'BUSY', change));
    const life = platform.env.client.workflow.getHandle(workflowId);
    for (const giveUpAtMs = Date.now() + 10_000; (await life.describe()).runId === handle.firstExecutionRunId && Date.now() < giveUpAtMs; ) await new Promise((done) => setTimeout(done, 50));
    const { runId, historyLength } = await life.describe();
    expect(runId).not.toBe(handle.firstExecutionRunId);
    expect(Number(historyLength)).toBeLessThan(20);
    expect(await life.query(nodeStatusQuery)).toMatchObject({ state: 'ACTIVE', sinceMs: 12, jobsDone: 12 });
    await keepHistory(platform.env.client.workflow.getHandle(workflowId, handle.firstExecutionRunId), 'node/continued');
    await life.terminate();
  });
});

async function warp(seconds: number): Promise<void> {
  const request = { jsonrpc: '2.0', id: 1, method: 'cyxwizWarpClock', params: [{ seconds, slots: 0 }] };
  await fetch(platform.world.chain.connection.rpcEndpoint, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) });
}
