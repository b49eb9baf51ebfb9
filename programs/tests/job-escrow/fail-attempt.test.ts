import { describe, expect, test } from 'vitest';
import { ABANDONED_AFTER_SECONDS, failAttemptInstruction } from '#programs/clients/ts/job-escrow';
import { findEscrowConfigPda } from '#programs/clients/ts/pda';
import { EVIL_PROGRAM, attackSuite, forgedCopy, locked, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { keypair } from '../support/chain.ts';
import { balanceOf, createMint, fund, mustPass, tokenBalance } from '../support/tokens.ts';
import { CYXWIZ, DAY, Job, committedJob, createWorld, hash, ids, nodeState, register, type World } from '../support/world.ts';

function scene(): Scene {
  const world = createWorld();
  const job = new Job(world);
  mustPass(job.lock());
  mustPass(job.assign());
  return { world, ix: failAttemptInstruction(job.failArgs(1, 'timeout')), signers: [world.payer, world.authority] };
}

describe('outcomes', () => {
  test('timeout takes 10 % and leaves the escrow locked for the next node', () => {
    const { world, ix, signers } = scene();
    mustPass(world.chain.send([ix], signers));
    const job = new Job(world);
    expect(job.state()).toMatchObject({ status: 'locked', attempts: [{ outcome: 'timeout', evidenceHash: hash(5), banned: false }] });
    expect(tokenBalance(world.chain, job.vault)).toBe(50n * CYXWIZ);
    expect(balanceOf(world.chain, world.insuranceOwner, world.mint)).toBe(10n * CYXWIZ);
    mustPass(job.assign(2, register(world, world.stranger, ids.second, 100n * CYXWIZ)));
  });

  test('invalid takes 25 % and gives the requester the right to refund back', () => {
    const world = createWorld();
    const job = committedJob(world);
    mustPass(job.fail(1, 'invalid'));
    expect(job.state()).toMatchObject({ verifyDeadline: 0n, attempts: [{ outcome: 'invalid' }] });
    expect(balanceOf(world.chain, world.insuranceOwner, world.mint)).toBe(25n * CYXWIZ);
  });

  test('released touches neither stake nor reputation', () => {
    const world = createWorld();
    const job = committedJob(world);
    const before = nodeState(world);
    mustPass(job.fail(1, 'released'));
    expect(nodeState(world)).toEqual({ ...before, open: [], exposureBase: 0n });
    expect(job.state()).toMatchObject({ status: 'locked', attempts: [{ outcome: 'released' }] });
    expect(balanceOf(world.chain, world.insuranceOwner, world.mint)).toBe(0n);
  });
});

describe('an attempt that the platform forgot', () => {
  const byStranger = (world: World, job: Job) => {
    const ix = failAttemptInstruction({ ...job.failArgs(1, 'released'), authority: world.stranger.publicKey });
    return world.chain.send([ix], [world.payer, world.stranger]);
  };

  test('can be released by anybody once its escrow is refunded', () => {
    const { world } = scene();
    const job = new Job(world);
    expect(byStranger(world, job)).toMatchObject({ fault: 'WrongAuthority' });
    mustPass(job.refund());
    mustPass(byStranger(world, job));
    expect(nodeState(world)).toMatchObject({ open: [], exposureBase: 0n });
  });

  test('can be released by anybody 7 days after expiry and verify deadline', () => {
    const world = createWorld();
    const job = new Job(world);
    mustPass(job.lock());
    mustPass(job.assign());
    mustPass(job.commit(1, world.chain.seconds + DAY));
    world.chain.pass(DAY + ABANDONED_AFTER_SECONDS - 1n);
    expect(byStranger(world, job)).toMatchObject({ fault: 'WrongAuthority' });
    world.chain.pass(1n);
    expect(byStranger(world, job)).toMatchObject({ ok: true });
  });

  test('can not be slashed any more once its escrow is settled', () => {
    const { world, ix, signers } = scene();
    mustPass(new Job(world).refund());
    expect(world.chain.send([ix], signers)).toMatchObject({ ok: false, fault: 'NotLocked' });
  });
});

test('a missing insurance account is created', () => {
  const { world, ix, signers } = scene();
  expect(world.chain.account(ix.keys[8]!.pubkey)).toBeUndefined();
  mustPass(world.chain.send([ix], signers));
  expect(tokenBalance(world.chain, ix.keys[8]!.pubkey)).toBe(10n * CYXWIZ);
});

attackSuite('fail_attempt', scene, [
  { kind: 'signer authorization', what: 'the payer does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'the authority does not sign', apply: (s) => unsigned(s, 1), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs as authority', apply: (s) => strangerSigns(s, 1), fault: 'WrongAuthority' },
  {
    kind: 'signer authorization',
    what: 'the requester signs as authority',
    apply: (s) => ({ ix: swap(s.ix, 1, s.world.requester.publicKey), signers: [s.world.payer, s.world.requester] }),
    fault: 'WrongAuthority',
  },
  { kind: 'owner checks', what: 'a forged escrow', apply: (s) => ({ ix: swap(s.ix, 2, forgedCopy(s.world.chain, new Job(s.world).escrow)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: 'a forged config', apply: (s) => ({ ix: swap(s.ix, 3, forgedCopy(s.world.chain, findEscrowConfigPda().address)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: "a forged config of the registry", apply: (s) => ({ ix: swap(s.ix, 6, forgedCopy(s.world.chain, s.ix.keys[6]!.pubkey)) }), fault: 'WrongOwner' },
  { kind: 'type cosplay', what: 'the config as escrow', apply: (s) => ({ ix: swap(s.ix, 2, findEscrowConfigPda().address) }), fault: 'WrongKind' },
  { kind: 'type cosplay', what: 'the node as config of the registry', apply: (s) => ({ ix: swap(s.ix, 6, s.world.node) }), fault: 'WrongKind' },
  {
    kind: 'account data matching',
    what: 'a node that the job was not assigned to',
    apply: (s) => ({ ix: swap(s.ix, 4, register(s.world, s.world.stranger, ids.second, 100n * CYXWIZ)) }),
    fault: 'WrongNode',
  },
  {
    kind: 'account data matching',
    what: "the slashed tokens go to the stranger's account",
    apply: (s) => {
      const mine = fund(s.world.chain, s.world.stranger.publicKey, s.world.mint, 1n);
      return { ix: swap(swap(s.ix, 8, mine), 9, s.world.stranger.publicKey) };
    },
    fault: 'WrongTokenOwner',
  },
  { kind: 'account data matching', what: 'wrong mint', apply: (s) => ({ ix: swap(s.ix, 10, createMint(s.world.chain, keypair('other mint'))) }), fault: 'WrongMint' },
  { kind: 'account data matching', what: 'wrong vault', apply: (s) => ({ ix: swap(s.ix, 7, new Job(s.world).vault) }), fault: 'WrongAddress' },
  {
    kind: 'pda sharing',
    what: "another node's stake",
    apply: (s) => {
      const other = register(s.world, s.world.stranger, ids.second, 100n * CYXWIZ);
      const args = { ...new Job(s.world).failArgs(1, 'timeout'), node: other };
      return { ix: swap(s.ix, 7, failAttemptInstruction(args).keys[7]!.pubkey) };
    },
    fault: 'WrongAddress',
  },
  {
    kind: 'duplicate mutable accounts',
    what: 'the stake is its own insurance',
    apply: (s) => ({ ix: swap(s.ix, 8, s.world.stakeVault) }),
    fault: 'WrongTokenOwner',
  },
  { kind: 'arbitrary cpi', what: 'another program as node-registry', apply: (s) => ({ ix: swap(s.ix, 5, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'arbitrary cpi', what: 'another program as token program', apply: (s) => ({ ix: swap(s.ix, 11, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'arbitrary cpi', what: 'another program as associated-token program', apply: (s) => ({ ix: swap(s.ix, 12, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'arbitrary cpi', what: 'another program as system program', apply: (s) => ({ ix: swap(s.ix, 13, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  {
    kind: 'closing accounts',
    what: 'the same failure a second time',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      return {};
    },
    fault: 'AttemptClosed',
  },
  {
    kind: 'closing accounts',
    what: 'a slash of what was paid',
    apply: (s) => {
      const job = new Job(s.world);
      mustPass(job.commit());
      mustPass(job.release());
      return {};
    },
    fault: 'NotLocked',
  },
  { kind: 'bad input', what: 'invalid without a committed result', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(3, 2, 3)) }), fault: 'NotCommitted' },
  {
    kind: 'bad input',
    what: 'timeout of a committed result',
    apply: (s) => {
      mustPass(new Job(s.world).commit());
      return {};
    },
    fault: 'AlreadyCommitted',
  },
  { kind: 'bad input', what: 'an unknown reason', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(1, 2, 3)) }), fault: 'BadReason' },
  { kind: 'bad input', what: 'no evidence', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(0, 4)) }), fault: 'BadReason' },
  {
    kind: 'bad input',
    what: 'a ban without fault',
    apply: (s) => ({ ix: failAttemptInstruction({ ...new Job(s.world).failArgs(1, 'released'), ban: true }) }),
    fault: 'BadReason',
  },
  { kind: 'bad input', what: 'a ban at the first failure', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(1, 3, 4)) }), fault: 'BanTooEarly' },
  { kind: 'bad input', what: 'a ban flag of 2', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(2, 3, 4)) }), fault: 'MalformedData' },
  { kind: 'bad input', what: 'another attempt', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(2, 1, 2)) }), fault: 'AttemptOutOfOrder' },
  { kind: 'bad input', what: 'a read-only escrow', apply: (s) => ({ ix: locked(s.ix, 2) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 13) }), fault: 'NotEnoughAccounts' },
]);
