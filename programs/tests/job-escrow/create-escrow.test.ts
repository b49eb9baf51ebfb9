import { describe, expect, test } from 'vitest';
import { MAX_LOCK_SECONDS, createEscrowInstruction, decodeEscrow } from '#programs/clients/ts/job-escrow';
import { findEscrowConfigPda, findEscrowPda, findEscrowVaultPda } from '#programs/clients/ts/pda';
import { JOB_ESCROW_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { EVIL_PROGRAM, attackSuite, forgedCopy, locked, nonCanonical, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { keypair } from '../support/chain.ts';
import { balanceOf, createMint, fund, mustPass, tokenBalance } from '../support/tokens.ts';
import { CYXWIZ, HOUR, Job, createWorld, ids } from '../support/world.ts';

function scene(amountBase = 50n * CYXWIZ, requesterBase = 1_000n * CYXWIZ): Scene {
  const world = createWorld({ requesterBase });
  const ix = createEscrowInstruction({
    payer: world.payer.publicKey,
    requester: world.requester.publicKey,
    jobId: ids.first,
    amountBase,
    expiresAt: world.chain.seconds + HOUR,
    mint: world.mint,
  });
  return { world, ix, signers: [world.payer, world.requester] };
}
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const u64At = (offset: number, value: bigint) => (data: Uint8Array): Uint8Array => {
  new DataView(data.buffer).setBigUint64(offset, value, true);
  return data;
};

test('locks the tokens and writes every field', () => {
  const { world, ix, signers } = scene();
  mustPass(world.chain.send([ix], signers));
  const escrow = findEscrowPda({ requester: world.requester.publicKey, jobId: ids.first });
  expect(decodeEscrow(world.chain.data(escrow.address))).toEqual({
    status: 'locked',
    jobId: ids.first,
    requester: world.requester.publicKey,
    rentPayer: world.payer.publicKey,
    amountBase: 50n * CYXWIZ,
    createdAt: world.chain.seconds,
    expiresAt: world.chain.seconds + HOUR,
    verifyDeadline: 0n,
    settledAt: 0n,
    attempts: [],
  });
  const vault = findEscrowVaultPda(escrow.address);
  expect(Array.from(world.chain.data(escrow.address).slice(0, 4))).toEqual([0x12, 1, escrow.bump, vault.bump]);
  expect(tokenBalance(world.chain, vault.address)).toBe(50n * CYXWIZ);
  expect(balanceOf(world.chain, world.requester.publicKey, world.mint)).toBe(950n * CYXWIZ);
});

describe('addresses that somebody sent lamports to before', () => {
  test.each([1n, 890_880n, 50_000_000n])('%s lamports do not block the escrow', (amountLamports) => {
    const { world, ix, signers } = scene();
    const escrow = new Job(world);
    world.chain.airdrop(escrow.escrow, amountLamports);
    world.chain.airdrop(escrow.vault, amountLamports);
    expect(world.chain.send([ix], signers)).toMatchObject({ ok: true });
    expect(tokenBalance(world.chain, escrow.vault)).toBe(50n * CYXWIZ);
  });
});

test.each([1n, 9n, 10n, 11n, 2n ** 64n - 1n])('locks an amount of %s', (amountBase) => {
  const world = createWorld({ requesterBase: amountBase, stakeBase: 0n });
  const job = new Job(world);
  mustPass(job.lock(amountBase));
  expect(tokenBalance(world.chain, job.vault)).toBe(amountBase);
  expect(balanceOf(world.chain, world.requester.publicKey, world.mint)).toBe(0n);
});

attackSuite('create_escrow', scene, [
  { kind: 'signer authorization', what: 'the payer does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'the requester does not sign', apply: (s) => unsigned(s, 1), fault: 'MissingSigner' },
  {
    kind: 'account data matching',
    what: "the tokens are another person's",
    apply: (s) => ({ ix: swap(s.ix, 2, fund(s.world.chain, s.world.stranger.publicKey, s.world.mint, CYXWIZ)) }),
    fault: 'WrongTokenOwner',
  },
  {
    kind: 'account data matching',
    what: 'wrong mint',
    apply: (s) => ({ ix: swap(s.ix, 6, createMint(s.world.chain, keypair('other mint'))) }),
    fault: 'WrongMint',
  },
  {
    kind: 'account data matching',
    what: 'tokens of another mint',
    apply: (s) => {
      const other = createMint(s.world.chain, keypair('other mint'));
      return { ix: swap(s.ix, 2, fund(s.world.chain, s.world.requester.publicKey, other, CYXWIZ)) };
    },
    fault: 'WrongMint',
  },
  {
    kind: 'account data matching',
    what: 'wrong vault',
    apply: (s) => ({ ix: swap(s.ix, 4, keypair('my vault').publicKey) }),
    fault: 'WrongAddress',
  },
  {
    kind: 'owner checks',
    what: 'a config that another program wrote',
    apply: (s) => ({ ix: swap(s.ix, 5, forgedCopy(s.world.chain, findEscrowConfigPda().address)) }),
    fault: 'WrongOwner',
  },
  {
    kind: 'owner checks',
    what: 'a token account that another program wrote',
    apply: (s) => ({ ix: swap(s.ix, 2, forgedCopy(s.world.chain, s.ix.keys[2]!.pubkey)) }),
    fault: 'WrongOwner',
  },
  {
    kind: 'type cosplay',
    what: 'an escrow as config',
    apply: (s) => {
      const other = new Job(s.world, ids.second);
      mustPass(other.lock(CYXWIZ));
      return { ix: swap(s.ix, 5, other.escrow) };
    },
    fault: 'WrongKind',
  },
  {
    kind: 'initialization',
    what: 'the same job a second time',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      return {};
    },
    fault: 'AlreadyExists',
  },
  { kind: 'arbitrary cpi', what: 'another program as token program', apply: (s) => ({ ix: swap(s.ix, 7, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'arbitrary cpi', what: 'another program as system program', apply: (s) => ({ ix: swap(s.ix, 8, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  {
    kind: 'duplicate mutable accounts',
    what: 'the escrow is its own vault',
    apply: (s) => ({ ix: swap(s.ix, 4, s.ix.keys[3]!.pubkey) }),
    fault: 'WrongAddress',
  },
  {
    kind: 'bump seed canonicalization',
    what: 'a second escrow of the same job at another bump',
    apply: (s) => {
      const seeds = [text('escrow'), s.world.requester.publicKey.toBytes(), ids.first];
      return { ix: swap(s.ix, 3, nonCanonical(seeds, JOB_ESCROW_PROGRAM_ID).address) };
    },
    fault: 'WrongAddress',
  },
  {
    kind: 'bump seed canonicalization',
    what: 'a vault at another bump',
    apply: (s) => ({ ix: swap(s.ix, 4, nonCanonical([text('vault'), new Job(s.world).escrow.toBytes()], JOB_ESCROW_PROGRAM_ID).address) }),
    fault: 'WrongAddress',
  },
  {
    kind: 'pda sharing',
    what: "another person's escrow address for the same job id",
    apply: (s) => ({ ix: swap(s.ix, 3, findEscrowPda({ requester: s.world.stranger.publicKey, jobId: ids.first }).address) }),
    fault: 'WrongAddress',
  },
  {
    kind: 'pda sharing',
    what: "another job's vault",
    apply: (s) => {
      const other = new Job(s.world, ids.second);
      mustPass(other.lock(CYXWIZ));
      return { ix: swap(s.ix, 4, other.vault) };
    },
    fault: 'WrongAddress',
  },
  {
    kind: 'closing accounts',
    what: 'the same job again after its refund',
    apply: (s) => {
      const job = new Job(s.world);
      mustPass(job.lock());
      mustPass(job.refund());
      return {};
    },
    fault: 'AlreadyExists',
  },
  { kind: 'bad input', what: 'nothing to lock', apply: (s) => ({ ix: withData(s.ix, u64At(17, 0n)) }), fault: 'AmountIsZero' },
  { kind: 'bad input', what: 'an expiry in the past', apply: (s) => ({ ix: withData(s.ix, u64At(25, s.world.chain.seconds)) }), fault: 'BadExpiry' },
  { kind: 'bad input', what: 'a negative expiry', apply: (s) => ({ ix: withData(s.ix, u64At(25, 2n ** 64n - 1n)) }), fault: 'BadExpiry' },
  {
    kind: 'bad input',
    what: 'a lock of more than 30 days',
    apply: (s) => ({ ix: withData(s.ix, u64At(25, s.world.chain.seconds + MAX_LOCK_SECONDS + 1n)) }),
    fault: 'BadExpiry',
  },
  { kind: 'bad input', what: 'a read-only payer', apply: (s) => ({ ix: locked(s.ix, 0) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 8) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too few', apply: (s) => ({ ix: withData(s.ix, (data) => data.slice(0, -1)) }), fault: 'MalformedData' },
]);

test('more than the requester has is refused by the token program', () => {
  const { world, ix, signers } = scene(1_001n * CYXWIZ);
  const outcome = world.chain.send([ix], signers);
  expect(outcome).toMatchObject({ ok: false, code: 1 });
  expect(world.chain.account(new Job(world).escrow)).toBeUndefined();
});
