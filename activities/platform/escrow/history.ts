import type { PublicKey } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { JOB_ESCROW_INSTRUCTIONS } from '#programs/clients/ts/job-escrow';
import { JOB_ESCROW_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { type Chain, reachable } from '../chain/chain.ts';

/** A step that an escrow's account went through. */
export interface EscrowStep {
  readonly step: 'assignNode' | 'commitResult' | 'failAttempt' | 'releasePayment';
  readonly attempt: number;
}

/** Four attempts of three transactions each, the lock and the end; somebody may add a few that change nothing. */
const LOOKED_AT = 100;

/** The transaction in which an escrow took a step, whoever sent it. CHAIN_UNAVAILABLE where the chain does not show it. */
export async function signatureOfStep({ connection }: Chain, escrow: PublicKey, { step, attempt }: EscrowStep): Promise<string> {
  const entries = await reachable(() => connection.getSignaturesForAddress(escrow, { limit: LOOKED_AT }, 'confirmed'));
  for (const { signature, err } of entries) {
    if (err !== null) continue;
    const found = await reachable(() => connection.getTransaction(signature, { commitment: 'confirmed', maxSupportedTransactionVersion: 0 }));
    const message = found?.transaction.message;
    const took = message?.compiledInstructions.some(
      ({ programIdIndex, data }) => message.staticAccountKeys[programIdIndex]?.equals(JOB_ESCROW_PROGRAM_ID) === true && data[0] === JOB_ESCROW_INSTRUCTIONS[step] && data[1] === attempt,
    );
    if (took === true) return signature;
  }
  throw new CyxError('CHAIN_UNAVAILABLE', `The chain does not show the ${step} of attempt ${attempt}`);
}
