import type { PublicKey } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { findAttempt, markAssigned, recordOffer, releaseClaim } from '#db/postgres/attempts';
import type { JobRow, NodeRow } from '#db/postgres/database';
import { followJobsOfNode, requireNode } from '#db/postgres/nodes';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { assignNodeInstruction } from '#programs/clients/ts/job-escrow';
import { findNodePda } from '#programs/clients/ts/pda';
import type { Chain } from '../chain/chain.ts';
import type { AssignResult } from '../contract.ts';
import { drawHashFor } from '../verification/draw-secret.ts';
import { chainStep, type EscrowDeps, requireEscrow, stepKeys, type Subject, subjectOf } from './deps.ts';

/**
 * Gives the attempt to the node that claimed it. The claim that counts is the one which the platform recorded for the
 * node that it had authenticated, not what the claim activity returned.
 */
export async function assignNode(deps: EscrowDeps, jobId: string, attempt: number): Promise<AssignResult> {
  const subject = await subjectOf(deps, jobId);
  const claim = await findAttempt(deps.db, { jobId, attempt });
  if (claim?.nodeId == null) return { granted: false, burned: false, nodeId: '', reason: 'No claim of an authenticated node is on record' };
  const node = await requireNode(deps.db, claim.nodeId);
  const account = findNodePda(uuidToBytes(node.id)).address;
  const refusal = await assignOnChain(deps, { subject, attempt, node, account });
  const holder = (await requireEscrow(deps, subject)).attempts[attempt - 1]?.node;
  if (holder?.equals(account) === true) {
    await markAssigned(deps.db, { jobId, attempt, nodeId: node.id });
    await followJobsOfNode(deps.db, node.id);
    return { granted: true, burned: false, nodeId: node.id, reason: '' };
  }
  const reason = refusal ?? 'The attempt went to another node';
  await recordOffer(deps.db, { jobId, attempt, nodeId: node.id, accepted: false, reason });
  await releaseClaim(deps.db, { jobId, attempt, nodeId: node.id });
  // An earlier claimant's transaction may have landed after all: then this attempt is used up.
  return { granted: false, burned: holder !== undefined, nodeId: node.id, reason };
}

interface Assignment {
  readonly subject: Subject;
  readonly attempt: number;
  readonly node: NodeRow;
  /** The node's account on chain. */
  readonly account: PublicKey;
}

/** Sends the assignment where there is none yet. Null, or why this node was refused; who holds it, the chain says. */
async function assignOnChain(deps: EscrowDeps, { subject, attempt, node, account }: Assignment): Promise<string | null> {
  const { job } = subject;
  const escrow = await requireEscrow(deps, subject);
  if (escrow.attempts[attempt - 1] !== undefined) return null;
  const reason = await reasonToRefuse(deps.chain, job, node, account);
  if (reason !== null) return reason;
  const drawHash = await drawHashFor(deps, { jobId: job.id, attempt });
  try {
    await chainStep(deps, {
      key: stepKeys.assign(job.id, attempt, node.id),
      jobId: job.id,
      attempt,
      build: async () => ({
        instructions: [
          assignNodeInstruction({
            authority: deps.chain.authority.publicKey,
            escrow: subject.address,
            node: account,
            attempt,
            expiresAt: escrow.expiresAt,
            drawHash,
          }),
        ],
      }),
    });
    return null;
  } catch (error) {
    // The chain's own checks (stake, status, exposure) refuse this node; they are no failure of the job.
    if (error instanceof CyxError && error.code === 'CHAIN_REJECTED') return error.message;
    throw error;
  }
}

async function reasonToRefuse(chain: Chain, job: JobRow, node: NodeRow, address: PublicKey): Promise<string | null> {
  if (node.ownerId === job.userId) return 'The node belongs to the requester';
  if (node.paused || node.draining || node.maintenance || node.unstaking || node.banned) return 'The node takes no new jobs';
  if (node.state !== 'ACTIVE' && node.state !== 'BUSY') return `The node is ${node.state}`;
  if (node.pricePerHourBase > job.pricePerHourBase) return 'The node asks for more than the quote allows';
  const account = await chain.node(address);
  if (account === null) return 'The node has no account on chain';
  if (account.status !== 'active') return `The node is ${account.status} on chain`;
  return null;
}
