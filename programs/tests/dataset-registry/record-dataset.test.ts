import { expect, test } from 'vitest';
import { decodeDataset, recordDatasetInstruction } from '#programs/clients/ts/dataset-registry';
import { findDatasetConfigPda, findDatasetPda } from '#programs/clients/ts/pda';
import { DATASET_REGISTRY_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { EVIL_PROGRAM, attackSuite, forgedCopy, locked, nonCanonical, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { cid, recordArgs, shards } from '../support/datasets.ts';
import { mustPass } from '../support/tokens.ts';
import { createWorld, hash } from '../support/world.ts';

function scene(): Scene {
  const world = createWorld();
  return { world, ix: recordDatasetInstruction(recordArgs(world, world.requester)), signers: [world.payer, world.requester] };
}
const address = (s: Pick<Scene, 'world'>) => findDatasetPda({ owner: s.world.requester.publicKey, cid: cid(3) }).address;

test('records every field', () => {
  const { world, ix, signers } = scene();
  world.chain.airdrop(address({ world }), 1n);
  mustPass(world.chain.send([ix], signers));
  expect(decodeDataset(world.chain.data(address({ world })))).toEqual({
    cid: cid(3),
    owner: world.requester.publicKey,
    recordedBy: 'owner',
    sizeBytes: 7_840_000n,
    recordedAt: world.chain.seconds,
    updatedAt: world.chain.seconds,
    encryptionKeyHash: hash(4),
    shardLocations: shards(1),
  });
});

test('the platform may record on the owner’s behalf, and the record says so', () => {
  const { world } = scene();
  mustPass(world.chain.send([recordDatasetInstruction(recordArgs(world, world.authority))], [world.payer, world.authority]));
  expect(decodeDataset(world.chain.data(address({ world })))).toMatchObject({ recordedBy: 'platform', owner: world.requester.publicKey });
});

attackSuite('record_dataset', scene, [
  { kind: 'signer authorization', what: 'the payer does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'the owner does not sign', apply: (s) => unsigned(s, 1), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger records in the owner’s name', apply: (s) => strangerSigns(s, 1), fault: 'WrongAuthority' },
  {
    kind: 'account data matching',
    what: "another owner's address",
    apply: (s) => ({ ix: swap(s.ix, 3, findDatasetPda({ owner: s.world.stranger.publicKey, cid: cid(3) }).address) }),
    fault: 'WrongAddress',
  },
  {
    kind: 'account data matching',
    what: "another CID's address",
    apply: (s) => ({ ix: swap(s.ix, 3, findDatasetPda({ owner: s.world.requester.publicKey, cid: cid(8) }).address) }),
    fault: 'WrongAddress',
  },
  { kind: 'owner checks', what: 'a forged config', apply: (s) => ({ ix: swap(s.ix, 4, forgedCopy(s.world.chain, findDatasetConfigPda().address)) }), fault: 'WrongOwner' },
  {
    kind: 'type cosplay',
    what: 'a dataset as config',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      return { ix: swap(recordDatasetInstruction({ ...recordArgs(s.world, s.world.requester), cid: cid(9) }), 4, address(s)) };
    },
    fault: 'WrongKind',
  },
  {
    kind: 'initialization',
    what: 'the same dataset again, with another key hash',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      return { ix: withData(s.ix, (data) => data.fill(1, 45, 77)) };
    },
    fault: 'AlreadyExists',
  },
  {
    kind: 'bump seed canonicalization',
    what: 'a second record at another bump',
    apply: (s) => {
      const seeds = [new TextEncoder().encode('dataset'), s.world.requester.publicKey.toBytes(), hash(3)];
      return { ix: swap(s.ix, 3, nonCanonical(seeds, DATASET_REGISTRY_PROGRAM_ID).address) };
    },
    fault: 'WrongAddress',
  },
  { kind: 'arbitrary cpi', what: 'another program as system program', apply: (s) => ({ ix: swap(s.ix, 5, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'bad input', what: 'a CID of version 0', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(0, 1, 2)) }), fault: 'BadCid' },
  { kind: 'bad input', what: 'a CID with another hash', apply: (s) => ({ ix: withData(s.ix, (data) => data.fill(0x1e, 3, 4)) }), fault: 'BadCid' },
  { kind: 'bad input', what: 'a read-only payer', apply: (s) => ({ ix: locked(s.ix, 0) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 5) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too few', apply: (s) => ({ ix: withData(s.ix, (data) => data.slice(0, -1)) }), fault: 'MalformedData' },
]);
