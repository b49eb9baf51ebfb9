import { expect, test } from 'vitest';
import {
  UNSTAKE_LOCK_SECONDS,
  beginUnstakeInstruction,
  cancelUnstakeInstruction,
  topUpStakeInstruction,
  withdrawUnstakeInstruction,
} from '#programs/clients/ts/node-registry';
import { findRegistryConfigPda, findStakeVaultPda } from '#programs/clients/ts/pda';
import { EVIL_PROGRAM, append, attackSuite, forgedCopy, locked, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { keypair } from '../support/chain.ts';
import { balanceOf, closeTokenAccount, createMint, donate, fund, mustPass, openTokenAccount, tokenBalance } from '../support/tokens.ts';
import { CYXWIZ, DAY, Job, createWorld, ids, nodeState, register } from '../support/world.ts';

function scene(passSeconds = UNSTAKE_LOCK_SECONDS): Scene {
  const world = createWorld();
  const args = { payer: world.payer.publicKey, owner: world.nodeOwner.publicKey, node: world.node, mint: world.mint };
  mustPass(world.chain.send([beginUnstakeInstruction(args)], [world.nodeOwner]));
  world.chain.pass(passSeconds);
  return { world, ix: withdrawUnstakeInstruction(args), signers: [world.payer, world.nodeOwner] };
}

test('gives the whole stake back after 7 days, not a second sooner', () => {
  const early = scene(UNSTAKE_LOCK_SECONDS - 1n);
  expect(early.world.chain.send([early.ix], early.signers)).toMatchObject({ ok: false, fault: 'StillLocked' });
  early.world.chain.pass(1n);
  mustPass(early.world.chain.send([early.ix], early.signers));
  expect(balanceOf(early.world.chain, early.world.nodeOwner.publicKey, early.world.mint)).toBe(100n * CYXWIZ);
  expect(nodeState(early.world)).toMatchObject({ status: 'withdrawn', stakeBase: 0n, unstakeAt: 0n });
});

test('a donated unit comes along, a missing token account is created', () => {
  const { world, ix, signers } = scene();
  donate(world.chain, world.mint, world.stakeVault, 1n);
  closeTokenAccount(world.chain, world.nodeOwner, world.mint, openTokenAccount(world.chain, world.stranger.publicKey, world.mint));
  expect(world.chain.account(ix.keys[2]!.pubkey)).toBeUndefined();
  mustPass(world.chain.send([ix], signers));
  expect(tokenBalance(world.chain, ix.keys[2]!.pubkey)).toBe(100n * CYXWIZ + 1n);
});

test('a withdrawn node gets no jobs until a top-up brings it back, with its record', () => {
  const { world, ix, signers } = scene();
  mustPass(world.chain.send([ix], signers));
  const job = new Job(world);
  mustPass(job.lock());
  expect(job.assign()).toMatchObject({ fault: 'NodeNotActive' });
  const args = { owner: world.nodeOwner.publicKey, node: world.node, amountBase: 100n * CYXWIZ, mint: world.mint };
  mustPass(world.chain.send([topUpStakeInstruction(args)], [world.nodeOwner]));
  mustPass(job.assign());
});

attackSuite('withdraw_unstake', scene, [
  { kind: 'signer authorization', what: 'the payer does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'the owner does not sign', apply: (s) => unsigned(s, 1), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs as owner', apply: (s) => strangerSigns(s, 1), fault: 'WrongAuthority' },
  {
    kind: 'signer authorization',
    what: 'the authority signs as owner',
    apply: (s) => ({ ix: swap(s.ix, 1, s.world.authority.publicKey), signers: [s.world.payer, s.world.authority] }),
    fault: 'WrongAuthority',
  },
  {
    kind: 'account data matching',
    what: "the stake to the stranger's account",
    apply: (s) => ({ ix: swap(s.ix, 2, fund(s.world.chain, s.world.stranger.publicKey, s.world.mint, 1n)) }),
    fault: 'WrongTokenOwner',
  },
  { kind: 'account data matching', what: 'wrong mint', apply: (s) => ({ ix: swap(s.ix, 6, createMint(s.world.chain, keypair('other mint'))) }), fault: 'WrongMint' },
  {
    kind: 'pda sharing',
    what: "another node's stake",
    apply: (s) => ({ ix: swap(s.ix, 4, findStakeVaultPda(register(s.world, s.world.stranger, ids.second, 100n * CYXWIZ)).address) }),
    fault: 'WrongAddress',
  },
  {
    kind: 'pda sharing',
    what: "another owner's node and stake",
    apply: (s) => {
      const node = register(s.world, s.world.stranger, ids.second, 100n * CYXWIZ);
      return { ix: swap(swap(s.ix, 3, node), 4, findStakeVaultPda(node).address) };
    },
    fault: 'WrongAuthority',
  },
  { kind: 'owner checks', what: 'a forged node', apply: (s) => ({ ix: swap(s.ix, 3, forgedCopy(s.world.chain, s.world.node)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: 'a forged config', apply: (s) => ({ ix: swap(s.ix, 5, forgedCopy(s.world.chain, findRegistryConfigPda().address)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: 'a forged token account', apply: (s) => ({ ix: swap(s.ix, 2, forgedCopy(s.world.chain, s.ix.keys[2]!.pubkey)) }), fault: 'WrongOwner' },
  { kind: 'type cosplay', what: 'the config as node', apply: (s) => ({ ix: swap(s.ix, 3, findRegistryConfigPda().address) }), fault: 'WrongKind' },
  { kind: 'type cosplay', what: 'the node as config', apply: (s) => ({ ix: swap(s.ix, 5, s.world.node) }), fault: 'WrongKind' },
  { kind: 'duplicate mutable accounts', what: 'the vault is the recipient', apply: (s) => ({ ix: swap(s.ix, 2, s.world.stakeVault) }), fault: 'WrongTokenOwner' },
  { kind: 'arbitrary cpi', what: 'another program as token program', apply: (s) => ({ ix: swap(s.ix, 7, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  {
    kind: 'arbitrary cpi',
    what: 'another program as associated-token program',
    apply: (s) => {
      closeTokenAccount(s.world.chain, s.world.nodeOwner, s.world.mint, openTokenAccount(s.world.chain, s.world.stranger.publicKey, s.world.mint));
      return { ix: swap(s.ix, 8, EVIL_PROGRAM) };
    },
    fault: 'WrongProgram',
  },
  { kind: 'arbitrary cpi', what: 'another program as system program', apply: (s) => ({ ix: swap(s.ix, 9, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  {
    kind: 'closing accounts',
    what: 'a second withdrawal',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      donate(s.world.chain, s.world.mint, s.world.stakeVault, CYXWIZ);
      return {};
    },
    fault: 'NotUnstaking',
  },
  {
    kind: 'sysvar address checking',
    what: 'a forged clock that says next year',
    apply: (s) => {
      const clock = keypair('forged clock').publicKey;
      const data = new Uint8Array(40);
      new DataView(data.buffer).setBigInt64(32, s.world.chain.seconds + 365n * DAY, true);
      s.world.chain.forge(clock, { owner: EVIL_PROGRAM, lamports: 10_000_000n, data });
      s.world.chain.setTime(s.world.chain.seconds - 1n);
      return { ix: append(s.ix, clock) };
    },
    fault: 'StillLocked',
  },
  {
    kind: 'bad input',
    what: 'a lock that was taken back',
    apply: (s) => {
      const args = { owner: s.world.nodeOwner.publicKey, node: s.world.node };
      mustPass(s.world.chain.send([cancelUnstakeInstruction(args)], [s.world.nodeOwner]));
      return {};
    },
    fault: 'NotUnstaking',
  },
  { kind: 'bad input', what: 'a read-only node', apply: (s) => ({ ix: locked(s.ix, 3) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 9) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too many', apply: (s) => ({ ix: withData(s.ix, (data) => Uint8Array.of(...data, 0)) }), fault: 'MalformedData' },
]);

test('not while a job is open', () => {
  const world = createWorld();
  const job = new Job(world);
  mustPass(job.lock(CYXWIZ, world.chain.seconds + 10n * DAY));
  mustPass(job.assign());
  const args = { payer: world.payer.publicKey, owner: world.nodeOwner.publicKey, node: world.node, mint: world.mint };
  mustPass(world.chain.send([beginUnstakeInstruction(args)], [world.nodeOwner]));
  world.chain.pass(UNSTAKE_LOCK_SECONDS);
  const withdraw = () => world.chain.send([withdrawUnstakeInstruction(args)], [world.payer, world.nodeOwner]);
  expect(withdraw()).toMatchObject({ ok: false, fault: 'HasOpenAttempts' });
  mustPass(job.fail(1, 'released'));
  expect(withdraw()).toMatchObject({ ok: true });
});
