import type { PublicKey } from '@solana/web3.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEscrow, type EscrowAccount } from '#programs/clients/ts/job-escrow';
import { beginUnstakeInstruction, topUpStakeInstruction, withdrawUnstakeInstruction } from '#programs/clients/ts/node-registry';
import { findStakeVaultPda } from '#programs/clients/ts/pda';
import { balanceOf, fund, mustPass, openTokenAccount, tokenBalance } from './support/tokens.ts';
import { CYXWIZ, DAY, HOUR, Job, createWorld, ids, nodeState, register, type World } from './support/world.ts';

/** Anything anybody may try, sensible or not, in any order; the steps that lead deeper come more often. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('assign'), job: fc.nat(2), node: fc.nat(1) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('commit'), job: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('timeout', 'invalid', 'released'), job: fc.nat(2), ban: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('lock', 'release', 'release', 'refund', 'refundAlone'), job: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('unstake', 'withdraw', 'topUp', 'topUp') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), seconds: fc.constantFrom(60n, HOUR, DAY, 7n * DAY) }) },
);
const JOB_IDS = [ids.first, ids.second, ids.third];
const AMOUNT_BASE = 37n * CYXWIZ + 1n;
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Play {
  readonly world: World;
  readonly jobs: readonly Job[];
  readonly nodes: readonly PublicKey[];
}

function begin(): Play {
  const world = createWorld({ stakeBase: 180n * CYXWIZ });
  const other = register(world, world.stranger, ids.second, 200n * CYXWIZ);
  fund(world.chain, world.nodeOwner.publicKey, world.mint, 100n * CYXWIZ);
  for (const owner of [world.treasuryOwner, world.insuranceOwner]) openTokenAccount(world.chain, owner, world.mint);
  const jobs = JOB_IDS.map((id) => new Job(world, id));
  for (const job of jobs) mustPass(job.lock(AMOUNT_BASE, world.chain.seconds + 10n * DAY));
  return { world, jobs, nodes: [world.node, other] };
}

function escrowOf({ world }: Play, job: Job): EscrowAccount | undefined {
  const found = world.chain.account(job.escrow);
  return found && decodeEscrow(found.data);
}

/** Sends the step for the escrow's latest attempt and that attempt's node; whether it succeeds is the programs' affair. */
function play(state: Play, move: Step): void {
  const { world, jobs, nodes } = state;
  if (!('job' in move)) {
    ownerOrTime(world, move);
    return;
  }
  const job = jobs[move.job]!;
  const attempts = escrowOf(state, job)?.attempts ?? [];
  const attempt = Math.max(1, attempts.length);
  const node = attempts.at(-1)?.node ?? world.node;
  const acting = node.equals(world.node) ? job : new Job({ ...world, node, nodeOwner: world.stranger }, JOB_IDS[move.job]);
  if (move.do === 'lock') job.lock(AMOUNT_BASE);
  if (move.do === 'refund') job.refund();
  if (move.do === 'refundAlone') job.refund(world.requester);
  if (move.do === 'commit') job.commit(attempt);
  if (move.do === 'release') acting.release(attempt);
  if ('node' in move) job.assign(attempts.length + 1, nodes[move.node], world.chain.seconds + HOUR);
  if ('ban' in move) acting.fail(attempt, move.do, move.ban && move.do !== 'released');
}

function ownerOrTime(world: World, move: Step): void {
  const { chain, payer, nodeOwner, node, mint } = world;
  const args = { payer: payer.publicKey, owner: nodeOwner.publicKey, node, mint };
  if ('seconds' in move) chain.pass(move.seconds);
  if (move.do === 'unstake') chain.send([beginUnstakeInstruction(args)], [nodeOwner]);
  if (move.do === 'withdraw') chain.send([withdrawUnstakeInstruction(args)], [payer, nodeOwner]);
  if (move.do === 'topUp') chain.send([topUpStakeInstruction({ ...args, amountBase: 20n * CYXWIZ })], [nodeOwner]);
}

function totalBase({ world, jobs, nodes }: Play): bigint {
  const people = [world.requester.publicKey, world.nodeOwner.publicKey, world.stranger.publicKey, world.treasuryOwner, world.insuranceOwner];
  const vaults = [...jobs.map((job) => job.vault), ...nodes.map((node) => findStakeVaultPda(node).address)];
  const held = [...people.map((owner) => balanceOf(world.chain, owner, world.mint)), ...vaults.map((vault) => tokenBalance(world.chain, vault))];
  return held.reduce((sum, amountBase) => sum + amountBase, 0n);
}

function check(state: Play, before: readonly (EscrowAccount | undefined)[]): void {
  const { world, jobs, nodes } = state;
  jobs.forEach((job, index) => {
    const [was, is] = [before[index], escrowOf(state, job)];
    if (!is) return;
    expect(tokenBalance(world.chain, job.vault)).toBe(is.status === 'locked' ? is.amountBase : 0n);
    if (was && was.status !== 'locked') expect(is.status).toBe(was.status);
    was?.attempts.forEach((old, at) => {
      if (old.outcome !== 'none') expect(is.attempts[at]).toEqual(old);
    });
    expect(is.attempts.filter(({ outcome }) => outcome === 'completed').length).toBe(is.status === 'released' ? 1 : 0);
  });
  for (const node of nodes) {
    const { stakeBase, exposureBase, open, reputation, status } = nodeState(world, node);
    expect(tokenBalance(world.chain, findStakeVaultPda(node).address)).toBe(stakeBase);
    expect(open.reduce((sum, { amountBase }) => sum + amountBase, 0n)).toBe(exposureBase);
    expect(reputation.successful <= reputation.totalJobs).toBe(true);
    if (status === 'active') expect(stakeBase >= 100n * CYXWIZ).toBe(true);
    const openHere = jobs.flatMap((job) => escrowOf(state, job)?.attempts ?? []).filter((a) => a.outcome === 'none' && a.node.equals(node));
    expect(open.length).toBe(openHere.length);
  }
}

test('in any order of steps, tokens are conserved and chain records agree', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 50, size: 'max' }), (moves) => {
      const state = begin();
      const total = totalBase(state);
      for (const move of moves) {
        const before = state.jobs.map((job) => escrowOf(state, job));
        play(state, move);
        check(state, before);
        expect(totalBase(state)).toBe(total);
      }
    }),
    { numRuns: 15 },
  );
}, 180_000);
