import { expect, test } from 'vitest';
import { beginUnstakeInstruction, cancelUnstakeInstruction } from '#programs/clients/ts/node-registry';
import { findRegistryConfigPda } from '#programs/clients/ts/pda';
import { attackSuite, forgedCopy, locked, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { mustPass } from '../support/tokens.ts';
import { Job, createWorld, nodeState } from '../support/world.ts';

function scene(): Scene {
  const world = createWorld();
  const args = { owner: world.nodeOwner.publicKey, node: world.node };
  mustPass(world.chain.send([beginUnstakeInstruction(args)], [world.nodeOwner]));
  return { world, ix: cancelUnstakeInstruction(args), signers: [world.nodeOwner] };
}

test('the node gets jobs again', () => {
  const { world, ix, signers } = scene();
  const job = new Job(world);
  mustPass(job.lock());
  expect(job.assign()).toMatchObject({ fault: 'Unstaking' });
  mustPass(world.chain.send([ix], signers));
  expect(nodeState(world).unstakeAt).toBe(0n);
  mustPass(job.assign());
});

attackSuite('cancel_unstake', scene, [
  { kind: 'signer authorization', what: 'the owner does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs as owner', apply: (s) => strangerSigns(s, 0), fault: 'WrongAuthority' },
  { kind: 'owner checks', what: 'a forged node', apply: (s) => ({ ix: swap(s.ix, 1, forgedCopy(s.world.chain, s.world.node)) }), fault: 'WrongOwner' },
  { kind: 'type cosplay', what: 'the config as node', apply: (s) => ({ ix: swap(s.ix, 1, findRegistryConfigPda().address) }), fault: 'WrongKind' },
  {
    kind: 'initialization',
    what: 'a second time',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      return {};
    },
    fault: 'NotUnstaking',
  },
  { kind: 'bad input', what: 'a read-only node', apply: (s) => ({ ix: locked(s.ix, 1) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 1) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too many', apply: (s) => ({ ix: withData(s.ix, (data) => Uint8Array.of(...data, 0)) }), fault: 'MalformedData' },
]);
