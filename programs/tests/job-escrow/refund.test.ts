import { describe, expect, test } from 'vitest';
import { failAttemptInstruction, refundInstruction } from '#programs/clients/ts/job-escrow';
import { findEscrowConfigPda } from '#programs/clients/ts/pda';
import { JOB_ESCROW_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { EVIL_PROGRAM, append, attackSuite, forgedCopy, locked, nonCanonical, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { keypair } from '../support/chain.ts';
import { balanceOf, closeTokenAccount, createMint, donate, fund, mustPass, openTokenAccount, tokenBalance } from '../support/tokens.ts';
import { CYXWIZ, DAY, HOUR, Job, committedJob, createWorld, ids, nodeState } from '../support/world.ts';

/** The requester, alone, after the expiry. */
function scene(): Scene {
  const world = createWorld();
  const job = new Job(world);
  mustPass(job.lock());
  world.chain.pass(HOUR);
  return { world, ix: refundInstruction(job.refundArgs(world.requester.publicKey)), signers: [world.payer, world.requester] };
}

describe('who may refund, and when', () => {
  test('the authority at any time, to the last unit', () => {
    const world = createWorld();
    const job = new Job(world);
    mustPass(job.lock());
    mustPass(job.refund());
    expect(job.state()).toMatchObject({ status: 'refunded', settledAt: world.chain.seconds });
    expect(balanceOf(world.chain, world.requester.publicKey, world.mint)).toBe(1_000n * CYXWIZ);
    expect(world.chain.account(job.vault)).toBeUndefined();
  });

  test('the requester alone from the second of the expiry on, with nobody else’s help', () => {
    const world = createWorld();
    const job = new Job(world);
    mustPass(job.lock());
    world.chain.pass(HOUR - 1n);
    expect(job.refund(world.requester)).toMatchObject({ fault: 'NotExpired' });
    world.chain.pass(1n);
    const args = { ...job.refundArgs(world.requester.publicKey), payer: world.requester.publicKey };
    mustPass(world.chain.send([refundInstruction(args)], [world.requester]));
    expect(balanceOf(world.chain, world.requester.publicKey, world.mint)).toBe(1_000n * CYXWIZ);
  });

  test('not while a committed result waits for its verdict', () => {
    const world = createWorld();
    const job = new Job(world);
    mustPass(job.lock());
    mustPass(job.assign());
    mustPass(job.commit(1, world.chain.seconds + DAY));
    world.chain.pass(DAY - 1n);
    expect(job.refund(world.requester)).toMatchObject({ fault: 'VerdictPending' });
    world.chain.pass(1n);
    expect(job.refund(world.requester)).toMatchObject({ ok: true });
  });

  test('but again as soon as that result has failed', () => {
    const world = createWorld();
    const job = new Job(world);
    mustPass(job.lock());
    mustPass(job.assign());
    mustPass(job.commit(1, world.chain.seconds + DAY));
    mustPass(job.fail(1, 'invalid'));
    world.chain.pass(HOUR);
    expect(job.refund(world.requester)).toMatchObject({ ok: true });
  });
});

describe('money', () => {
  test.each([1n, 9n, 10n, 11n, 2n ** 64n - 1n])('an amount of %s comes back whole', (amountBase) => {
    const world = createWorld({ requesterBase: amountBase, stakeBase: 0n });
    const job = new Job(world);
    mustPass(job.lock(amountBase));
    mustPass(job.refund());
    expect(balanceOf(world.chain, world.requester.publicKey, world.mint)).toBe(amountBase);
  });

  test('a donated unit does not block the refund', () => {
    const { world, ix, signers } = scene();
    donate(world.chain, world.mint, new Job(world).vault, 1n);
    mustPass(world.chain.send([ix], signers));
    expect(balanceOf(world.chain, world.requester.publicKey, world.mint)).toBe(1_000n * CYXWIZ + 1n);
  });

  test('a missing token account of the requester is created', () => {
    const { world, ix, signers } = scene();
    closeTokenAccount(world.chain, world.requester, world.mint, openTokenAccount(world.chain, world.stranger.publicKey, world.mint));
    expect(world.chain.account(ix.keys[6]!.pubkey)).toBeUndefined();
    mustPass(world.chain.send([ix], signers));
    expect(tokenBalance(world.chain, ix.keys[6]!.pubkey)).toBe(50n * CYXWIZ);
  });

  test('the rent of the vault goes back to who paid it', () => {
    const { world, ix, signers } = scene();
    const rentLamports = world.chain.account(new Job(world).vault)!.lamports;
    const before = world.chain.account(world.payer.publicKey)!.lamports;
    mustPass(world.chain.send([ix], signers));
    expect(world.chain.account(world.payer.publicKey)!.lamports - before).toBe(rentLamports);
  });
});

test('an open attempt leaves the books in the same transaction when the platform adds a release', () => {
  const world = createWorld();
  const job = new Job(world);
  mustPass(job.lock());
  mustPass(job.assign());
  const cancel = [failAttemptInstruction(job.failArgs(1, 'released')), refundInstruction(job.refundArgs(world.authority.publicKey))];
  mustPass(world.chain.send(cancel, [world.payer, world.authority]));
  expect(nodeState(world)).toMatchObject({ open: [], exposureBase: 0n, stakeBase: 100n * CYXWIZ });
});

attackSuite('refund', scene, [
  { kind: 'signer authorization', what: 'the payer does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'the requester does not sign', apply: (s) => unsigned(s, 1), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs', apply: (s) => strangerSigns(s, 1), fault: 'WrongAuthority' },
  { kind: 'owner checks', what: 'a forged escrow', apply: (s) => ({ ix: swap(s.ix, 2, forgedCopy(s.world.chain, new Job(s.world).escrow)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: 'a forged config', apply: (s) => ({ ix: swap(s.ix, 4, forgedCopy(s.world.chain, findEscrowConfigPda().address)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: 'a forged token account', apply: (s) => ({ ix: swap(s.ix, 6, forgedCopy(s.world.chain, s.ix.keys[6]!.pubkey)) }), fault: 'WrongOwner' },
  { kind: 'type cosplay', what: 'the escrow as config', apply: (s) => ({ ix: swap(s.ix, 4, new Job(s.world).escrow) }), fault: 'WrongKind' },
  { kind: 'type cosplay', what: 'the config as escrow', apply: (s) => ({ ix: swap(s.ix, 2, findEscrowConfigPda().address) }), fault: 'WrongKind' },
  { kind: 'account data matching', what: 'another requester', apply: (s) => ({ ix: swap(s.ix, 5, s.world.stranger.publicKey) }), fault: 'WrongAddress' },
  {
    kind: 'account data matching',
    what: "the stranger's token account",
    apply: (s) => ({ ix: swap(s.ix, 6, fund(s.world.chain, s.world.stranger.publicKey, s.world.mint, 1n)) }),
    fault: 'WrongTokenOwner',
  },
  { kind: 'account data matching', what: 'another rent payer', apply: (s) => ({ ix: swap(s.ix, 7, s.world.stranger.publicKey) }), fault: 'WrongAddress' },
  { kind: 'account data matching', what: 'wrong mint', apply: (s) => ({ ix: swap(s.ix, 8, createMint(s.world.chain, keypair('other mint'))) }), fault: 'WrongMint' },
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
  { kind: 'duplicate mutable accounts', what: 'the vault is the recipient', apply: (s) => ({ ix: swap(s.ix, 6, new Job(s.world).vault) }), fault: 'WrongTokenOwner' },
  { kind: 'arbitrary cpi', what: 'another program as token program', apply: (s) => ({ ix: swap(s.ix, 9, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  {
    kind: 'arbitrary cpi',
    what: 'another program as associated-token program',
    apply: (s) => {
      closeTokenAccount(s.world.chain, s.world.requester, s.world.mint, openTokenAccount(s.world.chain, s.world.stranger.publicKey, s.world.mint));
      return { ix: swap(s.ix, 10, EVIL_PROGRAM) };
    },
    fault: 'WrongProgram',
  },
  { kind: 'arbitrary cpi', what: 'another program as system program', apply: (s) => ({ ix: swap(s.ix, 11, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  {
    kind: 'closing accounts',
    what: 'double refund',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      return {};
    },
    fault: 'NotLocked',
  },
  {
    kind: 'closing accounts',
    what: 'double refund with the vault brought back to life',
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
    kind: 'closing accounts',
    what: 'refund after release',
    apply: (s) => {
      const job = committedJob(s.world, CYXWIZ, ids.second);
      mustPass(job.release());
      return { ix: refundInstruction(job.refundArgs(s.world.authority.publicKey)), signers: [s.world.payer, s.world.authority] };
    },
    fault: 'NotLocked',
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
    fault: 'NotExpired',
  },
  { kind: 'bad input', what: 'a read-only escrow', apply: (s) => ({ ix: locked(s.ix, 2) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 11) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too many', apply: (s) => ({ ix: withData(s.ix, (data) => Uint8Array.of(...data, 0)) }), fault: 'MalformedData' },
]);
