import { expect, test } from 'vitest';
import { MAX_VERIFY_SECONDS, commitResultInstruction } from '#programs/clients/ts/job-escrow';
import { findEscrowConfigPda } from '#programs/clients/ts/pda';
import { attackSuite, forgedCopy, locked, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { mustPass } from '../support/tokens.ts';
import { CYXWIZ, HOUR, Job, createWorld, hash, ids } from '../support/world.ts';

function scene(): Scene {
  const world = createWorld();
  const job = new Job(world);
  mustPass(job.lock());
  mustPass(job.assign());
  const verifyDeadline = world.chain.seconds + HOUR;
  const ix = commitResultInstruction({ authority: world.authority.publicKey, escrow: job.escrow, attempt: 1, root: hash(9), verifyDeadline });
  return { world, ix, signers: [world.authority] };
}

const deadline = (seconds: bigint) => (data: Uint8Array): Uint8Array => {
  new DataView(data.buffer).setBigUint64(34, seconds, true);
  return data;
};

test('records root, time and slot', () => {
  const { world, ix, signers } = scene();
  world.chain.pass(5n);
  mustPass(world.chain.send([ix], signers));
  const { attempts, verifyDeadline, status } = new Job(world).state();
  expect({ status, verifyDeadline }).toEqual({ status: 'locked', verifyDeadline: world.chain.seconds - 5n + HOUR });
  expect(attempts).toMatchObject([{ root: hash(9), committedAt: world.chain.seconds, commitSlot: world.chain.slot, outcome: 'none' }]);
});

attackSuite('commit_result', scene, [
  { kind: 'signer authorization', what: 'the authority does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs as authority', apply: (s) => strangerSigns(s, 0), fault: 'WrongAuthority' },
  {
    kind: 'signer authorization',
    what: "the node's owner signs as authority",
    apply: (s) => ({ ix: swap(s.ix, 0, s.world.nodeOwner.publicKey), signers: [s.world.nodeOwner] }),
    fault: 'WrongAuthority',
  },
  {
    kind: 'owner checks',
    what: 'a config that another program wrote',
    apply: (s) => ({ ix: swap(s.ix, 2, forgedCopy(s.world.chain, findEscrowConfigPda().address)) }),
    fault: 'WrongOwner',
  },
  {
    kind: 'owner checks',
    what: 'an escrow that another program wrote',
    apply: (s) => ({ ix: swap(s.ix, 1, forgedCopy(s.world.chain, new Job(s.world).escrow)) }),
    fault: 'WrongOwner',
  },
  { kind: 'type cosplay', what: 'the escrow as config', apply: (s) => ({ ix: swap(s.ix, 2, new Job(s.world).escrow) }), fault: 'WrongKind' },
  { kind: 'type cosplay', what: 'the config as escrow', apply: (s) => ({ ix: swap(s.ix, 1, findEscrowConfigPda().address) }), fault: 'WrongKind' },
  {
    kind: 'account data matching',
    what: 'an escrow with no attempt',
    apply: (s) => {
      const other = new Job(s.world, ids.second);
      mustPass(other.lock(CYXWIZ));
      return { ix: swap(s.ix, 1, other.escrow) };
    },
    fault: 'AttemptOutOfOrder',
  },
  {
    kind: 'initialization',
    what: 'a second commit',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      return { ix: withData(s.ix, (data) => data.fill(1, 2, 34)) };
    },
    fault: 'AlreadyCommitted',
  },
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
    what: 'an attempt that has its outcome',
    apply: (s) => {
      mustPass(new Job(s.world).fail(1, 'released'));
      return {};
    },
    fault: 'AttemptClosed',
  },
  { kind: 'bad input', what: 'an attempt that is not the open one', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(2, 1, 2)) }), fault: 'AttemptOutOfOrder' },
  { kind: 'bad input', what: 'a root of zeros', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(0, 2, 34)) }), fault: 'RootIsZero' },
  { kind: 'bad input', what: 'a deadline that has passed', apply: (s) => ({ ix: withData(s.ix, deadline(s.world.chain.seconds)) }), fault: 'BadVerifyDeadline' },
  {
    kind: 'bad input',
    what: 'a deadline of more than 7 days',
    apply: (s) => ({ ix: withData(s.ix, deadline(s.world.chain.seconds + MAX_VERIFY_SECONDS + 1n)) }),
    fault: 'BadVerifyDeadline',
  },
  {
    kind: 'bad input',
    what: 'past the expiry, when the tokens are the requester’s to take',
    apply: (s) => {
      s.world.chain.pass(HOUR);
      return { ix: withData(s.ix, deadline(s.world.chain.seconds + HOUR)) };
    },
    fault: 'Expired',
  },
  { kind: 'bad input', what: 'a read-only escrow', apply: (s) => ({ ix: locked(s.ix, 1) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 2) }), fault: 'NotEnoughAccounts' },
]);
