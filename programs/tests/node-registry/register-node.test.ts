import { describe, expect, test } from 'vitest';
import { MIN_NODE_STAKE_BASE, registerNodeInstruction } from '#programs/clients/ts/node-registry';
import { findNodePda, findRegistryConfigPda, findStakeVaultPda } from '#programs/clients/ts/pda';
import { NODE_REGISTRY_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { EVIL_PROGRAM, attackSuite, forgedCopy, locked, nonCanonical, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { keypair } from '../support/chain.ts';
import { createMint, fund, mustPass, tokenBalance } from '../support/tokens.ts';
import { CYXWIZ, createWorld, ids, nodeState } from '../support/world.ts';

function scene(stakeBase = 150n * CYXWIZ): Scene {
  const world = createWorld();
  fund(world.chain, world.stranger.publicKey, world.mint, stakeBase);
  const ix = registerNodeInstruction({
    payer: world.payer.publicKey,
    owner: world.stranger.publicKey,
    nodeId: ids.second,
    stakeBase,
    gpu: 'NVIDIA RTX 4090 – 24 GB',
    mint: world.mint,
  });
  return { world, ix, signers: [world.payer, world.stranger] };
}
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const second = findNodePda(ids.second);

test('creates the node and takes the stake', () => {
  const { world, ix, signers } = scene();
  mustPass(world.chain.send([ix], signers));
  expect(nodeState(world, second.address)).toEqual({
    nodeId: ids.second,
    owner: world.stranger.publicKey,
    status: 'active',
    banned: false,
    stakeBase: 150n * CYXWIZ,
    exposureBase: 0n,
    slashedBase: 0n,
    gpu: 'NVIDIA RTX 4090 – 24 GB',
    registeredAt: world.chain.seconds,
    lastSeen: world.chain.seconds,
    unstakeAt: 0n,
    failuresInARow: 0,
    reputation: { totalJobs: 0n, successful: 0n, successRateBps: 0, avgTimeMs: 0n },
    lastEvidence: new Uint8Array(32),
    open: [],
  });
  const vault = findStakeVaultPda(second.address);
  expect(tokenBalance(world.chain, vault.address)).toBe(150n * CYXWIZ);
  expect(Array.from(world.chain.data(second.address).slice(0, 4))).toEqual([0x22, 1, second.bump, vault.bump]);
});

describe('edges', () => {
  test('exactly 100 CYXWIZ is enough, one unit less is not', () => {
    const enough = scene(MIN_NODE_STAKE_BASE);
    expect(enough.world.chain.send([enough.ix], enough.signers)).toMatchObject({ ok: true });
    const short = scene(MIN_NODE_STAKE_BASE - 1n);
    expect(short.world.chain.send([short.ix], short.signers)).toMatchObject({ ok: false, fault: 'StakeBelowMinimum' });
  });

  test.each([1n, 50_000_000n])('%s lamports at the addresses do not block it', (amountLamports) => {
    const { world, ix, signers } = scene();
    world.chain.airdrop(second.address, amountLamports);
    world.chain.airdrop(findStakeVaultPda(second.address).address, amountLamports);
    expect(world.chain.send([ix], signers)).toMatchObject({ ok: true });
  });
});

attackSuite('register_node', scene, [
  { kind: 'signer authorization', what: 'the payer does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'the owner does not sign', apply: (s) => unsigned(s, 1), fault: 'MissingSigner' },
  {
    kind: 'account data matching',
    what: "another person's tokens as stake",
    apply: (s) => ({ ix: swap(s.ix, 2, fund(s.world.chain, s.world.nodeOwner.publicKey, s.world.mint, 200n * CYXWIZ)) }),
    fault: 'WrongTokenOwner',
  },
  { kind: 'account data matching', what: 'wrong mint', apply: (s) => ({ ix: swap(s.ix, 6, createMint(s.world.chain, keypair('other mint'))) }), fault: 'WrongMint' },
  {
    kind: 'account data matching',
    what: 'tokens of another mint',
    apply: (s) => ({ ix: swap(s.ix, 2, fund(s.world.chain, s.world.stranger.publicKey, createMint(s.world.chain, keypair('other mint')), 200n * CYXWIZ)) }),
    fault: 'WrongMint',
  },
  { kind: 'account data matching', what: 'wrong vault', apply: (s) => ({ ix: swap(s.ix, 4, keypair('my vault').publicKey) }), fault: 'WrongAddress' },
  { kind: 'owner checks', what: 'a forged config', apply: (s) => ({ ix: swap(s.ix, 5, forgedCopy(s.world.chain, findRegistryConfigPda().address)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: 'a forged token account', apply: (s) => ({ ix: swap(s.ix, 2, forgedCopy(s.world.chain, s.ix.keys[2]!.pubkey)) }), fault: 'WrongOwner' },
  { kind: 'type cosplay', what: 'a node as config', apply: (s) => ({ ix: swap(s.ix, 5, s.world.node) }), fault: 'WrongKind' },
  {
    kind: 'initialization',
    what: 'a node id that exists',
    apply: (s) => ({
      ix: registerNodeInstruction({
        payer: s.world.payer.publicKey,
        owner: s.world.stranger.publicKey,
        nodeId: ids.first,
        stakeBase: 150n * CYXWIZ,
        gpu: 'cpu',
        mint: s.world.mint,
      }),
    }),
    fault: 'AlreadyExists',
  },
  {
    kind: 'bump seed canonicalization',
    what: 'a second node of the same id at another bump',
    apply: (s) => ({ ix: swap(s.ix, 3, nonCanonical([text('node'), ids.second], NODE_REGISTRY_PROGRAM_ID).address) }),
    fault: 'WrongAddress',
  },
  {
    kind: 'bump seed canonicalization',
    what: 'a vault at another bump',
    apply: (s) => ({ ix: swap(s.ix, 4, nonCanonical([text('stake'), second.address.toBytes()], NODE_REGISTRY_PROGRAM_ID).address) }),
    fault: 'WrongAddress',
  },
  { kind: 'pda sharing', what: "another node's vault", apply: (s) => ({ ix: swap(s.ix, 4, s.world.stakeVault) }), fault: 'WrongAddress' },
  { kind: 'duplicate mutable accounts', what: 'the node is its own vault', apply: (s) => ({ ix: swap(s.ix, 4, second.address) }), fault: 'WrongAddress' },
  { kind: 'arbitrary cpi', what: 'another program as token program', apply: (s) => ({ ix: swap(s.ix, 7, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'arbitrary cpi', what: 'another program as system program', apply: (s) => ({ ix: swap(s.ix, 8, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'bad input', what: 'a read-only payer', apply: (s) => ({ ix: locked(s.ix, 0) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 8) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too few', apply: (s) => ({ ix: withData(s.ix, (data) => data.slice(0, -1)) }), fault: 'MalformedData' },
]);
