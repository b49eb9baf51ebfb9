import { expect, test } from 'vitest';
import { heartbeatInstruction } from '#programs/clients/ts/node-registry';
import { findEscrowConfigPda, findRegistryConfigPda } from '#programs/clients/ts/pda';
import { attackSuite, forgedCopy, locked, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { mustPass } from '../support/tokens.ts';
import { createWorld, nodeState } from '../support/world.ts';

function scene(): Scene {
  const world = createWorld();
  return { world, ix: heartbeatInstruction({ authority: world.authority.publicKey, node: world.node }), signers: [world.authority] };
}

test('writes the time of the chain and nothing else', () => {
  const { world, ix, signers } = scene();
  const before = nodeState(world);
  world.chain.pass(30n);
  mustPass(world.chain.send([ix], signers));
  expect(nodeState(world)).toEqual({ ...before, lastSeen: before.lastSeen + 30n });
});

attackSuite('heartbeat', scene, [
  { kind: 'signer authorization', what: 'the authority does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs as authority', apply: (s) => strangerSigns(s, 0), fault: 'WrongAuthority' },
  {
    kind: 'signer authorization',
    what: "the node's owner signs as authority",
    apply: (s) => ({ ix: swap(s.ix, 0, s.world.nodeOwner.publicKey), signers: [s.world.nodeOwner] }),
    fault: 'WrongAuthority',
  },
  { kind: 'owner checks', what: 'a forged node', apply: (s) => ({ ix: swap(s.ix, 1, forgedCopy(s.world.chain, s.world.node)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: 'a forged config', apply: (s) => ({ ix: swap(s.ix, 2, forgedCopy(s.world.chain, findRegistryConfigPda().address)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: "job-escrow's config", apply: (s) => ({ ix: swap(s.ix, 2, findEscrowConfigPda().address) }), fault: 'WrongOwner' },
  { kind: 'type cosplay', what: 'the node as config', apply: (s) => ({ ix: swap(s.ix, 2, s.world.node) }), fault: 'WrongKind' },
  { kind: 'type cosplay', what: 'the config as node', apply: (s) => ({ ix: swap(s.ix, 1, findRegistryConfigPda().address) }), fault: 'WrongKind' },
  { kind: 'bad input', what: 'a read-only node', apply: (s) => ({ ix: locked(s.ix, 1) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 2) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too many', apply: (s) => ({ ix: withData(s.ix, (data) => Uint8Array.of(...data, 0)) }), fault: 'MalformedData' },
]);
