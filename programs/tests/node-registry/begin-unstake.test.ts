import { expect, test } from 'vitest';
import { UNSTAKE_LOCK_SECONDS, beginUnstakeInstruction, withdrawUnstakeInstruction } from '#programs/clients/ts/node-registry';
import { findRegistryConfigPda } from '#programs/clients/ts/pda';
import { attackSuite, forgedCopy, locked, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { balanceOf, mustPass } from '../support/tokens.ts';
import { CYXWIZ, Job, createWorld, nodeState } from '../support/world.ts';

function scene(): Scene {
  const world = createWorld();
  return { world, ix: beginUnstakeInstruction({ owner: world.nodeOwner.publicKey, node: world.node }), signers: [world.nodeOwner] };
}

test('starts a lock of 7 days', () => {
  const { world, ix, signers } = scene();
  mustPass(world.chain.send([ix], signers));
  expect(nodeState(world)).toMatchObject({ unstakeAt: world.chain.seconds + UNSTAKE_LOCK_SECONDS, status: 'active', stakeBase: 100n * CYXWIZ });
});

test('a slash during the lock still counts', () => {
  const { world, ix, signers } = scene();
  const job = new Job(world);
  mustPass(job.lock());
  mustPass(job.assign());
  mustPass(world.chain.send([ix], signers));
  mustPass(job.fail(1, 'timeout'));
  expect(nodeState(world)).toMatchObject({ status: 'slashed', stakeBase: 90n * CYXWIZ });
  expect(balanceOf(world.chain, world.insuranceOwner, world.mint)).toBe(10n * CYXWIZ);
});

attackSuite('begin_unstake', scene, [
  { kind: 'signer authorization', what: 'the owner does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs as owner', apply: (s) => strangerSigns(s, 0), fault: 'WrongAuthority' },
  {
    kind: 'signer authorization',
    what: 'the authority signs as owner',
    apply: (s) => ({ ix: swap(s.ix, 0, s.world.authority.publicKey), signers: [s.world.authority] }),
    fault: 'WrongAuthority',
  },
  { kind: 'owner checks', what: 'a forged node', apply: (s) => ({ ix: swap(s.ix, 1, forgedCopy(s.world.chain, s.world.node)) }), fault: 'WrongOwner' },
  { kind: 'type cosplay', what: 'the config as node', apply: (s) => ({ ix: swap(s.ix, 1, findRegistryConfigPda().address) }), fault: 'WrongKind' },
  {
    kind: 'initialization',
    what: 'a second time, to move the date',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      s.world.chain.pass(1n);
      return {};
    },
    fault: 'Unstaking',
  },
  {
    kind: 'closing accounts',
    what: 'a node whose stake is withdrawn',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      s.world.chain.pass(UNSTAKE_LOCK_SECONDS);
      const args = { payer: s.world.payer.publicKey, owner: s.world.nodeOwner.publicKey, node: s.world.node, mint: s.world.mint };
      mustPass(s.world.chain.send([withdrawUnstakeInstruction(args)], [s.world.payer, s.world.nodeOwner]));
      return {};
    },
    fault: 'NothingStaked',
  },
  { kind: 'bad input', what: 'a read-only node', apply: (s) => ({ ix: locked(s.ix, 1) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 1) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too many', apply: (s) => ({ ix: withData(s.ix, (data) => Uint8Array.of(...data, 0)) }), fault: 'MalformedData' },
]);
