import { CyxError } from '#core/errors/cyx-error';
import { baseFromString, formatCyxwiz } from '#core/money/amount';
import { recordTransfer } from '#db/postgres/ledger';
import { topUpStakeInstruction } from '#programs/clients/ts/node-registry';
import { findStakeVaultPda } from '#programs/clients/ts/pda';
import type { StakeTopUpActivities } from '../contract.ts';
import { chainStep, type EscrowDeps } from '../escrow/deps.ts';
import { asActivities } from '../failure.ts';
import { projectNodeAccount } from '../node-projection.ts';
import { requireOwner, requireStaked, signedByOwner, stakeKeys, type Staked } from './stake.ts';

export function createStakeTopUpActivities(deps: EscrowDeps): StakeTopUpActivities {
  return asActivities<StakeTopUpActivities>({
    topUpStake: async ({ nodeId, ownerId, requestId, amountBase }) => {
      const key = stakeKeys.topUp(nodeId, requestId);
      const before = await requireStaked(deps, nodeId);
      requireOwner(before.node, ownerId);
      const added = await sendAndBook(deps, { key, staked: before, amountBase: baseFromString(amountBase) });
      await projectNodeAccount(deps, nodeId);
      const { account } = await requireStaked(deps, nodeId);
      return { ...added, stakeBase: account.stakeBase.toString() };
    },
  });
}

async function sendAndBook(deps: EscrowDeps, { key, staked, amountBase }: { key: string; staked: Staked; amountBase: bigint }): Promise<{ signature: string; amountBase: string }> {
  const { node, owner, address } = staked;
  const { mint } = await deps.chain.deployment();
  const landed = await chainStep(deps, {
    key,
    jobId: null,
    build: async () => {
      // Looked at with each transaction that is made, and only then: none can land after an unstaking has run its week, and
      // what has landed, out of this very wallet, is booked whatever is left in it.
      await requireTopUpPossible(deps, await requireStaked(deps, node.id), amountBase);
      return signedByOwner(deps, owner, topUpStakeInstruction({ owner, node: address, amountBase, mint }));
    },
  });
  // The chain's own number: asked again under this key with another amount, it is still this one that was added.
  const addedBase = landed.tokenDeltaBase(findStakeVaultPda(address).address);
  await recordTransfer(deps.db, {
    transferKey: key,
    from: `wallet:${owner.toBase58()}`,
    to: `stake:${address.toBase58()}`,
    currency: 'CYXWIZ',
    amountBase: addedBase,
    purpose: 'stake-topup',
    signature: landed.signature,
    userId: node.ownerId,
  });
  return { signature: landed.signature, amountBase: addedBase.toString() };
}

async function requireTopUpPossible({ chain }: EscrowDeps, { account, owner }: Staked, amountBase: bigint): Promise<void> {
  if (account.banned) throw new CyxError('STATE_CONFLICT', 'This node is banned for good after repeated failures: no stake brings it back.');
  if (account.unstakeAt !== 0n) throw new CyxError('STATE_CONFLICT', 'This node is unstaking. Cancel that first; what you add now would only come back with the rest.');
  const balanceBase = await chain.balanceBase(owner);
  if (balanceBase >= amountBase) return;
  throw new CyxError('INSUFFICIENT_FUNDS', `You add ${formatCyxwiz(amountBase)} CYXWIZ to the stake, but the wallet holds ${formatCyxwiz(balanceBase)}. Add tokens to it first, or less to the stake.`);
}
