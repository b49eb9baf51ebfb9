import { createHash } from 'node:crypto';
import { CyxError } from '#core/errors/cyx-error';
import { findAttempt } from '#db/postgres/attempts';
import { recordTransfer } from '#db/postgres/ledger';
import { failAttemptInstruction } from '#programs/clients/ts/job-escrow';
import { BAN_AFTER_FAILURES } from '#programs/clients/ts/node-registry';
import { findStakeVaultPda } from '#programs/clients/ts/pda';
import { mayStillLand } from '../chain/send-once.ts';
import type { EscrowActivities } from '../contract.ts';
import { projectNodeAccount } from '../node-projection.ts';
import { evidenceOf, publishEvidence } from './evidence.ts';
import { requireVerdict } from './verdict-check.ts';
import { chainStep, type EscrowDeps, stepKeys, subjectOf } from './deps.ts';

/**
 * Closes an attempt on chain. `timeout` and `invalid` slash the published share (a third failure in a row bans);
 * `released` judges nobody. An attempt that has an outcome keeps it.
 */
export async function failAttempt(deps: EscrowDeps, input: Parameters<EscrowActivities['failAttempt']>[0]): Promise<void> {
  const { jobId, attempt, outcome } = input;
  const subject = await subjectOf(deps, jobId);
  const onChain = (await deps.chain.escrow(subject.address))?.attempts[attempt - 1];
  if (onChain === undefined) {
    // Never assigned, so there is nothing to close; unless an assignment that was sent may still land.
    if (await mayStillLand(deps.chain, deps.db, stepKeys.assign(jobId, attempt, ''))) {
      throw new CyxError('CHAIN_UNAVAILABLE', 'An assignment may still land on chain; it is waited for');
    }
    return;
  }
  if (onChain.outcome !== 'none' && onChain.outcome !== outcome) return;
  if (outcome === 'invalid') await requireVerdict(deps.db, { jobId, attempt }, onChain, 'invalid');
  const evidence = await evidenceOf(deps.db, input);
  const { mint, registry } = await deps.chain.deployment();
  const landed = await chainStep(deps, {
    key: stepKeys.fail(jobId, attempt),
    jobId,
    attempt,
    build: async () => ({
      instructions: [
        failAttemptInstruction({
          payer: deps.chain.authority.publicKey,
          authority: deps.chain.authority.publicKey,
          escrow: subject.address,
          attempt,
          node: onChain.node,
          mint,
          insuranceOwner: registry.insuranceOwner,
          reason: outcome,
          evidenceHash: new Uint8Array(createHash('sha256').update(evidence).digest()),
          // Asked when it is made: another failure of this node may have landed a moment ago.
          ban: outcome !== 'released' && ((await deps.chain.node(onChain.node))?.failuresInARow ?? 0) + 1 >= BAN_AFTER_FAILURES,
        }),
      ],
    }),
  });
  await publishEvidence(deps.db, input, evidence);
  await recordTransfer(deps.db, {
    transferKey: `${jobId}/slash/${attempt}`,
    from: `stake:${onChain.node.toBase58()}`,
    to: 'insurance',
    currency: 'CYXWIZ',
    amountBase: -landed.tokenDeltaBase(findStakeVaultPda(onChain.node).address),
    purpose: 'slash',
    signature: landed.signature,
    jobId,
    attempt,
  });
  const claim = await findAttempt(deps.db, { jobId, attempt });
  if (claim?.nodeId != null) await projectNodeAccount(deps, claim.nodeId);
}
