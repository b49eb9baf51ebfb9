import type { PublicKey, TransactionInstruction } from '@solana/web3.js';
import { ByteWriter, paddedText } from './bytes.ts';
import { associatedTokenProgram, instruction, payerMeta, readonly, signer, systemProgram, tokenProgram, writable } from './instruction.ts';
import { NODE_LAYOUT } from './node-registry-accounts.ts';
import { findAssociatedTokenAddress, findNodePda, findRegistryConfigPda, findStakeVaultPda } from './pda.ts';
import { NODE_REGISTRY_PROGRAM_ID } from './program-ids.ts';

export {
  NODE_LAYOUT,
  decodeNode,
  decodeRegistryConfig,
} from './node-registry-accounts.ts';
export type { NodeAccount, RegistryConfigAccount } from './node-registry-accounts.ts';

/**
 * First byte of each instruction's data. `openAttempt`, `updateReputation`, `slashStake` and `releaseAttempt` only
 * accept a call from job-escrow that an escrow's PDA signs, so there is no builder for them.
 */
export const NODE_REGISTRY_INSTRUCTIONS = {
  initialize: 0,
  registerNode: 1,
  topUpStake: 2,
  heartbeat: 3,
  updateReputation: 4,
  slashStake: 5,
  beginUnstake: 6,
  cancelUnstake: 7,
  withdrawUnstake: 8,
  openAttempt: 9,
  releaseAttempt: 10,
} as const;

/** 100 CYXWIZ: below it a node gets no jobs. */
export const MIN_NODE_STAKE_BASE = 100_000_000_000n;
/** 7 days between `begin_unstake` and `withdraw_unstake`. */
export const UNSTAKE_LOCK_SECONDS = 7n * 86_400n;
/** A ban needs this many failures in a row, the one that bans included. */
export const BAN_AFTER_FAILURES = 3;

export interface InitializeRegistryArgs {
  readonly payer: PublicKey;
  /** Must be the deployer that is compiled into the program. */
  readonly deployer: PublicKey;
  /** The same mint as job-escrow's. */
  readonly mint: PublicKey;
  /** The platform's operator key: writes heartbeats. */
  readonly authority: PublicKey;
  /** Owner of the token account that gets slashed stakes. */
  readonly insuranceOwner: PublicKey;
}

/** Once per deployment. */
export function initializeRegistryInstruction(args: InitializeRegistryArgs): TransactionInstruction {
  const data = new ByteWriter().u8(NODE_REGISTRY_INSTRUCTIONS.initialize).key(args.authority).key(args.insuranceOwner);
  const keys = [
    payerMeta(args.payer),
    signer(args.deployer),
    writable(findRegistryConfigPda().address),
    readonly(args.mint),
    systemProgram,
  ];
  return instruction(NODE_REGISTRY_PROGRAM_ID, keys, data.finish());
}

export interface RegisterNodeArgs {
  /** Pays the rent of the node account and its vault. */
  readonly payer: PublicKey;
  readonly owner: PublicKey;
  /** Defaults to the owner's associated token account. */
  readonly ownerToken?: PublicKey;
  /** 16 bytes of the node's UUID. */
  readonly nodeId: Uint8Array;
  /** At least {@link MIN_NODE_STAKE_BASE}. */
  readonly stakeBase: bigint;
  /** Name of the device, at most 64 bytes of UTF-8. */
  readonly gpu: string;
  readonly mint: PublicKey;
}

