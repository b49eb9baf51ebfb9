import { TransactionInstruction, type PublicKey } from '@solana/web3.js';
import { ByteWriter } from '#programs/clients/ts/bytes';
import { NODE_REGISTRY_INSTRUCTIONS as TAG } from '#programs/clients/ts/node-registry';
import { findAssociatedTokenAddress, findRegistryConfigPda } from '#programs/clients/ts/pda';
import { ESCROW_LAYOUT } from '#programs/clients/ts/job-escrow';
import { JOB_ESCROW_PROGRAM_ID, NODE_REGISTRY_PROGRAM_ID, TOKEN_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { expect, test } from 'vitest';
import { keypair, type Outcome } from './chain.ts';
import { fund, mustPass } from './tokens.ts';
import { CYXWIZ, Job, createWorld, hash, nodeState, type World } from './world.ts';

/** The instructions that only job-escrow may call. */
export type CpiOnly = 'openAttempt' | 'updateReputation' | 'slashStake' | 'releaseAttempt';

/** What job-escrow would send, with whatever account somebody claims to be the escrow. */
function directCall(world: World, name: CpiOnly, escrow: PublicKey, signs: boolean): TransactionInstruction {
  const data = new ByteWriter().u8(TAG[name]).u8(1);
  if (name === 'openAttempt') data.u64(CYXWIZ);
  if (name === 'updateReputation') data.u64(1n);
  if (name === 'slashStake') data.u8(1).bytes(hash(5), 32, 'evidence');
  const keys = [
    { pubkey: escrow, isSigner: signs, isWritable: false },
    { pubkey: world.node, isSigner: false, isWritable: true },
  ];
  if (name === 'slashStake') {
    const insurance = findAssociatedTokenAddress({ owner: world.insuranceOwner, mint: world.mint });
    keys.push(
      { pubkey: findRegistryConfigPda().address, isSigner: false, isWritable: false },
      { pubkey: world.stakeVault, isSigner: false, isWritable: true },
      { pubkey: insurance, isSigner: false, isWritable: true },
      { pubkey: TOKEN_PROGRAM_ID, isSigner: false, isWritable: false },
    );
  }
  return new TransactionInstruction({ programId: NODE_REGISTRY_PROGRAM_ID, keys, data: data.finish() as unknown as Buffer });
}

/** A world whose node has attempt 1 of an escrow open, and an insurance account. */
export function openWorld(): { world: World; job: Job } {
  const world = createWorld();
  fund(world.chain, world.insuranceOwner, world.mint, 0n);
  const job = new Job(world);
  mustPass(job.lock());
  mustPass(job.assign());
  return { world, job };
}

/** Every way that we know to call such an instruction without job-escrow's consent. */
export function onlyFromEscrow(name: CpiOnly): void {
  const refused = (world: World, outcome: Outcome): void => {
    expect(outcome).toMatchObject({ ok: false, fault: 'NotFromEscrow' });
    expect(nodeState(world)).toMatchObject({ stakeBase: 100n * CYXWIZ, slashedBase: 0n, reputation: { totalJobs: 0n } });
  };

  test('signer authorization: a real escrow that does not sign', () => {
    const { world, job } = openWorld();
    refused(world, world.chain.send([directCall(world, name, job.escrow, false)]));
  });

  test.each(['authority', 'nodeOwner', 'requester', 'stranger'] as const)('signer authorization: the %s signs in its place', (who) => {
    const { world } = openWorld();
    refused(world, world.chain.send([directCall(world, name, world[who].publicKey, true)], [world[who]]));
  });

  test('owner checks: a copy of an escrow that another program owns, and that signs', () => {
    const { world, job } = openWorld();
    const fake = keypair('fake escrow');
    const image = world.chain.account(job.escrow)!;
    world.chain.forge(fake.publicKey, { ...image, owner: keypair('evil program').publicKey });
    refused(world, world.chain.send([directCall(world, name, fake.publicKey, true)], [fake]));
  });

  test('pda sharing: a copy of an escrow at an address with a private key, owned by job-escrow', () => {
    const { world, job } = openWorld();
    const fake = keypair('fake escrow');
    world.chain.forge(fake.publicKey, world.chain.account(job.escrow)!);
    refused(world, world.chain.send([directCall(world, name, fake.publicKey, true)], [fake]));
  });

  test('type cosplay: an empty account of job-escrow that signs', () => {
    const { world } = openWorld();
    const fake = keypair('fake escrow');
    const data = new Uint8Array(ESCROW_LAYOUT.size);
    world.chain.forge(fake.publicKey, { owner: JOB_ESCROW_PROGRAM_ID, lamports: 10_000_000n, data });
    refused(world, world.chain.send([directCall(world, name, fake.publicKey, true)], [fake]));
  });

  test('bad input: an account too few, a byte too many', () => {
    const { world, job } = openWorld();
    const ix = directCall(world, name, job.escrow, false);
    const short = new TransactionInstruction({ ...ix, keys: ix.keys.slice(0, name === 'slashStake' ? 5 : 1) });
    expect(world.chain.send([short])).toMatchObject({ fault: 'NotEnoughAccounts' });
    const long = new TransactionInstruction({ ...ix, data: Uint8Array.of(...ix.data, 0) as unknown as Buffer });
    expect(world.chain.send([long])).toMatchObject({ fault: 'MalformedData' });
  });
}

