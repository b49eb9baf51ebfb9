import { expect, test } from 'vitest';
import { topUpStakeInstruction } from '#programs/clients/ts/node-registry';
import { findRegistryConfigPda, findStakeVaultPda } from '#programs/clients/ts/pda';
import { EVIL_PROGRAM, attackSuite, forgedCopy, locked, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { keypair } from '../support/chain.ts';
import { createMint, fund, mustPass, tokenBalance } from '../support/tokens.ts';
import { CYXWIZ, Job, createWorld, ids, nodeState, register, type World } from '../support/world.ts';

function topUp(world: World, amountBase: bigint) {
  return topUpStakeInstruction({ owner: world.nodeOwner.publicKey, node: world.node, amountBase, mint: world.mint });
}

function slash(world: World, index: number, ban = false): void {
  const job = new Job(world, new Uint8Array(16).fill(index));
  mustPass(job.lock(1n));
  mustPass(job.assign());
  mustPass(job.fail(1, 'timeout', ban));
}

function scene(): Scene {
  const world = createWorld();
  fund(world.chain, world.nodeOwner.publicKey, world.mint, 50n * CYXWIZ);
  return { world, ix: topUp(world, 20n * CYXWIZ), signers: [world.nodeOwner] };
}

test('adds to stake and vault', () => {
  const { world, ix, signers } = scene();
  mustPass(world.chain.send([ix], signers));
  expect(nodeState(world).stakeBase).toBe(120n * CYXWIZ);
  expect(tokenBalance(world.chain, world.stakeVault)).toBe(120n * CYXWIZ);
});

test('a slashed node is active again from 100 CYXWIZ up, not before', () => {
  const { world, signers } = scene();
  slash(world, 1);
  mustPass(world.chain.send([topUp(world, 10n * CYXWIZ - 1n)], signers));
  expect(nodeState(world).status).toBe('slashed');
  mustPass(world.chain.send([topUp(world, 1n)], signers));
  expect(nodeState(world)).toMatchObject({ status: 'active', stakeBase: 100n * CYXWIZ, slashedBase: 10n * CYXWIZ });
});

const u64At1 = (value: bigint) => (data: Uint8Array): Uint8Array => {
  new DataView(data.buffer).setBigUint64(1, value, true);
  return data;
};

attackSuite('top_up_stake', scene, [
  { kind: 'signer authorization', what: 'the owner does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs as owner', apply: (s) => strangerSigns(s, 0), fault: 'WrongAuthority' },
  { kind: 'owner checks', what: 'a forged node', apply: (s) => ({ ix: swap(s.ix, 2, forgedCopy(s.world.chain, s.world.node)) }), fault: 'WrongOwner' },
  { kind: 'type cosplay', what: 'the config as node', apply: (s) => ({ ix: swap(s.ix, 2, findRegistryConfigPda().address) }), fault: 'WrongKind' },
  { kind: 'account data matching', what: 'wrong vault', apply: (s) => ({ ix: swap(s.ix, 3, s.ix.keys[1]!.pubkey) }), fault: 'WrongAddress' },
  {
    kind: 'pda sharing',
    what: "another node's vault",
    apply: (s) => ({ ix: swap(s.ix, 3, findStakeVaultPda(register(s.world, s.world.stranger, ids.second, 100n * CYXWIZ)).address) }),
    fault: 'WrongAddress',
  },
  { kind: 'arbitrary cpi', what: 'another program as token program', apply: (s) => ({ ix: swap(s.ix, 4, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'bad input', what: 'nothing to add', apply: (s) => ({ ix: withData(s.ix, u64At1(0n)) }), fault: 'AmountIsZero' },
  { kind: 'bad input', what: 'a stake beyond u64', apply: (s) => ({ ix: withData(s.ix, u64At1(2n ** 64n - 1n)) }), fault: 'Overflow' },
  {
    kind: 'bad input',
    what: 'a banned node',
    apply: (s) => {
      mustPass(s.world.chain.send([topUp(s.world, 50n * CYXWIZ)], s.signers));
      slash(s.world, 1);
      slash(s.world, 2);
      fund(s.world.chain, s.world.nodeOwner.publicKey, s.world.mint, 100n * CYXWIZ);
      slash(s.world, 3, true);
      return {};
    },
    fault: 'NodeBanned',
  },
  { kind: 'bad input', what: 'a read-only node', apply: (s) => ({ ix: locked(s.ix, 2) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 4) }), fault: 'NotEnoughAccounts' },
]);

test.each(['another mint', "another person's tokens"])('the token program refuses %s', (what) => {
  const { world, ix, signers } = scene();
  const other =
    what === 'another mint'
      ? fund(world.chain, world.nodeOwner.publicKey, createMint(world.chain, keypair('other mint')), 50n * CYXWIZ)
      : fund(world.chain, world.stranger.publicKey, world.mint, 50n * CYXWIZ);
  expect(world.chain.send([swap(ix, 1, other)], signers)).toMatchObject({ ok: false, code: what === 'another mint' ? 3 : 4 });
  expect(nodeState(world).stakeBase).toBe(100n * CYXWIZ);
});

test('the stake can not be topped up from itself (duplicate mutable accounts)', () => {
  const { world, ix, signers } = scene();
  expect(world.chain.send([swap(ix, 1, world.stakeVault)], signers)).toMatchObject({ ok: false });
  expect(nodeState(world).stakeBase).toBe(100n * CYXWIZ);
});
