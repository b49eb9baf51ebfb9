import { expect, test } from 'vitest';
import { decodeRegistryConfig, initializeRegistryInstruction } from '#programs/clients/ts/node-registry';
import { findRegistryConfigPda } from '#programs/clients/ts/pda';
import { NODE_REGISTRY_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { EVIL_PROGRAM, attackSuite, locked, nonCanonical, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { keypair } from '../support/chain.ts';
import { createMint, fund, mustPass } from '../support/tokens.ts';
import { DEPLOYER, emptyWorld } from '../support/world.ts';

function scene(): Scene {
  const world = { ...emptyWorld(), node: keypair('none').publicKey, stakeVault: keypair('none').publicKey };
  const ix = initializeRegistryInstruction({
    payer: world.payer.publicKey,
    deployer: DEPLOYER.publicKey,
    mint: world.mint,
    authority: world.authority.publicKey,
    insuranceOwner: world.insuranceOwner,
  });
  return { world, ix, signers: [world.payer, DEPLOYER] };
}

test('writes the config, also at an address with lamports', () => {
  const { world, ix, signers } = scene();
  world.chain.airdrop(findRegistryConfigPda().address, 1n);
  mustPass(world.chain.send([ix], signers));
  const config = decodeRegistryConfig(world.chain.data(findRegistryConfigPda().address));
  expect(config).toEqual({ authority: world.authority.publicKey, mint: world.mint, insuranceOwner: world.insuranceOwner });
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
    apply: (s) => ({ ix: swap(s.ix, 2, nonCanonical([new TextEncoder().encode('config')], NODE_REGISTRY_PROGRAM_ID).address) }),
    fault: 'WrongAddress',
  },
  { kind: 'account data matching', what: 'a config that is the payer', apply: (s) => ({ ix: swap(s.ix, 2, s.world.payer.publicKey) }), fault: 'WrongAddress' },
  { kind: 'owner checks', what: 'a mint that no token program owns', apply: (s) => ({ ix: swap(s.ix, 3, keypair('nothing').publicKey) }), fault: 'BadMint' },
  {
    kind: 'type cosplay',
    what: 'a token account as mint',
    apply: (s) => ({ ix: swap(s.ix, 3, fund(s.world.chain, s.world.stranger.publicKey, s.world.mint, 1n)) }),
    fault: 'BadMint',
  },
  { kind: 'arbitrary cpi', what: 'another program as system program', apply: (s) => ({ ix: swap(s.ix, 4, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  {
    kind: 'bad input',
    what: 'a mint that can freeze accounts',
    apply: (s) => ({ ix: swap(s.ix, 3, createMint(s.world.chain, keypair('freezing'), { freezeAuthority: EVIL_PROGRAM })) }),
    fault: 'MintCanFreeze',
  },
  { kind: 'bad input', what: 'a read-only payer', apply: (s) => ({ ix: locked(s.ix, 0) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 4) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too few', apply: (s) => ({ ix: withData(s.ix, (data) => data.slice(0, -1)) }), fault: 'MalformedData' },
]);
