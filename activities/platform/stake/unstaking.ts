import { SYSVAR_CLOCK_PUBKEY } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { baseFromString } from '#core/money/amount';
import { findIntent } from '#db/postgres/intents';
import { recordTransfers } from '#db/postgres/ledger';
import { beginUnstakeInstruction, cancelUnstakeInstruction, withdrawUnstakeInstruction } from '#programs/clients/ts/node-registry';
import { findStakeVaultPda } from '#programs/clients/ts/pda';
import { type Chain, reachable } from '../chain/chain.ts';
import type { StakeLook, UnstakingActivities, WithdrawnStake } from '../contract.ts';
import { chainStep, type EscrowDeps } from '../escrow/deps.ts';
import { asActivities } from '../failure.ts';
import { projectNodeAccount } from '../node-projection.ts';
import { requireOwner, requireStaked, signedByOwner, stakeKeys, type Staked } from './stake.ts';

/** Every step reads the node's account first, does only what is still to do, and copies what the chain says then. */
export function createUnstakingActivities(deps: EscrowDeps): UnstakingActivities {
  return asActivities<UnstakingActivities>({
    beginUnstake: (input) => beginUnstake(deps, input),
    lookAtStake: ({ nodeId }) => lookAtStake(deps, nodeId),
    cancelUnstake: (input) => cancelUnstake(deps, input),
    withdrawUnstake: (input) => withdrawUnstake(deps, input),
  });
}

async function beginUnstake(deps: EscrowDeps, { nodeId, ownerId, requestId }: Parameters<UnstakingActivities['beginUnstake']>[0]): Promise<StakeLook> {
  const { node, owner, address, account } = await requireStaked(deps, nodeId);
  requireOwner(node, ownerId);
  if (account.banned) throw new CyxError('STATE_CONFLICT', 'This node is banned: its whole stake was slashed, so there is nothing to withdraw.');
  if (account.stakeBase === 0n) throw new CyxError('STATE_CONFLICT', 'This node has no stake, so there is nothing to withdraw.');
  if (account.unstakeAt === 0n) {
    await chainStep(deps, {
      key: stakeKeys.begin(nodeId, requestId),
      jobId: null,
      build: () => signedByOwner(deps, owner, beginUnstakeInstruction({ owner, node: address })),
    });
  }
  const look = await lookAtStake(deps, nodeId);
  // The step of this very request landed once, and was taken back since: it begins nothing a second time.
  if (!look.isUnstaking) throw new CyxError('STATE_CONFLICT', 'This unstaking was taken back. Begin another one.');
  return look;
}

async function lookAtStake(deps: EscrowDeps, nodeId: string): Promise<StakeLook> {
  const { node, account } = await project(deps, nodeId);
  const secondsLeft = account.unstakeAt === 0n ? 0n : account.unstakeAt - (await chainTime(deps.chain));
  return {
    stakeBase: account.stakeBase.toString(),
    slashedBase: account.slashedBase.toString(),
    isUnstaking: account.unstakeAt !== 0n,
    secondsLeft: secondsLeft > 0n ? Number(secondsLeft) : 0,
    openJobs: account.open.length,
    deviceClass: node.deviceClass,
  };
}

async function cancelUnstake(deps: EscrowDeps, { nodeId, requestId }: Parameters<UnstakingActivities['cancelUnstake']>[0]): Promise<void> {
  const { owner, address, account } = await requireStaked(deps, nodeId);
  if (account.unstakeAt !== 0n) {
    await chainStep(deps, {
      key: stakeKeys.cancel(nodeId, requestId),
      jobId: null,
      build: () => signedByOwner(deps, owner, cancelUnstakeInstruction({ owner, node: address })),
    });
  }
  await project(deps, nodeId);
}

/** Everything in the vault goes to the owner. A node that was banned meanwhile has nothing left to withdraw. */
async function withdrawUnstake(deps: EscrowDeps, { nodeId, requestId, countedBase }: Parameters<UnstakingActivities['withdrawUnstake']>[0]): Promise<WithdrawnStake> {
  const key = stakeKeys.withdraw(nodeId, requestId);
  const staked = await requireStaked(deps, nodeId);
  const wasSent = (await findIntent(deps.db, key)) !== null;
  const withdrawn = staked.account.stakeBase === 0n && !wasSent ? { withdrawnBase: '0', signature: '' } : await sendAndBook(deps, key, staked, baseFromString(countedBase));
  await project(deps, nodeId);
  return withdrawn;
}

async function sendAndBook(deps: EscrowDeps, key: string, { node, owner, address }: Staked, countedBase: bigint): Promise<WithdrawnStake> {
  const { mint } = await deps.chain.deployment();
  const payer = deps.chain.authority.publicKey;
  const landed = await chainStep(deps, {
    key,
    jobId: null,
    build: () => signedByOwner(deps, owner, withdrawUnstakeInstruction({ payer, owner, node: address, mint })),
  });
  const withdrawnBase = -landed.tokenDeltaBase(findStakeVaultPda(address).address);
  const stake = `stake:${address.toBase58()}`;
  const common = { currency: 'CYXWIZ', signature: landed.signature, userId: node.ownerId } as const;
  // Anybody can send tokens to a vault: what it held above the stake came from outside, so that the account ends at zero.
  const donatedBase = withdrawnBase > countedBase ? withdrawnBase - countedBase : 0n;
  await recordTransfers(deps.db, [
    { ...common, transferKey: `${key}/donation`, from: 'outside', to: stake, amountBase: donatedBase, purpose: 'donation' },
    { ...common, transferKey: key, from: stake, to: `wallet:${owner.toBase58()}`, amountBase: withdrawnBase, purpose: 'stake-withdraw' },
  ]);
  return { withdrawnBase: withdrawnBase.toString(), signature: landed.signature };
}

/** The projection follows the chain after every step. */
async function project(deps: EscrowDeps, nodeId: string): Promise<Staked> {
  await projectNodeAccount(deps, nodeId);
  return requireStaked(deps, nodeId);
}

/** Slot, epoch start, epoch and leader epoch come before it in the sysvar. */
const UNIX_TIME_AT = 32;

/** The clock that the program goes by, unix seconds. */
async function chainTime({ connection }: Chain): Promise<bigint> {
  const clock = await reachable(() => connection.getAccountInfo(SYSVAR_CLOCK_PUBKEY));
  if (clock === null) throw new CyxError('CHAIN_UNAVAILABLE', 'The chain does not tell its time at the moment');
  return clock.data.readBigInt64LE(UNIX_TIME_AT);
}
