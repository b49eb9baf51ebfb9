import { expect, test } from 'vitest';
import { decodeDataset, recordDatasetInstruction, updateShardsInstruction } from '#programs/clients/ts/dataset-registry';
import { findDatasetConfigPda, findDatasetPda } from '#programs/clients/ts/pda';
import { attackSuite, forgedCopy, locked, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { cid, recordArgs, shards } from '../support/datasets.ts';
import { mustPass } from '../support/tokens.ts';
import { createWorld } from '../support/world.ts';

function scene(): Scene {
  const world = createWorld();
  mustPass(world.chain.send([recordDatasetInstruction(recordArgs(world, world.requester))], [world.payer, world.requester]));
  const dataset = findDatasetPda({ owner: world.requester.publicKey, cid: cid(3) }).address;
  const ix = updateShardsInstruction({ authority: world.authority.publicKey, dataset, shardLocations: shards(100) });
  return { world, ix, signers: [world.authority] };
}

test('moves the shards and nothing else', () => {
  const { world, ix, signers } = scene();
  const dataset = ix.keys[1]!.pubkey;
  const before = decodeDataset(world.chain.data(dataset));
  world.chain.pass(60n);
  mustPass(world.chain.send([ix], signers));
  expect(decodeDataset(world.chain.data(dataset))).toEqual({ ...before, shardLocations: shards(100), updatedAt: before.updatedAt + 60n });
});

attackSuite('update_shards', scene, [
  { kind: 'signer authorization', what: 'the authority does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs as authority', apply: (s) => strangerSigns(s, 0), fault: 'WrongAuthority' },
  {
    kind: 'signer authorization',
    what: 'the owner signs as authority',
    apply: (s) => ({ ix: swap(s.ix, 0, s.world.requester.publicKey), signers: [s.world.requester] }),
    fault: 'WrongAuthority',
  },
  { kind: 'owner checks', what: 'a forged dataset', apply: (s) => ({ ix: swap(s.ix, 1, forgedCopy(s.world.chain, s.ix.keys[1]!.pubkey)) }), fault: 'WrongOwner' },
  { kind: 'owner checks', what: 'a forged config', apply: (s) => ({ ix: swap(s.ix, 2, forgedCopy(s.world.chain, findDatasetConfigPda().address)) }), fault: 'WrongOwner' },
  { kind: 'type cosplay', what: 'the config as dataset', apply: (s) => ({ ix: swap(s.ix, 1, findDatasetConfigPda().address) }), fault: 'WrongKind' },
  { kind: 'type cosplay', what: 'the dataset as config', apply: (s) => ({ ix: swap(s.ix, 2, s.ix.keys[1]!.pubkey) }), fault: 'WrongKind' },
  { kind: 'bad input', what: 'a read-only dataset', apply: (s) => ({ ix: locked(s.ix, 1) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 2) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too many', apply: (s) => ({ ix: withData(s.ix, (data) => Uint8Array.of(...data, 0)) }), fault: 'MalformedData' },
]);
