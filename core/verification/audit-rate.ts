/** No node is ever trusted below this rate, however much it has at stake. */
export const MIN_AUDIT_RATE = 0.01;
/** Where nothing can be slashed, a node still loses its standing: that counts as this part of the job's amount. */
const STANDING_SHARE = 0.01;

export interface AuditRateInput {
  /** Paid jobs of the node since its last failure. */
  readonly goodStreak: number;
  /** Segments of the job that the node made. */
  readonly segments: number;
  /** What it loses where it is found out, besides its pay. 0 for an attempt that has its outcome already. */
  readonly slashBase: bigint;
  /** The job's amount. */
  readonly amountBase: bigint;
}

/**
 * Probability with which each of a node's segments is re-executed. A new node's are all re-executed, then 1/(1 + good jobs)
 * of them, but never fewer than make lying pay nothing (`profit.ts` derives it):
 *
 *     rate ≥ 1 − ( slash / (slash + amount) )^(1 / segments)
 *
 * With `slashBase` 0 (work that an earlier attempt left behind) the loss of its good standing counts as 1 % of the amount:
 * then a run that is a lie throughout is found out with 99 %, for 4.6 re-executed segments in expectation.
 */
export function auditRate({ goodStreak, segments, slashBase, amountBase }: AuditRateInput): number {
  const byStanding = 1 / (1 + Math.max(0, goodStreak));
  return Math.min(1, Math.max(byStanding, MIN_AUDIT_RATE, breakEvenRate({ segments, slashBase, amountBase })));
}

function breakEvenRate({ segments, slashBase, amountBase }: Omit<AuditRateInput, 'goodStreak'>): number {
  if (segments < 1 || amountBase <= 0n) return 0;
  const lost = Math.max(STANDING_SHARE, Number(slashBase) / Number(amountBase));
  return -Math.expm1(Math.log(lost / (lost + 1)) / segments);
}
