import { expect, test } from 'vitest';
import { MAX_LOCK_SECONDS, assignNodeInstruction } from '#programs/clients/ts/job-escrow';
import { beginUnstakeInstruction } from '#programs/clients/ts/node-registry';
import { findEscrowConfigPda, findRegistryConfigPda } from '#programs/clients/ts/pda';
import { EVIL_PROGRAM, attackSuite, forgedCopy, locked, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { mustPass } from '../support/tokens.ts';
import { CYXWIZ, DAY, HOUR, Job, createWorld, hash, ids, nodeState, register } from '../support/world.ts';

function scene(): Scene {
  const world = createWorld();
  const job = new Job(world);
  mustPass(job.lock());
  const ix = assignNodeInstruction({
    authority: world.authority.publicKey,
    escrow: job.escrow,
    node: world.node,
    attempt: 1,
    expiresAt: world.chain.seconds + 2n * HOUR,
    drawHash: hash(7),
  });
  return { world, ix, signers: [world.authority] };
}

test('opens an attempt, extends the expiry and enters it on the books of the node', () => {
  const { world, ix, signers } = scene();
  mustPass(world.chain.send([ix], signers));
  const job = new Job(world);
  expect(job.state()).toMatchObject({
    status: 'locked',
    expiresAt: world.chain.seconds + 2n * HOUR,
    attempts: [{ attempt: 1, node: world.node, outcome: 'none', drawHash: hash(7), assignedAt: world.chain.seconds, committedAt: 0n }],
  });
  expect(nodeState(world)).toMatchObject({
    exposureBase: 50n * CYXWIZ,
    open: [{ escrow: job.escrow, attempt: 1, amountBase: 50n * CYXWIZ }],
  });
});

test('an earlier expiry does not shorten the lock', () => {
  const world = createWorld();
  const job = new Job(world);
  mustPass(job.lock());
  mustPass(job.assign(1, world.node, 1n));
  expect(job.state().expiresAt).toBe(world.chain.seconds + HOUR);
});

test('four attempts and no more, each to the next node', () => {
  const world = createWorld({ stakeBase: 1_000n * CYXWIZ });
  const job = new Job(world);
  mustPass(job.lock());
  for (const attempt of [1, 2, 3, 4]) {
    mustPass(job.assign(attempt));
    expect(job.assign(attempt + 1)).toMatchObject({ fault: 'AttemptOpen' });
    mustPass(job.fail(attempt, 'released'));
  }
  expect(job.assign(5)).toMatchObject({ ok: false, fault: 'AttemptsExhausted' });
});

test('the open escrows of a node never exceed its stake', () => {
  const world = createWorld({ stakeBase: 100n * CYXWIZ });
  const [first, second, third] = [new Job(world, ids.first), new Job(world, ids.second), new Job(world, ids.third)];
  mustPass(first.lock(60n * CYXWIZ));
  mustPass(second.lock(40n * CYXWIZ + 1n));
  mustPass(third.lock(40n * CYXWIZ));
  mustPass(first.assign());
  expect(second.assign()).toMatchObject({ ok: false, fault: 'ExposureAboveStake' });
  mustPass(third.assign());
  mustPass(first.fail(1, 'released'));
  expect(second.assign()).toMatchObject({ ok: true });
});

test('a node takes eight open attempts at most', () => {
  const world = createWorld();
  const jobs = Array.from({ length: 9 }, (_, index) => new Job(world, new Uint8Array(16).fill(100 + index)));
  for (const job of jobs) mustPass(job.lock(1n));
  for (const job of jobs.slice(0, 8)) mustPass(job.assign());
  expect(jobs[8]?.assign()).toMatchObject({ ok: false, fault: 'TooManyOpen' });
  mustPass(jobs[3]?.fail(1, 'released') ?? jobs[0]!.assign());
  expect(jobs[8]?.assign()).toMatchObject({ ok: true });
});

attackSuite('assign_node', scene, [
  { kind: 'signer authorization', what: 'the authority does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs as authority', apply: (s) => strangerSigns(s, 0), fault: 'WrongAuthority' },
  {
    kind: 'owner checks',
    what: 'an escrow that another program wrote',
    apply: (s) => ({ ix: swap(s.ix, 1, forgedCopy(s.world.chain, new Job(s.world).escrow)) }),
    fault: 'WrongOwner',
  },
  {
    kind: 'owner checks',
    what: 'a config that another program wrote',
    apply: (s) => ({ ix: swap(s.ix, 2, forgedCopy(s.world.chain, findEscrowConfigPda().address)) }),
    fault: 'WrongOwner',
  },
  {
    kind: 'owner checks',
    what: 'a node that another program wrote',
    apply: (s) => ({ ix: swap(s.ix, 3, forgedCopy(s.world.chain, s.world.node)) }),
    fault: 'WrongOwner',
  },
  { kind: 'owner checks', what: "node-registry's config as config", apply: (s) => ({ ix: swap(s.ix, 2, findRegistryConfigPda().address) }), fault: 'WrongOwner' },
  { kind: 'type cosplay', what: 'the escrow as config', apply: (s) => ({ ix: swap(s.ix, 2, new Job(s.world).escrow) }), fault: 'WrongKind' },
  { kind: 'type cosplay', what: 'the config as escrow', apply: (s) => ({ ix: swap(s.ix, 1, findEscrowConfigPda().address) }), fault: 'WrongKind' },
  { kind: 'type cosplay', what: 'a stake vault as node', apply: (s) => ({ ix: swap(s.ix, 3, s.world.stakeVault) }), fault: 'WrongOwner' },
  { kind: 'arbitrary cpi', what: 'another program as node-registry', apply: (s) => ({ ix: swap(s.ix, 4, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  {
    kind: 'duplicate mutable accounts',
    what: 'the escrow is its own node',
    apply: (s) => ({ ix: swap(s.ix, 3, new Job(s.world).escrow) }),
    fault: 'WrongOwner',
  },
  {
    kind: 'initialization',
    what: 'the same attempt a second time',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      return {};
    },
    fault: 'AttemptOpen',
  },
  { kind: 'bad input', what: 'an attempt out of order', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(2, 1, 2)) }), fault: 'AttemptOutOfOrder' },
  { kind: 'bad input', what: 'attempt 0', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(0, 1, 2)) }), fault: 'AttemptOutOfOrder' },
  {
    kind: 'closing accounts',
    what: 'a refunded escrow',
    apply: (s) => {
      mustPass(new Job(s.world).refund());
      return {};
    },
    fault: 'NotLocked',
  },
  {
    kind: 'bad input',
    what: 'past the expiry',
    apply: (s) => {
      s.world.chain.pass(HOUR);
      return {};
    },
    fault: 'Expired',
  },
  {
    kind: 'bad input',
    what: 'an expiry beyond 30 days after the creation',
    apply: (s) => {
      const job = new Job(s.world);
      const far = s.world.chain.seconds + MAX_LOCK_SECONDS + 1n;
      const args = { authority: s.world.authority.publicKey, escrow: job.escrow, node: s.world.node, attempt: 1, expiresAt: far };
      return { ix: assignNodeInstruction(args) };
    },
    fault: 'BadExpiry',
  },
  {
    kind: 'bad input',
    what: "the requester's own node",
    apply: (s) => ({ ix: swap(s.ix, 3, register(s.world, s.world.requester, ids.second, 100n * CYXWIZ)) }),
    fault: 'SelfAssignment',
  },
  {
    kind: 'bad input',
    what: 'a node that is unstaking',
    apply: (s) => {
      const args = { owner: s.world.nodeOwner.publicKey, node: s.world.node };
      mustPass(s.world.chain.send([beginUnstakeInstruction(args)], [s.world.nodeOwner]));
      return {};
    },
    fault: 'Unstaking',
  },
  {
    kind: 'bad input',
    what: 'a node that is slashed',
    apply: (s) => {
      const other = new Job(s.world, ids.second);
      mustPass(other.lock(CYXWIZ, s.world.chain.seconds + DAY));
      mustPass(other.assign());
      mustPass(other.fail(1, 'timeout'));
      return {};
    },
    fault: 'NodeNotActive',
  },
  { kind: 'bad input', what: 'a read-only escrow', apply: (s) => ({ ix: locked(s.ix, 1) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 4) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too many', apply: (s) => ({ ix: withData(s.ix, (data) => Uint8Array.of(...data, 0)) }), fault: 'MalformedData' },
]);
