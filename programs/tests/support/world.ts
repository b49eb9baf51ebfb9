import type { Keypair, PublicKey } from '@solana/web3.js';
import { initializeDatasetsInstruction } from '#programs/clients/ts/dataset-registry';
import {
  assignNodeInstruction,
  commitResultInstruction,
  createEscrowInstruction,
  decodeEscrow,
  failAttemptInstruction,
  initializeEscrowInstruction,
  refundInstruction,
  releasePaymentInstruction,
  type EscrowAccount,
  type FailReason,
} from '#programs/clients/ts/job-escrow';
import { decodeNode, initializeRegistryInstruction, registerNodeInstruction, type NodeAccount } from '#programs/clients/ts/node-registry';
import { findEscrowPda, findEscrowVaultPda, findNodePda, findStakeVaultPda } from '#programs/clients/ts/pda';
import { Chain, keypair, type Outcome } from './chain.ts';
import { createMint, fund, mustPass } from './tokens.ts';

export const CYXWIZ = 1_000_000_000n;
export const DAY = 86_400n;
export const HOUR = 3_600n;
/** Published: anybody can derive it, which is the point of a localnet's deployer. */
export const DEPLOYER = keypair('cyxwiz localnet deployer');

export const ids = { first: new Uint8Array(16).fill(1), second: new Uint8Array(16).fill(2), third: new Uint8Array(16).fill(3) };
export const hash = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

/** A chain with everything initialised, a requester with tokens, and a node with a stake. */
export interface World {
  readonly chain: Chain;
  readonly mint: PublicKey;
  readonly authority: Keypair;
  readonly treasuryOwner: PublicKey;
  readonly insuranceOwner: PublicKey;
  readonly payer: Keypair;
  readonly requester: Keypair;
  readonly nodeOwner: Keypair;
  readonly stranger: Keypair;
  readonly node: PublicKey;
  readonly stakeVault: PublicKey;
}

export interface WorldOptions {
  readonly requesterBase?: bigint;
  /** 0: no node is registered, so the requester can own the whole supply. */
  readonly stakeBase?: bigint;
}

/** A chain with funded keys and the mint, and nothing initialised. */
export function emptyWorld(): Omit<World, 'node' | 'stakeVault'> {
  const chain = new Chain();
  const people = {
    authority: keypair('authority'),
    payer: keypair('payer'),
    requester: keypair('requester'),
    nodeOwner: keypair('node owner'),
    stranger: keypair('stranger'),
  };
  for (const person of Object.values(people)) chain.airdrop(person.publicKey);
  return {
    chain,
    mint: createMint(chain, keypair('mint')),
    treasuryOwner: keypair('treasury').publicKey,
    insuranceOwner: keypair('insurance').publicKey,
    ...people,
  };
}

export function createWorld(options: WorldOptions = {}): World {
  const empty = emptyWorld();
  const { chain, mint, payer, authority, treasuryOwner, insuranceOwner, nodeOwner, requester } = empty;
  const common = { payer: payer.publicKey, deployer: DEPLOYER.publicKey, authority: authority.publicKey };
  const init = [
    initializeEscrowInstruction({ ...common, mint, treasuryOwner }),
    initializeRegistryInstruction({ ...common, mint, insuranceOwner }),
    initializeDatasetsInstruction(common),
  ];
  mustPass(chain.send(init, [payer, DEPLOYER]));
  const node = findNodePda(ids.first).address;
  const world = { ...empty, node, stakeVault: findStakeVaultPda(node).address };
  fund(chain, requester.publicKey, mint, options.requesterBase ?? 1_000n * CYXWIZ);
  const stakeBase = options.stakeBase ?? 100n * CYXWIZ;
  if (stakeBase > 0n) register(world, nodeOwner, ids.first, stakeBase);
  return world;
}

/** Gives the owner the stake and registers a node with it. */
export function register(world: World, owner: Keypair, nodeId: Uint8Array, stakeBase: bigint): PublicKey {
  fund(world.chain, owner.publicKey, world.mint, stakeBase);
  const args = { payer: world.payer.publicKey, owner: owner.publicKey, nodeId, stakeBase, gpu: 'cpu', mint: world.mint };
  mustPass(world.chain.send([registerNodeInstruction(args)], [world.payer, owner]));
  return findNodePda(nodeId).address;
}

