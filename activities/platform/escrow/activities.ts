import type { EscrowActivities } from '../contract.ts';
import { asActivities } from '../failure.ts';
import { assignNode } from './assign.ts';
import { commitResult } from './commit.ts';
import type { EscrowDeps } from './deps.ts';
import { failAttempt } from './fail.ts';
import { lockEscrow } from './lock.ts';
import { refundEscrow } from './refund.ts';
import { releasePayment } from './release.ts';

/** Every step reads the escrow first, does only what is still to do, and books what the chain says. */
export function createEscrowActivities(deps: EscrowDeps): EscrowActivities {
  return asActivities<EscrowActivities>({
    lockEscrow: ({ jobId }) => lockEscrow(deps, jobId),
    assignNode: ({ jobId, attempt }) => assignNode(deps, jobId, attempt),
    commitResult: ({ jobId, attempt }) => commitResult(deps, jobId, attempt),
    failAttempt: (input) => failAttempt(deps, input),
    releasePayment: ({ jobId, attempt }) => releasePayment(deps, jobId, attempt),
    refundEscrow: ({ jobId }) => refundEscrow(deps, jobId),
  });
}
