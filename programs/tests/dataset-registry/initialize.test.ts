import { expect, test } from 'vitest';
import { decodeDatasetConfig, initializeDatasetsInstruction } from '#programs/clients/ts/dataset-registry';
import { findDatasetConfigPda } from '#programs/clients/ts/pda';
import { DATASET_REGISTRY_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { EVIL_PROGRAM, attackSuite, locked, nonCanonical, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { keypair } from '../support/chain.ts';
import { mustPass } from '../support/tokens.ts';
import { DEPLOYER, emptyWorld } from '../support/world.ts';

function scene(): Scene {
  const world = { ...emptyWorld(), node: keypair('none').publicKey, stakeVault: keypair('none').publicKey };
  const ix = initializeDatasetsInstruction({ payer: world.payer.publicKey, deployer: DEPLOYER.publicKey, authority: world.authority.publicKey });
  return { world, ix, signers: [world.payer, DEPLOYER] };
}

test('writes the config, also at an address with lamports', () => {
  const { world, ix, signers } = scene();
  world.chain.airdrop(findDatasetConfigPda().address, 1n);
  mustPass(world.chain.send([ix], signers));
  expect(decodeDatasetConfig(world.chain.data(findDatasetConfigPda().address))).toEqual({ authority: world.authority.publicKey });
});

attackSuite('initialize', scene, [
  { kind: 'signer authorization', what: 'the payer does not sign', apply: (s) => unsigned(s, 0), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'the deployer does not sign', apply: (s) => unsigned(s, 1), fault: 'MissingSigner' },
  { kind: 'signer authorization', what: 'a stranger signs as deployer', apply: (s) => strangerSigns(s, 1), fault: 'WrongAuthority' },
  {
    kind: 'initialization',
    what: 'a second initialisation, with another operator',
    apply: (s) => {
      mustPass(s.world.chain.send([s.ix], s.signers));
      return { ix: withData(s.ix, (data) => data.fill(1, 1, 33)) };
    },
    fault: 'AlreadyExists',
  },
  {
    kind: 'bump seed canonicalization',
    what: 'a config at another bump',
    apply: (s) => ({ ix: swap(s.ix, 2, nonCanonical([new TextEncoder().encode('config')], DATASET_REGISTRY_PROGRAM_ID).address) }),
    fault: 'WrongAddress',
  },
  { kind: 'arbitrary cpi', what: 'another program as system program', apply: (s) => ({ ix: swap(s.ix, 3, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  { kind: 'bad input', what: 'a read-only payer', apply: (s) => ({ ix: locked(s.ix, 0) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 3) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too few', apply: (s) => ({ ix: withData(s.ix, (data) => data.slice(0, -1)) }), fault: 'MalformedData' },
]);
