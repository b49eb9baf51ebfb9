import { SystemProgram } from '@solana/web3.js';
import { expect, test } from 'vitest';
import { decodeEscrowConfig, initializeEscrowInstruction } from '#programs/clients/ts/job-escrow';
import { findEscrowConfigPda } from '#programs/clients/ts/pda';
import { JOB_ESCROW_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { EVIL_PROGRAM, attackSuite, locked, nonCanonical, strangerSigns, swap, truncate, unsigned, withData, type Scene } from '../support/attacks.ts';
import { keypair } from '../support/chain.ts';
import { createMint, mustPass } from '../support/tokens.ts';
import { DEPLOYER, createWorld, emptyWorld, ids } from '../support/world.ts';

function scene(): Scene {
  const world = { ...emptyWorld(), node: keypair('none').publicKey, stakeVault: keypair('none').publicKey };
  const ix = initializeEscrowInstruction({
    payer: world.payer.publicKey,
    deployer: DEPLOYER.publicKey,
    mint: world.mint,
    authority: world.authority.publicKey,
    treasuryOwner: world.treasuryOwner,
  });
  return { world, ix, signers: [world.payer, DEPLOYER] };
}

test('writes the config', () => {
  const { world, ix, signers } = scene();
  mustPass(world.chain.send([ix], signers));
  const config = decodeEscrowConfig(world.chain.data(findEscrowConfigPda().address));
  expect(config).toEqual({ authority: world.authority.publicKey, mint: world.mint, treasuryOwner: world.treasuryOwner });
  expect(world.chain.data(findEscrowConfigPda().address)[2]).toBe(findEscrowConfigPda().bump);
});

test('works when somebody sent lamports to the address before', () => {
  const { world, ix, signers } = scene();
  world.chain.airdrop(findEscrowConfigPda().address, 1n);
  expect(world.chain.send([ix], signers)).toMatchObject({ ok: true });
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
    apply: (s) => ({ ix: swap(s.ix, 2, nonCanonical([new TextEncoder().encode('config')], JOB_ESCROW_PROGRAM_ID).address) }),
    fault: 'WrongAddress',
  },
  { kind: 'account data matching', what: 'a config that is the payer', apply: (s) => ({ ix: swap(s.ix, 2, s.world.payer.publicKey) }), fault: 'WrongAddress' },
  { kind: 'owner checks', what: 'a mint that no token program owns', apply: (s) => ({ ix: swap(s.ix, 3, keypair('nothing').publicKey) }), fault: 'BadMint' },
  {
    kind: 'type cosplay',
    what: 'a token program account that is no mint',
    apply: (s) => ({ ix: swap(s.ix, 3, SystemProgram.programId) }),
    fault: 'BadMint',
  },
  { kind: 'arbitrary cpi', what: 'another program as system program', apply: (s) => ({ ix: swap(s.ix, 4, EVIL_PROGRAM) }), fault: 'WrongProgram' },
  {
    kind: 'bad input',
    what: 'a mint that can freeze accounts',
    apply: (s) => ({ ix: swap(s.ix, 3, createMint(s.world.chain, keypair('freezing'), { freezeAuthority: EVIL_PROGRAM })) }),
    fault: 'MintCanFreeze',
  },
  {
    kind: 'bad input',
    what: 'a mint with other decimals',
    apply: (s) => ({ ix: swap(s.ix, 3, createMint(s.world.chain, keypair('six'), { decimals: 6 })) }),
    fault: 'BadMint',
  },
  { kind: 'bad input', what: 'a read-only payer', apply: (s) => ({ ix: locked(s.ix, 0) }), fault: 'NotWritable' },
  { kind: 'bad input', what: 'an account too few', apply: (s) => ({ ix: truncate(s.ix, 4) }), fault: 'NotEnoughAccounts' },
  { kind: 'bad input', what: 'a byte too many', apply: (s) => ({ ix: withData(s.ix, (data) => Uint8Array.of(...data, 0)) }), fault: 'MalformedData' },
]);

test('an unknown instruction and empty data are refused', () => {
  const { chain } = createWorld();
  const { ix } = scene();
  for (const data of [new Uint8Array(0), Uint8Array.of(200, ...ids.first)]) {
    const bad = locked(withData(ix, () => data), 0);
    bad.keys.forEach((key) => (key.isSigner = false));
    expect(chain.send([bad])).toMatchObject({ ok: false, fault: 'MalformedData' });
  }
});
