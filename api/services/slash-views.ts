import { createHash } from 'node:crypto';
import { EVIDENCE_LINE } from '#core/verification/evidence';
import type { SlashRecord } from '#db/postgres/slashes';
import type { SlashView } from './own-node-types.ts';

export function slashView({ outcome, stakeBeforeBase, evidenceLine, ...slash }: SlashRecord): SlashView {
  const evidence = evidenceLine?.startsWith(EVIDENCE_LINE) === true ? evidenceLine.slice(EVIDENCE_LINE.length) : null;
  return {
    ...slash,
    outcome: outcome === 'invalid' ? 'invalid' : 'timeout',
    percent: percentOf(slash.amountBase, stakeBeforeBase),
    evidence,
    evidenceHashHex: evidence === null ? null : createHash('sha256').update(evidence).digest('hex'),
  };
}

/** The chain rounds its share down, so that this comes to the published step again. */
function percentOf(amountBase: bigint, stakeBeforeBase: bigint): number {
  if (stakeBeforeBase <= 0n) return 0;
  return Number((amountBase * 100n + stakeBeforeBase / 2n) / stakeBeforeBase);
}