/** Creates the node account and moves the stake into its vault. Signed by payer and owner. */
export function registerNodeInstruction(args: RegisterNodeArgs): TransactionInstruction {
  const node = findNodePda(args.nodeId).address;
  const data = new ByteWriter()
    .u8(NODE_REGISTRY_INSTRUCTIONS.registerNode)
    .bytes(args.nodeId, 16, 'nodeId')
    .u64(args.stakeBase)
    .bytes(paddedText(args.gpu, NODE_LAYOUT.gpuLength, 'gpu'), NODE_LAYOUT.gpuLength, 'gpu');
  const keys = [
    payerMeta(args.payer),
    signer(args.owner),
    writable(args.ownerToken ?? findAssociatedTokenAddress(args)),
    writable(node),
    writable(findStakeVaultPda(node).address),
    readonly(findRegistryConfigPda().address),
    readonly(args.mint),
    tokenProgram,
    systemProgram,
  ];
  return instruction(NODE_REGISTRY_PROGRAM_ID, keys, data.finish());
}

export interface TopUpStakeArgs {
  readonly owner: PublicKey;
  readonly ownerToken?: PublicKey;
  readonly node: PublicKey;
  readonly amountBase: bigint;
  readonly mint: PublicKey;
}

/** Adds to the stake; a slashed or withdrawn node is active again from 100 CYXWIZ up. Refused for a banned node. */
export function topUpStakeInstruction(args: TopUpStakeArgs): TransactionInstruction {
  const data = new ByteWriter().u8(NODE_REGISTRY_INSTRUCTIONS.topUpStake).u64(args.amountBase);
  const keys = [
    signer(args.owner),
    writable(args.ownerToken ?? findAssociatedTokenAddress(args)),
    writable(args.node),
    writable(findStakeVaultPda(args.node).address),
    tokenProgram,
  ];
  return instruction(NODE_REGISTRY_PROGRAM_ID, keys, data.finish());
}

/** Writes the chain's time into `last_seen`. Signed by the authority. */
export function heartbeatInstruction(args: { readonly authority: PublicKey; readonly node: PublicKey }): TransactionInstruction {
  const keys = [signer(args.authority), writable(args.node), readonly(findRegistryConfigPda().address)];
  return instruction(NODE_REGISTRY_PROGRAM_ID, keys, Uint8Array.of(NODE_REGISTRY_INSTRUCTIONS.heartbeat));
}

/** Starts the 7-day lock: no new jobs from now on; slashing still counts. Signed by the owner. */
export function beginUnstakeInstruction(args: { readonly owner: PublicKey; readonly node: PublicKey }): TransactionInstruction {
  const keys = [signer(args.owner), writable(args.node)];
  return instruction(NODE_REGISTRY_PROGRAM_ID, keys, Uint8Array.of(NODE_REGISTRY_INSTRUCTIONS.beginUnstake));
}

/** Takes `begin_unstake` back. Signed by the owner. */
export function cancelUnstakeInstruction(args: { readonly owner: PublicKey; readonly node: PublicKey }): TransactionInstruction {
  const keys = [signer(args.owner), writable(args.node)];
  return instruction(NODE_REGISTRY_PROGRAM_ID, keys, Uint8Array.of(NODE_REGISTRY_INSTRUCTIONS.cancelUnstake));
}

export interface WithdrawUnstakeArgs {
  /** Pays for the owner's token account where it is missing. */
  readonly payer: PublicKey;
  readonly owner: PublicKey;
  readonly ownerToken?: PublicKey;
  readonly node: PublicKey;
  readonly mint: PublicKey;
}

/** After the lock and with no open attempt: everything in the vault goes to the owner. Signed by payer and owner. */
export function withdrawUnstakeInstruction(args: WithdrawUnstakeArgs): TransactionInstruction {
  const keys = [
    payerMeta(args.payer),
    signer(args.owner),
    writable(args.ownerToken ?? findAssociatedTokenAddress(args)),
    writable(args.node),
    writable(findStakeVaultPda(args.node).address),
    readonly(findRegistryConfigPda().address),
    readonly(args.mint),
    tokenProgram,
    associatedTokenProgram,
    systemProgram,
  ];
  return instruction(NODE_REGISTRY_PROGRAM_ID, keys, Uint8Array.of(NODE_REGISTRY_INSTRUCTIONS.withdrawUnstake));
}