/** One job of the world's requester; every step returns the transaction's outcome. */
export class Job {
  readonly escrow: PublicKey;
  readonly vault: PublicKey;
  private readonly world: World;
  private readonly jobId: Uint8Array;

  constructor(world: World, jobId: Uint8Array = ids.first) {
    this.world = world;
    this.jobId = jobId;
    this.escrow = findEscrowPda({ requester: world.requester.publicKey, jobId }).address;
    this.vault = findEscrowVaultPda(this.escrow).address;
  }

  lock(amountBase: bigint = 50n * CYXWIZ, expiresAt: bigint = this.world.chain.seconds + HOUR): Outcome {
    const { chain, payer, requester, mint } = this.world;
    const args = { payer: payer.publicKey, requester: requester.publicKey, jobId: this.jobId, amountBase, expiresAt, mint };
    return chain.send([createEscrowInstruction(args)], [payer, requester]);
  }

  assign(attempt = 1, node: PublicKey = this.world.node, expiresAt = 0n): Outcome {
    const { chain, authority } = this.world;
    const args = { authority: authority.publicKey, escrow: this.escrow, node, attempt, expiresAt, drawHash: hash(7) };
    return chain.send([assignNodeInstruction(args)], [authority]);
  }

  commit(attempt = 1, verifyDeadline: bigint = this.world.chain.seconds + HOUR): Outcome {
    const { chain, authority } = this.world;
    const args = { authority: authority.publicKey, escrow: this.escrow, attempt, root: hash(9), verifyDeadline };
    return chain.send([commitResultInstruction(args)], [authority]);
  }

  failArgs(attempt: number, reason: FailReason, ban = false): Parameters<typeof failAttemptInstruction>[0] {
    const { payer, authority, node, mint, insuranceOwner } = this.world;
    return {
      payer: payer.publicKey,
      authority: authority.publicKey,
      escrow: this.escrow,
      attempt,
      node,
      mint,
      insuranceOwner,
      reason,
      ban,
      evidenceHash: reason === 'released' ? undefined : hash(5),
    };
  }

  fail(attempt: number, reason: FailReason, ban = false): Outcome {
    const { chain, payer, authority } = this.world;
    return chain.send([failAttemptInstruction(this.failArgs(attempt, reason, ban))], [payer, authority]);
  }

  releaseArgs(attempt = 1): Parameters<typeof releasePaymentInstruction>[0] {
    const { payer, authority, node, nodeOwner, treasuryOwner, mint } = this.world;
    return {
      payer: payer.publicKey,
      authority: authority.publicKey,
      escrow: this.escrow,
      attempt,
      node,
      nodeOwner: nodeOwner.publicKey,
      treasuryOwner,
      rentPayer: payer.publicKey,
      mint,
    };
  }

  release(attempt = 1): Outcome {
    const { chain, payer, authority } = this.world;
    return chain.send([releasePaymentInstruction(this.releaseArgs(attempt))], [payer, authority]);
  }

  refundArgs(signer: PublicKey): Parameters<typeof refundInstruction>[0] {
    const { payer, requester, mint } = this.world;
    return { payer: payer.publicKey, signer, escrow: this.escrow, requester: requester.publicKey, rentPayer: payer.publicKey, mint };
  }

  refund(signer: Keypair = this.world.authority): Outcome {
    const { chain, payer } = this.world;
    return chain.send([refundInstruction(this.refundArgs(signer.publicKey))], [payer, signer]);
  }

  state(): EscrowAccount {
    return decodeEscrow(this.world.chain.data(this.escrow));
  }
}

export function nodeState(world: World, node: PublicKey = world.node): NodeAccount {
  return decodeNode(world.chain.data(node));
}

/** A job that is locked, assigned and committed: one step before its verdict. */
export function committedJob(world: World, amountBase?: bigint, jobId?: Uint8Array): Job {
  const job = new Job(world, jobId);
  mustPass(job.lock(amountBase));
  mustPass(job.assign());
  mustPass(job.commit());
  return job;
}
