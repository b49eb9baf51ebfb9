import { PublicKey } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { baseFromString, formatCyxwiz } from '#core/money/amount';
import type { NodeRow } from '#db/postgres/database';
import { applyNodeEvent, patchNode, requireNode } from '#db/postgres/nodes';
import { recordTransfer } from '#db/postgres/ledger';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { registerNodeInstruction } from '#programs/clients/ts/node-registry';
import { findNodePda, findStakeVaultPda } from '#programs/clients/ts/pda';
import { managedSigner } from './chain/managed-signer.ts';
import type { NodeRegistrationActivities } from './contract.ts';
import { chainStep, type EscrowDeps } from './escrow/deps.ts';
import { asActivities } from './failure.ts';

export function createNodeRegistrationActivities(deps: EscrowDeps): NodeRegistrationActivities {
  const { db, chain } = deps;
  return asActivities<NodeRegistrationActivities>({
    checkStakeFunds: async ({ nodeId, stakeBase }) => {
      const node = await requireNode(db, nodeId);
      if ((await chain.node(accountOf(node))) !== null) return; // registered already: the stake is in its vault
      const balanceBase = await chain.balanceBase(new PublicKey(node.ownerAddress));
      if (balanceBase < baseFromString(stakeBase)) {
        throw new CyxError(
          'INSUFFICIENT_FUNDS',
          `The stake is ${formatCyxwiz(baseFromString(stakeBase))} CYXWIZ, but the wallet holds ${formatCyxwiz(balanceBase)}. Add tokens, then register again.`,
        );
      }
    },
    stakeAndRegister: async ({ nodeId, stakeBase }) => {
      const node = await requireNode(db, nodeId);
      const signature = await registerOnChain(deps, node, baseFromString(stakeBase));
      const account = await chain.node(accountOf(node));
      if (account === null) throw new CyxError('CHAIN_UNAVAILABLE', 'The node’s account is not visible on chain yet');
      return { account: accountOf(node).toBase58(), stakeBase: account.stakeBase.toString(), signature };
    },
    activateNode: async ({ nodeId, account, stakeBase, signature }) => {
      const node = await requireNode(db, nodeId);
      await patchNode(db, nodeId, { account, stakeBase: baseFromString(stakeBase), registerSignature: signature });
      if (node.state === 'UNREGISTERED') await applyNodeEvent(db, { nodeId, event: 'stakeDeposited' });
    },
  });
}

function accountOf(node: NodeRow): PublicKey {
  return findNodePda(uuidToBytes(node.id)).address;
}

/** Account and stake come to be in one transaction, signed by the owner's wallet. */
async function registerOnChain(deps: EscrowDeps, node: NodeRow, stakeBase: bigint): Promise<string> {
  const owner = new PublicKey(node.ownerAddress);
  const account = accountOf(node);
  const key = `${node.id}/stake-deposit/0`;
  const { mint } = await deps.chain.deployment();
  const landed = await chainStep(deps, {
    key,
    jobId: null,
    build: async () => {
      const instruction = registerNodeInstruction({
        payer: deps.chain.authority.publicKey,
        owner,
        nodeId: uuidToBytes(node.id),
        stakeBase,
        gpu: fitting(node.deviceName),
        mint,
      });
      return { instructions: [instruction], signers: [await managedSigner(deps, owner, [instruction])] };
    },
  });
  await recordTransfer(deps.db, {
    transferKey: key,
    from: `wallet:${owner.toBase58()}`,
    to: `stake:${account.toBase58()}`,
    currency: 'CYXWIZ',
    amountBase: landed.tokenDeltaBase(findStakeVaultPda(account).address),
    purpose: 'stake-deposit',
    signature: landed.signature,
    userId: node.ownerId,
  });
  return landed.signature;
}

/** The account keeps at most 64 bytes of the device's name. */
function fitting(name: string): string {
  let text = name;
  while (new TextEncoder().encode(text).length > 64) text = text.slice(0, -1);
  return text;
}
