import type { PublicKey } from '@solana/web3.js';
import { afterAll, describe, expect, test } from 'vitest';
import { initializeDatasetsInstruction, recordDatasetInstruction, updateShardsInstruction } from '#programs/clients/ts/dataset-registry';
import { initializeEscrowInstruction } from '#programs/clients/ts/job-escrow';
import {
  UNSTAKE_LOCK_SECONDS,
  beginUnstakeInstruction,
  cancelUnstakeInstruction,
  heartbeatInstruction,
  initializeRegistryInstruction,
  registerNodeInstruction,
  topUpStakeInstruction,
  withdrawUnstakeInstruction,
} from '#programs/clients/ts/node-registry';
import { findDatasetPda } from '#programs/clients/ts/pda';
import { DATASET_REGISTRY_PROGRAM_ID, JOB_ESCROW_PROGRAM_ID, NODE_REGISTRY_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import type { Outcome } from './support/chain.ts';
import { computeUse, type ComputeUse } from './support/compute.ts';
import { cid, recordArgs, shards } from './support/datasets.ts';
import { fund, mustPass, openTokenAccount } from './support/tokens.ts';
import { CYXWIZ, DEPLOYER, Job, committedJob, createWorld, emptyWorld, ids, type World } from './support/world.ts';

/** An Anchor `init` alone costs about 5,000 units of its own; whole instructions of ours must stay below that. */
const ANCHOR_INIT_UNITS = 5_000;

/** Own units an instruction may spend: what was measured, and about a quarter more for another compiler. */
const BUDGET = {
  initialize: 3_400,
  createEscrow: 3_700,
  assignNode: 700,
  commitResult: 500,
  releasePayment: 2_000,
  refund: 1_400,
  failAttempt: 1_100,
  registerNode: 3_300,
  topUpStake: 700,
  withdrawUnstake: 1_200,
  recordDataset: 4_400,
  slashStake: 1_400,
  bookkeeping: 600,
  small: 500,
} as const;

const rows: Array<{ instruction: string } & ComputeUse> = [];
afterAll(() => console.table(Object.fromEntries(rows.map(({ instruction, ...use }) => [instruction, use]))));

/** Addresses are fixed, so the number of bumps tried is too, and the units repeat exactly. */
function measure(instruction: string, program: PublicKey, outcome: Outcome, budget: number): void {
  const use = computeUse(mustPass(outcome).logs, program);
  rows.push({ instruction, ...use });
  expect(use.own).toBeGreaterThan(0);
  expect(use.own, `${instruction} spends ${use.own} units of its own`).toBeLessThanOrEqual(budget);
  expect(budget).toBeLessThan(ANCHOR_INIT_UNITS);
}

function lockedJob(world: World): Job {
  const job = new Job(world);
  mustPass(job.lock());
  return job;
}

/** All token accounts exist, as they do from a node's second job on. */
function settledWorld(): World {
  const world = createWorld();
  for (const owner of [world.treasuryOwner, world.insuranceOwner]) openTokenAccount(world.chain, owner, world.mint);
  return world;
}

describe('compute units, calls into other programs apart', () => {
  test('initialize', () => {
    const { chain, payer, authority, mint, treasuryOwner, insuranceOwner } = emptyWorld();
    const common = { payer: payer.publicKey, deployer: DEPLOYER.publicKey, authority: authority.publicKey };
    const escrow = initializeEscrowInstruction({ ...common, mint, treasuryOwner });
    const registry = initializeRegistryInstruction({ ...common, mint, insuranceOwner });
    const datasets = initializeDatasetsInstruction(common);
    measure('job-escrow initialize', JOB_ESCROW_PROGRAM_ID, chain.send([escrow], [payer, DEPLOYER]), BUDGET.initialize);
    measure('node-registry initialize', NODE_REGISTRY_PROGRAM_ID, chain.send([registry], [payer, DEPLOYER]), BUDGET.initialize);
    measure('dataset-registry initialize', DATASET_REGISTRY_PROGRAM_ID, chain.send([datasets], [payer, DEPLOYER]), BUDGET.initialize);
  });

  test('job-escrow', () => {
    const world = settledWorld();
    const job = new Job(world);
    measure('create_escrow', JOB_ESCROW_PROGRAM_ID, job.lock(), BUDGET.createEscrow);
    measure('assign_node', JOB_ESCROW_PROGRAM_ID, job.assign(), BUDGET.assignNode);
    measure('commit_result', JOB_ESCROW_PROGRAM_ID, job.commit(), BUDGET.commitResult);
    measure('release_payment', JOB_ESCROW_PROGRAM_ID, job.release(), BUDGET.releasePayment);
    measure('refund', JOB_ESCROW_PROGRAM_ID, lockedJob(settledWorld()).refund(), BUDGET.refund);
    measure('fail_attempt (invalid)', JOB_ESCROW_PROGRAM_ID, committedJob(settledWorld()).fail(1, 'invalid'), BUDGET.failAttempt);
    measure('fail_attempt (released)', JOB_ESCROW_PROGRAM_ID, committedJob(settledWorld()).fail(1, 'released'), BUDGET.failAttempt);
  });

  test('node-registry', () => {
    const world = createWorld();
    const { chain, payer, nodeOwner, stranger, authority, mint, node } = world;
    fund(chain, stranger.publicKey, mint, 100n * CYXWIZ);
    fund(chain, nodeOwner.publicKey, mint, CYXWIZ);
    const args = { payer: payer.publicKey, owner: nodeOwner.publicKey, node, mint };
    const register = registerNodeInstruction({ ...args, owner: stranger.publicKey, nodeId: ids.second, stakeBase: 100n * CYXWIZ, gpu: 'cpu' });
    const steps = [
      ['register_node', register, [payer, stranger], BUDGET.registerNode],
      ['top_up_stake', topUpStakeInstruction({ ...args, amountBase: 1n }), [nodeOwner], BUDGET.topUpStake],
      ['heartbeat', heartbeatInstruction({ authority: authority.publicKey, node }), [authority], BUDGET.small],
      ['begin_unstake', beginUnstakeInstruction(args), [nodeOwner], BUDGET.small],
      ['cancel_unstake', cancelUnstakeInstruction(args), [nodeOwner], BUDGET.small],
    ] as const;
    for (const [name, ix, signers, budget] of steps) measure(name, NODE_REGISTRY_PROGRAM_ID, chain.send([ix], [...signers]), budget);
    mustPass(chain.send([beginUnstakeInstruction(args)], [nodeOwner]));
    chain.pass(UNSTAKE_LOCK_SECONDS);
    const withdraw = chain.send([withdrawUnstakeInstruction(args)], [payer, nodeOwner]);
    measure('withdraw_unstake', NODE_REGISTRY_PROGRAM_ID, withdraw, BUDGET.withdrawUnstake);
  });

  test('node-registry, inside job-escrow', () => {
    const world = settledWorld();
    const job = lockedJob(world);
    measureInner('open_attempt', job.assign(), BUDGET.bookkeeping);
    mustPass(job.commit());
    measureInner('update_reputation', job.release(), BUDGET.bookkeeping);
    measureInner('slash_stake', committedJob(settledWorld()).fail(1, 'invalid'), BUDGET.slashStake);
    measureInner('release_attempt', committedJob(settledWorld()).fail(1, 'released'), BUDGET.bookkeeping);
  });

  test('dataset-registry', () => {
    const world = createWorld();
    const { chain, payer, requester, authority } = world;
    const record = recordDatasetInstruction(recordArgs(world, requester));
    measure('record_dataset', DATASET_REGISTRY_PROGRAM_ID, chain.send([record], [payer, requester]), BUDGET.recordDataset);
    const dataset = findDatasetPda({ owner: requester.publicKey, cid: cid(3) }).address;
    const update = updateShardsInstruction({ authority: authority.publicKey, dataset, shardLocations: shards(50) });
    measure('update_shards', DATASET_REGISTRY_PROGRAM_ID, chain.send([update], [authority]), BUDGET.small);
  });
});

/** The registry's instructions that only job-escrow calls: shifts the logs up by one level. */
function measureInner(instruction: string, outcome: Outcome, budget: number): void {
  const inner = mustPass(outcome).logs.map((line) => line.replace(/ invoke \[(\d)\]$/, (_, depth: string) => ` invoke [${Number(depth) - 1}]`));
  const id = NODE_REGISTRY_PROGRAM_ID.toBase58();
  const from = inner.findIndex((line) => line.startsWith(`Program ${id} invoke`));
  const to = inner.findIndex((line) => line === `Program ${id} success`);
  measure(`${instruction} (by CPI)`, NODE_REGISTRY_PROGRAM_ID, { ...outcome, logs: inner.slice(from, to + 1) }, budget);
}
