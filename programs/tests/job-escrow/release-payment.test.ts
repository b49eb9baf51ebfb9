import { describe, expect, test } from 'vitest';
import { splitPayout } from '#core/money/split';
import { releasePaymentInstruction } from '#programs/clients/ts/job-escrow';
import { NODE_LAYOUT } from '#programs/clients/ts/node-registry';
import { findEscrowConfigPda, findRegistryConfigPda } from '#programs/clients/ts/pda';
import { JOB_ESCROW_PROGRAM_ID, NODE_REGISTRY_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { EVIL_PROGRAM, attackSuite, forgedCopy, locked, nonCanonical, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { keypair } from '../support/chain.ts';
import { balanceOf, closeTokenAccount, createMint, donate, fund, mustPass, openTokenAccount, tokenBalance } from '../support/tokens.ts';
import { CYXWIZ, Job, committedJob, createWorld, ids, nodeState, register } from '../support/world.ts';

function scene(): Scene {
  const world = createWorld();
  const job = committedJob(world);
  return { world, ix: releasePaymentInstruction(job.releaseArgs()), signers: [world.payer, world.authority] };
}

describe('rounding', () => {
  test.each([1n, 9n, 10n, 11n, 50n * CYXWIZ])('an amount of %s is split 90/10 to the last unit', (amountBase) => {
    const world = createWorld();
    const job = committedJob(world, amountBase);
    mustPass(job.release());
    const paid = {
      nodeBase: balanceOf(world.chain, world.nodeOwner.publicKey, world.mint),
      platformBase: balanceOf(world.chain, world.treasuryOwner, world.mint),
    };
    expect(paid).toEqual(splitPayout(amountBase));
    expect(paid.nodeBase + paid.platformBase).toBe(amountBase);
  });

  test('so is u64::MAX', () => {
    const amountBase = 2n ** 64n - 1n;
    const whole = createWorld({ requesterBase: amountBase, stakeBase: 0n });
    // No honest stake could match an escrow of the whole supply, so the node is written into the chain by hand.
    const data = createWorld().chain.data(createWorld().node);
    new DataView(data.buffer).setBigUint64(NODE_LAYOUT.stakeBase, amountBase, true);
    whole.chain.forge(whole.node, { owner: NODE_REGISTRY_PROGRAM_ID, lamports: 10_000_000n, data });
    const job = committedJob(whole, amountBase);
    mustPass(job.release());
    expect(balanceOf(whole.chain, whole.nodeOwner.publicKey, whole.mint)).toBe(splitPayout(amountBase).nodeBase);
    expect(balanceOf(whole.chain, whole.treasuryOwner, whole.mint)).toBe(splitPayout(amountBase).platformBase);
  });
});

describe('accounts of the recipients', () => {
  test('missing ones are created', () => {
    const world = createWorld();
    const job = committedJob(world);
    closeTokenAccount(world.chain, world.nodeOwner, world.mint, openTokenAccount(world.chain, world.stranger.publicKey, world.mint));
    const [ownerToken, treasuryToken] = [8, 10].map((index) => releasePaymentInstruction(job.releaseArgs()).keys[index]!.pubkey);
    expect(world.chain.account(ownerToken!)).toBeUndefined();
    expect(world.chain.account(treasuryToken!)).toBeUndefined();
    mustPass(job.release());
    expect(tokenBalance(world.chain, ownerToken!)).toBe(45n * CYXWIZ);
    expect(tokenBalance(world.chain, treasuryToken!)).toBe(5n * CYXWIZ);
  });

  test('a donated unit does not block the payment and goes with the platform’s share', () => {
    const world = createWorld();
    const job = committedJob(world, 11n);
    donate(world.chain, world.mint, job.vault, 1n);
    mustPass(job.release());
    expect(balanceOf(world.chain, world.nodeOwner.publicKey, world.mint)).toBe(9n);
    expect(balanceOf(world.chain, world.treasuryOwner, world.mint)).toBe(3n);
  });

  test("the vault's rent goes back to who paid it, and the escrow stays as a tombstone", () => {
    const world = createWorld();
    const job = committedJob(world);
    openTokenAccount(world.chain, world.treasuryOwner, world.mint);
    const rentLamports = world.chain.account(job.vault)!.lamports;
    const before = world.chain.account(world.payer.publicKey)!.lamports;
    mustPass(job.release());
    expect(world.chain.account(world.payer.publicKey)!.lamports - before).toBe(rentLamports);
    expect(world.chain.account(job.vault)).toBeUndefined();
    expect(job.state()).toMatchObject({ status: 'released', settledAt: world.chain.seconds, verifyDeadline: 0n });
  });
});

test('can still pay after the expiry while the requester has not refunded', () => {
  const world = createWorld();
  const job = committedJob(world);
  world.chain.pass(7n * 86_400n);
  expect(job.release()).toMatchObject({ ok: true });
});

attackSuite('release_payment', scene, [
  { kind: 'signer authorization', what: 'the payer does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'the authority does not sign', apply: (s) => unsigned(s, 1), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs as authority', apply: (s) => strangerSigns(s, 1), fault: 'WrongAuthority' },
  {
    kind: 'signer authorization',
    what: "the node's owner signs as authority",
    apply: (s) => ({ ix: swap(s.ix, 1, s.world.nodeOwner.publicKey), signers: [s.world.payer, s.world.nodeOwner] }),
    fault: 'WrongAuthority',
  },
  { kind: 'owner checks', what: 'a forged escrow', apply: (s) => ({ ix: swap(s.ix, 2, forgedCopy(s.world.chain, new Job(s.world).escrow)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: 'a forged config', apply: (s) => ({ ix: swap(s.ix, 4, forgedCopy(s.world.chain, findEscrowConfigPda().address)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: 'a forged node', apply: (s) => ({ ix: swap(s.ix, 5, forgedCopy(s.world.chain, s.world.node)) }), fault: 'WrongOwner' },
  {
    kind: 'owner checks',
    what: 'a token account that another program wrote',
    apply: (s) => ({ ix: swap(s.ix, 8, forgedCopy(s.world.chain, s.ix.keys[8]!.pubkey)) }),
    fault: 'WrongOwner',
  },
  { kind: 'type cosplay', what: 'the escrow as config', apply: (s) => ({ ix: swap(s.ix, 4, new Job(s.world).escrow) }), fault: 'WrongKind' },
  { kind: 'type cosplay', what: "the registry's config as node", apply: (s) => ({ ix: swap(s.ix, 5, findRegistryConfigPda().address) }), fault: 'WrongKind' },
  {
    kind: 'account data matching',
    what: 'a node that the job was not assigned to',
    apply: (s) => {
      const node = register(s.world, s.world.stranger, ids.second, 100n * CYXWIZ);
      return { ix: releasePaymentInstruction({ ...new Job(s.world).releaseArgs(), node, nodeOwner: s.world.stranger.publicKey }) };
    },
    fault: 'WrongNode',
  },
  {
    kind: 'account data matching',
    what: 'another owner of the node',
    apply: (s) => ({ ix: releasePaymentInstruction({ ...new Job(s.world).releaseArgs(), nodeOwner: s.world.stranger.publicKey }) }),
    fault: 'WrongAddress',
  },
  {
    kind: 'account data matching',
    what: "the node's share to the stranger's account",
    apply: (s) => ({ ix: swap(s.ix, 8, fund(s.world.chain, s.world.stranger.publicKey, s.world.mint, 1n)) }),
    fault: 'WrongTokenOwner',
  },
  {
    kind: 'account data matching',
    what: 'another treasury',
    apply: (s) => ({ ix: releasePaymentInstruction({ ...new Job(s.world).releaseArgs(), treasuryOwner: s.world.stranger.publicKey }) }),
    fault: 'WrongAddress',
  },
  {
    kind: 'account data matching',
    what: "the platform's share to the stranger's account",
    apply: (s) => ({ ix: swap(s.ix, 10, fund(s.world.chain, s.world.stranger.publicKey, s.world.mint, 1n)) }),
    fault: 'WrongTokenOwner',
  },
  { kind: 'account data matching', what: 'another rent payer', apply: (s) => ({ ix: swap(s.ix, 11, s.world.stranger.publicKey) }), fault: 'WrongAddress' },
  { kind: 'account data matching', what: 'wrong mint', apply: (s) => ({ ix: swap(s.ix, 12, createMint(s.world.chain, keypair('other mint'))) }), fault: 'WrongMint' },
  { kind: 'account data matching', what: 'wrong vault', apply: (s) => ({ ix: swap(s.ix, 3, s.world.stakeVault) }), fault: 'WrongAddress' },
  {
    kind: 'pda sharing',
    what: "another job's vault",
    apply: (s) => {
      const other = new Job(s.world, ids.second);
      mustPass(other.lock(CYXWIZ));
      return { ix: swap(s.ix, 3, other.vault) };
    },
    fault: 'WrongAddress',
  },
  {
    kind: 'bump seed canonicalization',
    what: 'a vault at another bump',
    apply: (s) => {
      const seeds = [new TextEncoder().encode('vault'), new Job(s.world).escrow.toBytes()];
      return { ix: swap(s.ix, 3, nonCanonical(seeds, JOB_ESCROW_PROGRAM_ID).address) };
    },
    fault: 'WrongAddress',
  },
  { kind: 'duplicate mutable accounts', what: 'the vault is a recipient', apply: (s) => ({ ix: swap(s.ix, 8, new Job(s.world).vault) }), fault: 'WrongTokenOwner' },
  {
    kind: 'duplicate mutable accounts',
    what: "the treasury's account is the owner's",
    apply: (s) => ({ ix: swap(s.ix, 10, s.ix.keys[8]!.pubkey) }),
    fault: 'WrongTokenOwner',
  },
  { kind: 'arbitrary cpi', what: 'another program as node-registry', apply: (s) => ({ ix: swap(s.ix, 6, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'arbitrary cpi', what: 'another program as token program', apply: (s) => ({ ix: swap(s.ix, 13, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'arbitrary cpi', what: 'another program as associated-token program', apply: (s) => ({ ix: swap(s.ix, 14, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'arbitrary cpi', what: 'another program as system program', apply: (s) => ({ ix: swap(s.ix, 15, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  {
    kind: 'closing accounts',
    what: 'double release',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      return {};
    },
    fault: 'NotLocked',
  },
  {
    kind: 'closing accounts',
    what: 'release after refund',
    apply: (s) => {
      mustPass(new Job(s.world).refund());
      return {};
    },
    fault: 'NotLocked',
  },
  {
    kind: 'closing accounts',
    what: 'double release with the vault brought back to life',
    apply: (s) => {
      const vault = new Job(s.world).vault;
      const image = s.world.chain.account(vault)!;
      mustPass(s.world.chain.send([s.ix], s.signers));
      s.world.chain.forge(vault, image);
      return {};
    },
    fault: 'NotLocked',
  },
  {
    kind: 'bad input',
    what: 'no committed result',
    apply: (s) => {
      const job = new Job(s.world, ids.second);
      mustPass(job.lock(CYXWIZ));
      mustPass(job.assign());
      return { ix: releasePaymentInstruction(job.releaseArgs()) };
    },
    fault: 'NotCommitted',
  },
  {
    kind: 'bad input',
    what: 'a committed result that failed',
    apply: (s) => {
      mustPass(new Job(s.world).fail(1, 'invalid'));
      return {};
    },
    fault: 'AttemptClosed',
  },
  { kind: 'bad input', what: 'another attempt', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(2, 1, 2)) }), fault: 'AttemptOutOfOrder' },
  { kind: 'bad input', what: 'a read-only escrow', apply: (s) => ({ ix: locked(s.ix, 2) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 15) }), fault: 'NotEnoughAccounts' },
]);

test('a failed attempt can not be slashed after the job was paid on the next', () => {
  const world = createWorld();
  const job = new Job(world);
  mustPass(job.lock());
  mustPass(job.assign(1));
  mustPass(job.fail(1, 'released'));
  mustPass(job.assign(2));
  mustPass(job.commit(2));
  mustPass(job.release(2));
  expect(job.fail(1, 'timeout')).toMatchObject({ ok: false, fault: 'NotLocked' });
  expect(nodeState(world).stakeBase).toBe(100n * CYXWIZ);
});
